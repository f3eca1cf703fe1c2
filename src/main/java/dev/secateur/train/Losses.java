package dev.secateur.train;

import dev.secateur.dataset.Target;
import dev.secateur.dataset.Target.Form;
import dev.secateur.graph.Head;
import dev.secateur.graph.Head.Link;
import dev.secateur.plan.FineTuning.Loss;
import dev.secateur.train.op.Arithmetic;
import dev.secateur.train.op.Penalties;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.math.Mean;
import org.tensorflow.op.nn.SoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** Writes an {@link Objective} in TensorFlow. All losses are means over the batch. */
final class Losses {
  /** Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network. */
  private static final float TEMPERATURE = 4;

  /** Keras' bound on probabilities. */
  private static final float EPSILON = 1e-7f;

  private final Ops tf;
  private final Objective objective;

  Losses(Ops tf, Objective objective) {
    this.tf = tf;
    this.objective = objective;
  }

  /** A set's target as the head's values are compared with it: class numbers become one-hot. */
  Operand<TFloat32> target(Head head, Target target, Operand<TFloat32> given) {
    int units = head.shape().last();
    return target.form() == Form.CLASSES && units > 1
        ? tf.oneHot(numbers(given), tf.constant(units), tf.constant(1f), tf.constant(0f))
        : given;
  }

  private Operand<TInt32> numbers(Operand<TFloat32> classes) {
    return tf.dtypes.cast(tf.reshape(classes, tf.constant(new int[] {-1})), TInt32.class);
  }

  /** The right class of each row of the first head. */
  Operand<TInt32> classes(Target target, Operand<TFloat32> given) {
    int units = objective.heads().get(0).shape().last();
    if (target.form() == Form.CLASSES) {
      return numbers(given);
    }
    if (units == 1) {
      return above(given, 0.5f);
    }
    return tf.dtypes.cast(
        tf.math.argMax(rows(objective.heads().get(0), given), tf.constant(1)), TInt32.class);
  }

  /**
   * @param heads values of the heads, in order
   * @param targets one each: one-hot or plain labels, the inputs, or the original's heads
   */
  Operand<TFloat32> loss(List<Operand<TFloat32>> heads, List<Operand<TFloat32>> targets) {
    List<Operand<TFloat32>> losses = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      Head head = objective.heads().get(i);
      losses.add(
          loss(
              head,
              objective.losses().get(i),
              rows(head, heads.get(i)),
              rows(head, targets.get(i))));
    }
    return losses.stream().reduce(tf.math::add).orElseThrow();
  }

  private Operand<TFloat32> loss(
      Head head, Loss loss, Operand<TFloat32> y, Operand<TFloat32> target) {
    boolean distilled = objective.distilled();
    return switch (loss) {
      case CROSS_ENTROPY, CROSS_ENTROPY_LOGITS ->
          distilled
              ? divergence(logits(head, loss, y), logits(head, loss, target))
              : mean(crossEntropy(logits(head, loss, y), target));
      case BINARY_CROSS_ENTROPY, BINARY_CROSS_ENTROPY_LOGITS -> {
        boolean logits = logits(head, loss);
        yield binary(logits, y, distilled && logits ? tf.math.sigmoid(target) : target);
      }
      case RECONSTRUCTION, MEAN_SQUARED_ERROR ->
          mean(Arithmetic.square(tf, difference(head, y, target)));
      case MEAN_ABSOLUTE_ERROR -> mean(tf.math.abs(difference(head, y, target)));
    };
  }

  /**
   * The Kullback-Leibler divergence from the original's softened distribution, times the squared
   * temperature, so that gradients keep the size that they have with labels.
   */
  private Operand<TFloat32> divergence(Operand<TFloat32> student, Operand<TFloat32> teacher) {
    Operand<TFloat32> soft = tf.math.div(teacher, tf.constant(TEMPERATURE));
    Operand<TFloat32> p = tf.nn.softmax(soft);
    Operand<TFloat32> entropy =
        tf.reduceSum(
            tf.math.mul(p, tf.nn.logSoftmax(soft)), tf.constant(1), ReduceSum.keepDims(false));
    Operand<TFloat32> cross = crossEntropy(tf.math.div(student, tf.constant(TEMPERATURE)), p);
    return tf.math.mul(mean(tf.math.add(cross, entropy)), tf.constant(TEMPERATURE * TEMPERATURE));
  }

  /** A value a row; the dense form, since the sparse one has no native gradient. */
  private Operand<TFloat32> crossEntropy(Operand<TFloat32> logits, Operand<TFloat32> p) {
    SoftmaxCrossEntropyWithLogits<TFloat32> made = tf.nn.softmaxCrossEntropyWithLogits(logits, p);
    return made.loss();
  }

  private Operand<TFloat32> logits(Head head, Loss loss, Operand<TFloat32> y) {
    boolean probabilities = head.link() == Link.IDENTITY && loss == Loss.CROSS_ENTROPY;
    return probabilities ? tf.math.log(tf.math.maximum(y, tf.constant(EPSILON))) : y;
  }

  private static boolean logits(Head head, Loss loss) {
    return head.link() == Link.SIGMOID || loss == Loss.BINARY_CROSS_ENTROPY_LOGITS;
  }

  private Operand<TFloat32> binary(boolean logits, Operand<TFloat32> y, Operand<TFloat32> target) {
    if (logits) {
      return mean(tf.math.sub(tf.math.softplus(y), tf.math.mul(y, target)));
    }
    Operand<TFloat32> one = tf.constant(1f);
    Operand<TFloat32> p =
        tf.math.minimum(tf.math.maximum(y, tf.constant(EPSILON)), tf.constant(1 - EPSILON));
    Operand<TFloat32> yes = tf.math.mul(target, tf.math.log(p));
    Operand<TFloat32> no = tf.math.mul(tf.math.sub(one, target), tf.math.log(tf.math.sub(one, p)));
    return tf.math.neg(mean(tf.math.add(yes, no)));
  }

  /** Between the outputs, function applied; the original's head is a head too. */
  private Operand<TFloat32> difference(Head head, Operand<TFloat32> y, Operand<TFloat32> target) {
    return tf.math.sub(output(head, y), objective.distilled() ? output(head, target) : target);
  }

  private Operand<TFloat32> output(Head head, Operand<TFloat32> y) {
    return switch (head.link()) {
      case SOFTMAX -> tf.nn.softmax(y);
      case SIGMOID -> tf.math.sigmoid(y);
      case IDENTITY -> y;
    };
  }

  /** How many samples of the batch have their class right; of images, their pixels' share. */
  Operand<TFloat32> correct(Operand<TFloat32> firstHead, Operand<TInt32> classes) {
    Operand<TFloat32> hits =
        tf.dtypes.cast(tf.math.equal(predicted(firstHead), classes), TFloat32.class);
    Head head = objective.heads().get(0);
    Operand<TFloat32> sum = Penalties.sum(tf, hits);
    return head.vector()
        ? sum
        : tf.math.div(sum, tf.constant((float) head.shape().size() / head.shape().last()));
  }

  /** The class that the first head names for each of its rows. */
  Operand<TInt32> predicted(Operand<TFloat32> firstHead) {
    Head head = objective.heads().get(0);
    if (head.shape().last() == 1) {
      return above(firstHead, logits(head, objective.loss()) ? 0f : 0.5f);
    }
    Operand<TInt64> largest = tf.math.argMax(rows(head, firstHead), tf.constant(1));
    return tf.dtypes.cast(largest, TInt32.class);
  }

  private Operand<TInt32> above(Operand<TFloat32> y, float boundary) {
    Operand<TFloat32> flat = tf.reshape(y, tf.constant(new int[] {-1}));
    return tf.dtypes.cast(tf.math.greater(flat, tf.constant(boundary)), TInt32.class);
  }

  private Operand<TFloat32> rows(Head head, Operand<TFloat32> y) {
    return tf.reshape(y, tf.constant(new int[] {-1, head.shape().last()}));
  }

  private Operand<TFloat32> mean(Operand<TFloat32> y) {
    Operand<TFloat32> flat = tf.reshape(y, tf.constant(new int[] {-1}));
    return tf.math.mean(flat, tf.constant(new int[] {0}), Mean.keepDims(false));
  }
}
