package dev.secateur.train.op;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Op;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.LeakyRelu;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** The element-wise functions, and the softmaxes. */
final class ActivationOps {
  private ActivationOps() {}

  static Operand<TFloat32> lower(Op.Activate op, Site site) {
    Activation function = op.function();
    if (function instanceof Activation.Simple simple) {
      return simple(simple, site);
    }
    if (function instanceof Activation.Elu elu) {
      return elu(elu.alpha(), site);
    }
    if (function instanceof Activation.LeakyRelu leaky) {
      return site.tf().nn.leakyRelu(site.x(), LeakyRelu.alpha(leaky.alpha()));
    }
    if (function instanceof Activation.GeneralRelu relu) {
      return generalRelu(relu, site);
    }
    if (function instanceof Activation.ThresholdedRelu relu) {
      return thresholded(relu.theta(), site);
    }
    if (function instanceof Activation.Softmax softmax) {
      return overLastAxis(softmax.axis(), site, site.tf().nn::softmax);
    }
    return overLastAxis(((Activation.LogSoftmax) function).axis(), site, x -> logSoftmax(site, x));
  }

  private static Operand<TFloat32> simple(Activation.Simple function, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> x = site.x();
    return switch (function) {
      case RELU -> tf.nn.relu(x);
      case RELU6 -> tf.nn.relu6(x);
      case SELU -> tf.nn.selu(x);
      case GELU_EXACT -> gelu(site, tf.math.erf(tf.math.mul(x, site.constant(Math.sqrt(0.5)))));
      case GELU_TANH -> gelu(site, tf.math.tanh(geluInner(site)));
      case SILU -> tf.math.mul(x, tf.math.sigmoid(x));
      case MISH -> tf.math.mul(x, tf.math.tanh(tf.math.softplus(x)));
      case SIGMOID -> tf.math.sigmoid(x);
      case HARD_SIGMOID_KERAS2 -> clipped(site);
      case HARD_SIGMOID_KERAS3 -> hardSigmoid(site);
      case HARD_SWISH -> tf.math.mul(x, hardSigmoid(site));
      case TANH -> tf.math.tanh(x);
      case SOFTPLUS -> tf.math.softplus(x);
      case SOFTSIGN -> tf.math.div(x, tf.math.add(tf.math.abs(x), site.constant(1)));
      case EXPONENTIAL -> tf.math.exp(x);
    };
  }

  private static Operand<TFloat32> gelu(Site site, Operand<TFloat32> odd) {
    Ops tf = site.tf();
    Operand<TFloat32> half = tf.math.mul(site.x(), site.constant(0.5));
    return tf.math.mul(half, tf.math.add(odd, site.constant(1)));
  }

  private static Operand<TFloat32> geluInner(Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> x = site.x();
    Operand<TFloat32> cube = tf.math.mul(tf.math.mul(x, x), x);
    Operand<TFloat32> sum = tf.math.add(x, tf.math.mul(cube, site.constant(0.044715)));
    return tf.math.mul(sum, site.constant(Math.sqrt(2 / Math.PI)));
  }

  private static Operand<TFloat32> hardSigmoid(Site site) {
    Ops tf = site.tf();
    return tf.math.mul(
        tf.nn.relu6(tf.math.add(site.x(), site.constant(3))), site.constant(1.0 / 6));
  }

  private static Operand<TFloat32> clipped(Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> line =
        tf.math.add(tf.math.mul(site.x(), site.constant(0.2)), site.constant(0.5));
    return tf.math.maximum(tf.math.minimum(line, site.constant(1)), site.constant(0));
  }

  private static Operand<TFloat32> elu(float alpha, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> elu = tf.nn.elu(site.x());
    if (alpha == 1f) {
      return elu;
    }
    Operand<TFloat32> positive = tf.nn.relu(site.x());
    return tf.math.add(positive, tf.math.mul(tf.math.sub(elu, positive), site.constant(alpha)));
  }

  private static Operand<TFloat32> generalRelu(Activation.GeneralRelu relu, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> x = site.x();
    Operand<TFloat32> above =
        Float.isInfinite(relu.max()) ? x : tf.math.minimum(x, site.constant(relu.max()));
    Operand<TFloat32> below =
        tf.math.mul(tf.math.sub(x, site.constant(relu.threshold())), site.constant(relu.slope()));
    return tf.select(tf.math.greaterEqual(x, site.constant(relu.threshold())), above, below);
  }

  private static Operand<TFloat32> thresholded(float theta, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> kept =
        tf.dtypes.cast(tf.math.greater(site.x(), site.constant(theta)), TFloat32.class);
    return tf.math.mul(site.x(), kept);
  }

  /** {@code relu(x) − alpha·relu(−x)}, so that alpha's gradient is summed by the broadcast. */
  static Operand<TFloat32> prelu(Op.Prelu op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> positive = tf.nn.relu(site.x());
    Operand<TFloat32> negative = tf.nn.relu(tf.math.neg(site.x()));
    return tf.math.sub(positive, tf.math.mul(site.operand(1), negative));
  }

  /** On a matrix: the native gradient sums over axis 1, whatever the rank. */
  private static Operand<TFloat32> logSoftmax(Site site, Operand<TFloat32> x) {
    Ops tf = site.tf();
    int axis = ((Activation.LogSoftmax) ((Op.Activate) site.node().op()).function()).axis();
    Operand<TFloat32> rows = tf.reshape(x, tf.constant(new int[] {-1, site.shape(0).dim(axis)}));
    return tf.reshape(tf.nn.logSoftmax(rows), tf.shape(x));
  }

  private interface Function {
    Operand<TFloat32> apply(Operand<TFloat32> x);
  }

  private static Operand<TFloat32> overLastAxis(int axis, Site site, Function function) {
    int last = site.shape(0).rank() - 1;
    if (axis == last) {
      return function.apply(site.x());
    }
    Ops tf = site.tf();
    int[] swap = IntStream.rangeClosed(0, last).toArray();
    swap[axis] = last;
    swap[last] = axis;
    Operand<TInt32> order = tf.constant(swap);
    Operand<TFloat32> swapped = tf.linalg.transpose(site.x(), order);
    return tf.linalg.transpose(function.apply(swapped), order);
  }
}
