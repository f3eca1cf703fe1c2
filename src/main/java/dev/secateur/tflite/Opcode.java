package dev.secateur.tflite;

import java.util.Optional;
import org.tensorflow.lite.schema.BuiltinOperator;

/**
 * The builtin operators that Secateur writes.
 *
 * <p>Each knows how it quantizes to int8 and which release of the TFLite runtime first ran each of
 * its versions (index 0 is version 1), as the runtime's own version table has it.
 */
enum Opcode {
  ABS(BuiltinOperator.ABS, Int8.FREE, "1.13.0", "2.4.0"),
  ADD(BuiltinOperator.ADD, Int8.FREE, "1.5.0", "1.14.0", "2.4.0"),
  ARG_MAX(BuiltinOperator.ARG_MAX, Int8.INTEGER, "1.9.0", "1.14.0"),
  ARG_MIN(BuiltinOperator.ARG_MIN, Int8.INTEGER, "1.9.0", "1.14.0"),
  AVERAGE_POOL_2D(BuiltinOperator.AVERAGE_POOL_2D, Int8.AS_INPUT, "1.5.0", "1.14.0", "2.3.0"),
  /** Float: version 2.21 of the runtime gives wrong results for two int8 activations. */
  BATCH_MATMUL(BuiltinOperator.BATCH_MATMUL, Int8.NONE, "2.3.0"),
  CAST(BuiltinOperator.CAST, Int8.NONE, "1.5.0"),
  CEIL(BuiltinOperator.CEIL, Int8.NONE, "1.14.0"),
  CONCATENATION(BuiltinOperator.CONCATENATION, Int8.AS_OUTPUT, "1.5.0", "1.14.0", "2.3.0"),
  CONV_2D(
      BuiltinOperator.CONV_2D,
      Int8.KERNEL,
      "1.5.0",
      "1.14.0",
      "1.14.0",
      "2.3.0",
      "2.4.0",
      "2.9.0",
      "2.11.0"),
  COS(BuiltinOperator.COS, Int8.NONE, "1.14.0"),
  DEPTH_TO_SPACE(BuiltinOperator.DEPTH_TO_SPACE, Int8.AS_INPUT, "2.1.0", "2.5.0"),
  DEPTHWISE_CONV_2D(
      BuiltinOperator.DEPTHWISE_CONV_2D,
      Int8.KERNEL,
      "1.5.0",
      "1.12.0",
      "1.14.0",
      "2.2.0",
      "2.3.0",
      "2.3.0"),
  DEQUANTIZE(BuiltinOperator.DEQUANTIZE, Int8.NONE, "1.13.1", "1.14.0", "1.15.0", "2.2.0", "2.7.0"),
  DIV(BuiltinOperator.DIV, Int8.NONE, "1.6.0", "2.3.0"),
  ELU(BuiltinOperator.ELU, Int8.FREE, "1.14.0"),
  EQUAL(BuiltinOperator.EQUAL, Int8.NONE, "1.14.0"),
  EXP(BuiltinOperator.EXP, Int8.FREE, "1.7.0", "2.12.0"),
  FLOOR(BuiltinOperator.FLOOR, Int8.NONE, "1.9.0"),
  FULLY_CONNECTED(
      BuiltinOperator.FULLY_CONNECTED,
      Int8.KERNEL,
      "1.5.0",
      "1.10.0",
      "1.14.0",
      "1.14.0",
      "2.0.0",
      "2.1.0",
      "2.3.0",
      "2.3.0",
      "2.3.0",
      "2.11.0",
      "2.15.0",
      "2.17.0"),
  GELU(BuiltinOperator.GELU, Int8.FREE, "2.9.0", "2.9.0"),
  GREATER(BuiltinOperator.GREATER, Int8.NONE, "1.14.0"),
  GREATER_EQUAL(BuiltinOperator.GREATER_EQUAL, Int8.NONE, "1.14.0"),
  HARD_SWISH(BuiltinOperator.HARD_SWISH, Int8.FREE, "1.15.0"),
  LEAKY_RELU(BuiltinOperator.LEAKY_RELU, Int8.FREE, "1.13.1", "2.3.0"),
  LESS(BuiltinOperator.LESS, Int8.NONE, "1.14.0"),
  LESS_EQUAL(BuiltinOperator.LESS_EQUAL, Int8.NONE, "1.14.0"),
  LOG(BuiltinOperator.LOG, Int8.NONE, "1.14.0"),
  LOGISTIC(BuiltinOperator.LOGISTIC, Int8.fixed(1f / 256, -128), "1.14.0", "1.14.0", "2.3.0"),
  LOG_SOFTMAX(BuiltinOperator.LOG_SOFTMAX, Int8.fixed(16f / 256, 127), "1.14.0", "1.14.0"),
  MAXIMUM(BuiltinOperator.MAXIMUM, Int8.AS_OUTPUT, "1.14.0", "1.14.0", "2.3.0", "2.3.0"),
  MAX_POOL_2D(BuiltinOperator.MAX_POOL_2D, Int8.AS_INPUT, "1.5.0", "1.14.0", "2.3.0"),
  MEAN(BuiltinOperator.MEAN, Int8.FREE, "1.6.0", "1.14.0", "2.4.0"),
  MINIMUM(BuiltinOperator.MINIMUM, Int8.AS_OUTPUT, "1.14.0", "1.14.0", "2.3.0", "2.3.0"),
  MIRROR_PAD(BuiltinOperator.MIRROR_PAD, Int8.AS_INPUT, "1.13.1", "2.3.0", "2.12.0"),
  MUL(BuiltinOperator.MUL, Int8.FREE, "1.5.0", "1.14.0", "1.15.0", "2.3.0"),
  NEG(BuiltinOperator.NEG, Int8.NONE, "1.9.0"),
  NOT_EQUAL(BuiltinOperator.NOT_EQUAL, Int8.NONE, "1.14.0"),
  PACK(BuiltinOperator.PACK, Int8.INTEGER, "1.11.0"),
  PAD(BuiltinOperator.PAD, Int8.AS_INPUT, "1.5.0", "1.14.0", "2.4.0", "2.6.0"),
  PADV2(BuiltinOperator.PADV2, Int8.AS_OUTPUT, "1.9.0", "1.14.0", "2.4.0", "2.6.0"),
  POW(BuiltinOperator.POW, Int8.NONE, "1.10.0"),
  PRELU(BuiltinOperator.PRELU, Int8.FREE, "1.8.0"),
  QUANTIZE(BuiltinOperator.QUANTIZE, Int8.NONE, "1.14.0", "1.15.0"),
  REDUCE_MAX(BuiltinOperator.REDUCE_MAX, Int8.AS_INPUT, "1.11.0", "1.14.0", "2.5.0"),
  REDUCE_MIN(BuiltinOperator.REDUCE_MIN, Int8.AS_INPUT, "1.11.0", "1.14.0", "2.5.0"),
  REDUCE_PROD(BuiltinOperator.REDUCE_PROD, Int8.NONE, "1.11.0"),
  RELU(BuiltinOperator.RELU, Int8.FREE, "1.5.0", "2.1.0", "2.5.0"),
  RELU6(BuiltinOperator.RELU6, Int8.FREE, "1.5.0", "1.14.0", "2.5.0"),
  RESHAPE(BuiltinOperator.RESHAPE, Int8.AS_INPUT, "1.5.0"),
  RESIZE_BILINEAR(
      BuiltinOperator.RESIZE_BILINEAR, Int8.AS_INPUT, "1.7.0", "1.14.0", "2.2.0", "2.5.0"),
  RESIZE_NEAREST_NEIGHBOR(
      BuiltinOperator.RESIZE_NEAREST_NEIGHBOR, Int8.AS_INPUT, "1.13.1", "1.14.0", "2.3.0", "2.4.0"),
  ROUND(BuiltinOperator.ROUND, Int8.NONE, "1.14.0"),
  RSQRT(BuiltinOperator.RSQRT, Int8.FREE, "1.10.0", "2.5.0"),
  SELECT_V2(BuiltinOperator.SELECT_V2, Int8.NONE, "2.2.0"),
  SHAPE(BuiltinOperator.SHAPE, Int8.INTEGER, "1.10.0"),
  SIGN(BuiltinOperator.SIGN, Int8.NONE, "2.12.0"),
  SIN(BuiltinOperator.SIN, Int8.NONE, "1.9.0"),
  SOFTMAX(BuiltinOperator.SOFTMAX, Int8.fixed(1f / 256, -128), "1.5.0", "1.14.0", "2.3.0"),
  SPACE_TO_DEPTH(BuiltinOperator.SPACE_TO_DEPTH, Int8.AS_INPUT, "1.5.0", "1.14.0"),
  SQRT(BuiltinOperator.SQRT, Int8.NONE, "1.10.0"),
  SQUARED_DIFFERENCE(BuiltinOperator.SQUARED_DIFFERENCE, Int8.FREE, "1.13.1", "2.5.0"),
  STRIDED_SLICE(BuiltinOperator.STRIDED_SLICE, Int8.AS_INPUT, "1.6.0", "1.14.0", "2.1.0", "2.2.0"),
  SUB(BuiltinOperator.SUB, Int8.FREE, "1.6.0", "1.14.0", "2.3.0", "2.4.0", "2.4.0"),
  SUM(BuiltinOperator.SUM, Int8.FREE, "1.10.0", "1.15.0"),
  TANH(BuiltinOperator.TANH, Int8.fixed(1f / 128, 0), "1.14.0", "1.14.0", "2.3.0"),
  TILE(BuiltinOperator.TILE, Int8.AS_INPUT, "1.10.1", "2.2.0", "2.8.0"),
  TRANSPOSE(
      BuiltinOperator.TRANSPOSE,
      Int8.AS_INPUT,
      "1.6.0",
      "1.14.0",
      "1.15.0",
      "2.3.0",
      "2.4.0",
      "2.12.0"),
  TRANSPOSE_CONV(BuiltinOperator.TRANSPOSE_CONV, Int8.KERNEL, "1.9.0", "2.2.0", "2.3.0", "2.13.0");

  private final int code;
  private final Int8 int8;
  private final String[] runtimes;

  Opcode(int code, Int8 int8, String... runtimes) {
    this.code = code;
    this.int8 = int8;
    this.runtimes = runtimes;
  }

  int code() {
    return code;
  }

  /** Whether the runtime computes it with 16-bit activations, on devices too. */
  boolean hasInt16() {
    return switch (this) {
      case ADD,
          AVERAGE_POOL_2D,
          CONCATENATION,
          CONV_2D,
          DEPTHWISE_CONV_2D,
          FULLY_CONNECTED,
          LEAKY_RELU,
          LOGISTIC,
          MAXIMUM,
          MAX_POOL_2D,
          MEAN,
          MINIMUM,
          MIRROR_PAD,
          MUL,
          PAD,
          PADV2,
          REDUCE_MAX,
          REDUCE_MIN,
          RELU,
          RELU6,
          RESHAPE,
          RESIZE_BILINEAR,
          RESIZE_NEAREST_NEIGHBOR,
          SOFTMAX,
          STRIDED_SLICE,
          SUB,
          TANH,
          TRANSPOSE,
          TRANSPOSE_CONV ->
          true;
      default -> false;
    };
  }

  Int8 int8() {
    return int8;
  }

  /** The first runtime that has this operator at {@code version}. */
  String runtime(int version) {
    return runtimes[version - 1];
  }

  /**
   * How an operator quantizes to int8.
   *
   * @param fixed the output's quantization where the kernel demands it
   */
  record Int8(Rule rule, Optional<Affine> fixed) {
    enum Rule {
      /** No int8 kernel. */
      NONE,
      /** Integers out, such as a shape or an index, whatever form its operands have. */
      INTEGER,
      /** Per-channel weights and an int32 bias; the output's range is its own. */
      KERNEL,
      /** The output's range is its own. */
      FREE,
      /** The kernel demands a certain quantization of the output. */
      FIXED,
      /** The output is quantized as the first operand. */
      AS_INPUT,
      /** All operands are quantized as the output. */
      AS_OUTPUT
    }

    static final Int8 NONE = of(Rule.NONE);
    static final Int8 INTEGER = of(Rule.INTEGER);
    static final Int8 KERNEL = of(Rule.KERNEL);
    static final Int8 FREE = of(Rule.FREE);
    static final Int8 AS_INPUT = of(Rule.AS_INPUT);
    static final Int8 AS_OUTPUT = of(Rule.AS_OUTPUT);

    private static Int8 of(Rule rule) {
      return new Int8(rule, Optional.empty());
    }

    static Int8 fixed(float scale, int zeroPoint) {
      return new Int8(Rule.FIXED, Optional.of(Affine.of(scale, zeroPoint)));
    }
  }
}
