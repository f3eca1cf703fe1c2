package dev.secateur.tflite;

import java.util.List;

/**
 * The version of an operator that a program needs: the rules of the runtime's own {@code
 * op_version.cc}, as far as they concern what Secateur writes.
 */
final class OperatorVersion {
  private OperatorVersion() {}

  static int of(Program program, Operator operator) {
    List<Program.Tensor> in = operator.inputs().stream().map(program::tensor).toList();
    boolean int8 = in.get(0).type() == ScalarType.INT8;
    boolean int4 = in.size() > 1 && in.get(1).type() == ScalarType.INT4;
    boolean int16 = in.get(0).type() == ScalarType.INT16;
    boolean hybrid =
        in.size() > 1
            && in.get(0).type() == ScalarType.FLOAT32
            && in.get(1).type() == ScalarType.INT8;
    int rank = in.get(0).shape().rank();
    if (int16) {
      return ofInt16(program, operator, rank);
    }
    return switch (operator.opcode()) {
      case CONV_2D -> int4 ? 7 : isGrouped(in) ? 6 : hybrid ? 5 : int8 ? 3 : 1;
      // The runtime's table says 7 for int4, but its reference kernels, which compute it as well,
      // are registered up to 3.
      case DEPTHWISE_CONV_2D ->
          hybrid ? 6 : int8 ? 3 : isDilated((Attributes.Depthwise) operator.attributes()) ? 2 : 1;
      case FULLY_CONNECTED -> int4 ? 10 : hybrid ? hybridDense(in.get(1)) : int8 ? 4 : 1;
      case TRANSPOSE_CONV -> operator.attributes().activation() == Attributes.Fused.NONE ? 3 : 4;
      case MUL -> int8 ? mulVersion(in, program.tensor(operator.output())) : 1;
      case RESIZE_BILINEAR ->
          ((Attributes.ResizeBilinear) operator.attributes()).halfPixel() ? 3 : int8 ? 2 : 1;
      case RESIZE_NEAREST_NEIGHBOR -> {
        Attributes.ResizeNearest resize = (Attributes.ResizeNearest) operator.attributes();
        yield resize.halfPixel() || resize.alignCorners() ? 3 : int8 ? 2 : 1;
      }
      case MAXIMUM, MINIMUM -> broadcasts5d(in) ? 3 : int8 ? 2 : 1;
      case SUB -> broadcasts5d(in) ? 3 : int8 ? 2 : 1;
      case DIV -> broadcasts5d(in) ? 2 : 1;
      case TRANSPOSE -> rank > 5 ? 6 : rank > 4 ? 4 : int8 ? 2 : 1;
      case PAD, PADV2 -> rank > 4 ? 4 : int8 ? 2 : 1;
      case STRIDED_SLICE -> rank > 4 ? 4 : int8 ? 2 : 1;
      case TILE -> int8 ? 3 : 1;
      case DEQUANTIZE -> dequantize(in.get(0));
      case ABS,
          ADD,
          ARG_MAX,
          ARG_MIN,
          AVERAGE_POOL_2D,
          CONCATENATION,
          DEPTH_TO_SPACE,
          EXP,
          GELU,
          LOGISTIC,
          LOG_SOFTMAX,
          MAX_POOL_2D,
          MEAN,
          MIRROR_PAD,
          REDUCE_MAX,
          REDUCE_MIN,
          RELU,
          RELU6,
          RSQRT,
          SOFTMAX,
          SPACE_TO_DEPTH,
          SQUARED_DIFFERENCE,
          SUM,
          TANH ->
          int8 ? 2 : 1;
      case QUANTIZE -> program.tensor(operator.output()).type() == ScalarType.INT16 ? 2 : 1;
      default -> 1;
    };
  }

  /** The first version that takes 16-bit activations, or a later one that is needed besides. */
  private static int ofInt16(Program program, Operator operator, int rank) {
    List<Program.Tensor> in = operator.inputs().stream().map(program::tensor).toList();
    return switch (operator.opcode()) {
      case CONV_2D -> isGrouped(in) ? 6 : 4;
      case DEPTHWISE_CONV_2D, SUB -> 5;
      case FULLY_CONNECTED -> 7;
      case MAXIMUM, MINIMUM, MUL, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR -> 4;
      case TRANSPOSE -> rank > 5 ? 6 : 5;
      case PAD, PADV2 -> rank > 4 ? 4 : 3;
      case LEAKY_RELU -> 2;
      case STRIDED_SLICE -> 4;
      case RESHAPE -> 1;
      case QUANTIZE -> 2;
      default -> 3;
    };
  }

  private static int hybridDense(Program.Tensor kernel) {
    return kernel.quantization().orElseThrow().perChannel() ? 12 : 9;
  }

  private static int dequantize(Program.Tensor from) {
    return switch (from.type()) {
      case FLOAT16, INT16 -> 3;
      case INT8 -> from.quantization().orElseThrow().perChannel() ? 5 : 2;
      default -> 1;
    };
  }

  private static boolean isGrouped(List<Program.Tensor> in) {
    return in.get(0).shape().last() != in.get(1).shape().last();
  }

  private static boolean isDilated(Attributes.Depthwise depthwise) {
    return depthwise.dilationH() != 1 || depthwise.dilationW() != 1;
  }

  /** Rescaling by one or more came with version 3. */
  private static int mulVersion(List<Program.Tensor> in, Program.Tensor out) {
    float product =
        in.get(0).quantization().orElseThrow().scale()
            * in.get(1).quantization().orElseThrow().scale();
    return product / out.quantization().orElseThrow().scale() >= 1 ? 3 : 2;
  }

  private static boolean broadcasts5d(List<Program.Tensor> in) {
    return !in.get(0).shape().equals(in.get(1).shape())
        && Math.max(in.get(0).shape().rank(), in.get(1).shape().rank()) > 4;
  }
}
