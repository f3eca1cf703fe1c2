package dev.secateur.tflite;

import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Opcode.Int8.Rule;
import java.util.Optional;

/** The integers that activations become, and which kernels compute with them. */
enum Integers {
  /** From −128 to 127, with a zero point of the range's own. */
  INT8(ScalarType.INT8, Byte.MIN_VALUE, Byte.MAX_VALUE),
  /** From −32767 to 32767, with the zero point 0. */
  INT16(ScalarType.INT16, -Short.MAX_VALUE, Short.MAX_VALUE);

  private final ScalarType type;
  private final int least;
  private final int most;

  Integers(ScalarType type, int least, int most) {
    this.type = type;
    this.least = least;
    this.most = most;
  }

  /**
   * @throws IllegalArgumentException for a scheme whose activations stay float
   */
  static Integers of(Scheme scheme) {
    return switch (scheme) {
      case INT8, INT4 -> INT8;
      case INT16X8 -> INT16;
      case INT8_WEIGHTS, FLOAT16 ->
          throw new IllegalArgumentException(scheme.label() + ": activations stay float");
    };
  }

  ScalarType type() {
    return type;
  }

  /** Whether the operator has such a kernel and may use it. */
  boolean compute(Operator operator) {
    Rule rule = operator.opcode().int8().rule();
    return !operator.floatOnly()
        && rule != Rule.NONE
        && rule != Rule.INTEGER
        && (this == INT8 || operator.opcode().hasInt16());
  }

  /** How an activation of this range is quantized: the range widened to include 0. */
  Affine activation(Range range) {
    return this == INT8 ? Affine.activation(range) : Affine.symmetric(range, most);
  }

  /** What a kernel demands of its result, if it demands anything. */
  Optional<Affine> fixed(Opcode opcode) {
    Optional<Affine> asInt8 = opcode.int8().fixed();
    // The kernels of 16 bits have results from −1 to 1.
    return this == INT8 ? asInt8 : asInt8.map(unused -> Affine.of(0x1p-15f, 0));
  }

  Constant constant(Affine how, float[] values) {
    return this == INT8
        ? new Constant.Int8s(how.quantize(values))
        : new Constant.Int16s(how.quantizeToShorts(values));
  }

  /** Whether all of a range can be said, but for half a step. */
  boolean cover(Affine affine, Range range) {
    float step = affine.scale() / 2;
    float low = (least - affine.zeroPoint()) * affine.scale() - step;
    float high = (most - affine.zeroPoint()) * affine.scale() + step;
    return low <= range.min() && range.max() <= high;
  }
}
