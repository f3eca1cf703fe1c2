package dev.secateur.tflite;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Node;
import dev.secateur.graph.Shape;
import dev.secateur.tflite.Attributes.Fused;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Lowers one activation. Where TFLite has no operator for it, a composite; the ones that would lose
 * too much in int8 are marked float-only.
 */
final class ActivationLowering {
  /** Constants of SELU (Klambauer et al. 2017, "Self-Normalizing Neural Networks"). */
  private static final float SELU_ALPHA = 1.6732632423543772f;

  private static final float SELU_SCALE = 1.0507009873554805f;

  /** Beyond this, mish(x) is x in float32. */
  private static final float MISH_LINEAR = 20f;

  private final TfliteLowering lowering;
  private final Node node;
  private final int x;
  private final Shape shape;
  private boolean floatOnly;
  private int parts;

  ActivationLowering(TfliteLowering lowering, Node node) {
    this.lowering = lowering;
    this.node = node;
    this.x = lowering.x(node);
    this.shape = lowering.program().tensor(x).shape();
  }

  void lower(Activation function) {
    if (function instanceof Activation.Simple simple) {
      simple(simple);
    } else if (function instanceof Activation.Elu elu) {
      elu(elu.alpha());
    } else if (function instanceof Activation.LeakyRelu leaky) {
      last(Opcode.LEAKY_RELU, new Attributes.LeakyRelu(leaky.alpha()), x);
    } else if (function instanceof Activation.GeneralRelu relu) {
      generalRelu(relu);
    } else if (function instanceof Activation.ThresholdedRelu relu) {
      floatOnly = true;
      last(Opcode.MUL, mul(), x, mask(Opcode.GREATER, scalar(relu.theta())));
    } else if (function instanceof Activation.Softmax softmax) {
      overAxis(Opcode.SOFTMAX, new Attributes.Softmax(), softmax.axis());
    } else if (function instanceof Activation.LogSoftmax softmax) {
      overAxis(Opcode.LOG_SOFTMAX, Attributes.NONE, softmax.axis());
    } else {
      throw new TfliteException(function + " has no lowering");
    }
  }

  private void simple(Activation.Simple function) {
    switch (function) {
      case RELU -> last(Opcode.RELU, Attributes.NONE, x);
      case RELU6 -> last(Opcode.RELU6, Attributes.NONE, x);
      case GELU_EXACT -> last(Opcode.GELU, new Attributes.Gelu(false), x);
      case GELU_TANH -> last(Opcode.GELU, new Attributes.Gelu(true), x);
      case SIGMOID -> last(Opcode.LOGISTIC, Attributes.NONE, x);
      case SILU -> last(Opcode.MUL, mul(), x, part(Opcode.LOGISTIC, x));
      case HARD_SWISH -> last(Opcode.HARD_SWISH, Attributes.NONE, x);
      case TANH -> last(Opcode.TANH, Attributes.NONE, x);
      case EXPONENTIAL -> last(Opcode.EXP, Attributes.NONE, x);
      // clip(0.2·x + 0.5, 0, 1) = relu6(1.2·x + 3)/6, which keeps to fused operators.
      case HARD_SIGMOID_KERAS2 -> hardSigmoid(part(Opcode.MUL, mul(), x, scalar(1.2f)));
      case HARD_SIGMOID_KERAS3 -> hardSigmoid(x);
      case SELU -> selu();
      case MISH -> mish();
      case SOFTPLUS -> softplus();
      case SOFTSIGN -> softsign();
    }
  }

  private void hardSigmoid(int value) {
    int clipped = part(Opcode.ADD, new Attributes.Add(Fused.RELU6), value, scalar(3f));
    last(Opcode.MUL, mul(), clipped, scalar(1f / 6));
  }

  private void elu(float alpha) {
    if (alpha == 1f) {
      last(Opcode.ELU, Attributes.NONE, x);
    } else {
      floatOnly = true;
      last(Opcode.LEAKY_RELU, new Attributes.LeakyRelu(alpha), part(Opcode.ELU, x));
    }
  }

  private void selu() {
    floatOnly = true;
    int elu = part(Opcode.ELU, x);
    int leaky = part(Opcode.LEAKY_RELU, new Attributes.LeakyRelu(SELU_ALPHA), elu);
    last(Opcode.MUL, mul(), leaky, scalar(SELU_SCALE));
  }

  /** {@code x·tanh(ln(1 + eˣ)) = x·n/(n + 2)} with {@code n = eˣ·(eˣ + 2)}. */
  private void mish() {
    floatOnly = true;
    int exp = part(Opcode.EXP, part(Opcode.MINIMUM, x, scalar(MISH_LINEAR)));
    int two = scalar(2f);
    int n = part(Opcode.MUL, mul(), exp, part(Opcode.ADD, add(), exp, two));
    int ratio =
        part(Opcode.DIV, new Attributes.Div(Fused.NONE), n, part(Opcode.ADD, add(), n, two));
    last(Opcode.MUL, mul(), x, ratio);
  }

  /** {@code relu(x) + ln(1 + exp(−|x|))}, which cannot overflow. */
  private void softplus() {
    floatOnly = true;
    int exp = part(Opcode.EXP, part(Opcode.NEG, part(Opcode.ABS, x)));
    int log = part(Opcode.LOG, part(Opcode.ADD, add(), exp, scalar(1f)));
    last(Opcode.ADD, add(), part(Opcode.RELU, x), log);
  }

  private void softsign() {
    floatOnly = true;
    int below = part(Opcode.ADD, add(), part(Opcode.ABS, x), scalar(1f));
    last(Opcode.DIV, new Attributes.Div(Fused.NONE), x, below);
  }

  private void generalRelu(Activation.GeneralRelu relu) {
    if (relu.threshold() != 0) {
      shiftedRelu(relu);
      return;
    }
    boolean bounded = !Float.isInfinite(relu.max());
    if (relu.slope() == 0) {
      if (!bounded) {
        last(Opcode.RELU, Attributes.NONE, x);
      } else if (relu.max() == 6f) {
        last(Opcode.RELU6, Attributes.NONE, x);
      } else {
        last(Opcode.RELU, Attributes.NONE, part(Opcode.MINIMUM, x, scalar(relu.max())));
      }
      return;
    }
    int bound = bounded ? part(Opcode.MINIMUM, x, scalar(relu.max())) : x;
    last(Opcode.LEAKY_RELU, new Attributes.LeakyRelu(relu.slope()), bound);
  }

  /** min(x, max) where x ≥ threshold, slope·(x − threshold) below. */
  private void shiftedRelu(Activation.GeneralRelu relu) {
    floatOnly = true;
    int bound = Float.isInfinite(relu.max()) ? x : part(Opcode.MINIMUM, x, scalar(relu.max()));
    int above = mask(Opcode.GREATER_EQUAL, scalar(relu.threshold()));
    if (relu.slope() == 0) {
      last(Opcode.MUL, mul(), bound, above);
      return;
    }
    int kept = part(Opcode.MUL, mul(), bound, above);
    int shifted = part(Opcode.SUB, new Attributes.Sub(Fused.NONE), x, scalar(relu.threshold()));
    int below = part(Opcode.MINIMUM, shifted, scalar(0f));
    last(Opcode.ADD, add(), kept, part(Opcode.MUL, mul(), below, scalar(relu.slope())));
  }

  /** 1 where x compares with {@code bound}, else 0. */
  private int mask(Opcode comparison, int bound) {
    String name = nextName();
    int condition = lowering.program().value(name, shape, ScalarType.BOOL, Optional.empty());
    lowering.emitFloat(node, comparison, Attributes.NONE, List.of(x, bound), condition);
    return part(Opcode.CAST, new Attributes.Cast(ScalarType.BOOL, ScalarType.FLOAT32), condition);
  }

  /** TFLite's softmaxes work on the last axis: another one is moved there and back. */
  private void overAxis(Opcode opcode, Attributes attributes, int axis) {
    int lastAxis = shape.rank() - 1;
    if (axis == lastAxis) {
      last(opcode, attributes, x);
      return;
    }
    List<Integer> swap = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
    Collections.swap(swap, axis, lastAxis);
    int moved = lowering.transpose(node, nextName(), x, swap);
    Shape movedShape = lowering.program().tensor(moved).shape();
    int soft = lowering.result(nextName(), movedShape);
    lowering.emit(node, opcode, attributes, List.of(moved), soft);
    lowering.transpose(node, node.name(), soft, swap);
  }

  private int part(Opcode opcode, int... operands) {
    return part(opcode, Attributes.NONE, operands);
  }

  private int part(Opcode opcode, Attributes attributes, int... operands) {
    int out = lowering.result(nextName(), shape);
    emit(opcode, attributes, out, operands);
    return out;
  }

  private void last(Opcode opcode, Attributes attributes, int... operands) {
    emit(opcode, attributes, lowering.result(node.name(), shape), operands);
  }

  private void emit(Opcode opcode, Attributes attributes, int out, int... operands) {
    List<Integer> in = IntStream.of(operands).boxed().toList();
    if (floatOnly) {
      lowering.emitFloat(node, opcode, attributes, in, out);
    } else {
      lowering.emit(node, opcode, attributes, in, out);
    }
  }

  private String nextName() {
    return node.name() + "/" + parts++;
  }

  private int scalar(float value) {
    return lowering.scalar(node, "c" + parts++, value);
  }

  private static Attributes mul() {
    return new Attributes.Mul(Fused.NONE);
  }

  private static Attributes add() {
    return new Attributes.Add(Fused.NONE);
  }
}
