package dev.secateur.train;

import dev.secateur.graph.Shape;
import dev.secateur.plan.FineTuning;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ResourceApplyKerasMomentum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * The optimizers' update of one variable, in place, with the arithmetic and default constants of
 * Keras' optimizers.
 */
final class Updates {
  private static final float MOMENTUM = 0.9f;
  private static final float BETA_1 = 0.9f;
  private static final float BETA_2 = 0.999f;
  private static final float RHO = 0.9f;
  private static final float EPSILON = 1e-7f;
  private static final float WEIGHT_DECAY = 0.004f;

  private final Ops tf;
  private final FineTuning.Optimizer optimizer;
  private final Variables variables;
  private final Operand<TFloat32> rate;
  private final Operand<TFloat32> beta1Power;
  private final Operand<TFloat32> beta2Power;

  /**
   * @param step scalars that are fed: learning rate, and the two powers of {@link #powers}
   */
  Updates(
      Ops tf,
      FineTuning.Optimizer optimizer,
      Variables variables,
      List<? extends Operand<TFloat32>> step) {
    this.tf = tf;
    this.optimizer = optimizer;
    this.variables = variables;
    this.rate = step.get(0);
    this.beta1Power = step.get(1);
    this.beta2Power = step.get(2);
  }

  /** Adam's bias corrections at a step, counted from 1. */
  static float[] powers(int step) {
    return new float[] {(float) Math.pow(BETA_1, step), (float) Math.pow(BETA_2, step)};
  }

  /**
   * Updates {@code weight}; defines the slots that it needs, which start at zero, if no other step
   * has.
   */
  Op apply(String weight, Operand<TFloat32> gradient) {
    var handle = variables.handle(weight);
    return switch (optimizer) {
      case SGD -> tf.train.resourceApplyGradientDescent(handle, rate, gradient);
      case MOMENTUM -> momentum(weight, gradient, false);
      case NESTEROV -> momentum(weight, gradient, true);
      case ADAM -> adam(tf, weight, gradient);
      case ADAMW -> adam(decayed(weight, gradient), weight, gradient);
      case RMSPROP -> rmsProp(weight, gradient);
    };
  }

  private Op momentum(String weight, Operand<TFloat32> gradient, boolean nesterov) {
    return tf.train.resourceApplyKerasMomentum(
        variables.handle(weight),
        slot(weight, "momentum"),
        rate,
        gradient,
        tf.constant(MOMENTUM),
        ResourceApplyKerasMomentum.useNesterov(nesterov));
  }

  private Op adam(Ops ops, String weight, Operand<TFloat32> gradient) {
    return ops.train.resourceApplyAdam(
        variables.handle(weight),
        slot(weight, "m"),
        slot(weight, "v"),
        beta1Power,
        beta2Power,
        rate,
        tf.constant(BETA_1),
        tf.constant(BETA_2),
        tf.constant(EPSILON),
        gradient);
  }

  /** Decoupled weight decay: {@code w −= rate·decay·w} before Adam's own update. */
  private Ops decayed(String weight, Operand<TFloat32> gradient) {
    Ops after = tf.withControlDependencyOps(gradient.asOutput().op());
    Operand<TFloat32> share = tf.math.mul(rate, tf.constant(WEIGHT_DECAY));
    Operand<TFloat32> value = after.readVariableOp(variables.handle(weight), TFloat32.class);
    return tf.withControlDependencies(
        tf.assignSubVariableOp(variables.handle(weight), tf.math.mul(value, share)));
  }

  /** {@code v ← ρ·v + (1 − ρ)·g²; w −= rate·g·rsqrt(v + ε)}. */
  private Op rmsProp(String weight, Operand<TFloat32> gradient) {
    return tf.train.resourceApplyRmsProp(
        variables.handle(weight),
        slot(weight, "rms"),
        slot(weight, "momentum"),
        rate,
        tf.constant(RHO),
        tf.constant(0f),
        tf.constant(EPSILON),
        gradient);
  }

  private Operand<? extends TType> slot(String weight, String kind) {
    String name = weight + "|" + kind;
    Shape shape = variables.shape(weight);
    if (!variables.defines(name)) {
      variables.define(name, shape);
    }
    return variables.handle(name);
  }
}
