package dev.secateur.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import org.tensorflow.lite.schema.ActivationFunctionType;
import org.tensorflow.lite.schema.AddOptions;
import org.tensorflow.lite.schema.ArgMaxOptions;
import org.tensorflow.lite.schema.ArgMinOptions;
import org.tensorflow.lite.schema.BatchMatMulOptions;
import org.tensorflow.lite.schema.BuiltinOptions;
import org.tensorflow.lite.schema.CastOptions;
import org.tensorflow.lite.schema.ConcatenationOptions;
import org.tensorflow.lite.schema.Conv2DOptions;
import org.tensorflow.lite.schema.DepthToSpaceOptions;
import org.tensorflow.lite.schema.DepthwiseConv2DOptions;
import org.tensorflow.lite.schema.DivOptions;
import org.tensorflow.lite.schema.FullyConnectedOptions;
import org.tensorflow.lite.schema.GeluOptions;
import org.tensorflow.lite.schema.LeakyReluOptions;
import org.tensorflow.lite.schema.MirrorPadMode;
import org.tensorflow.lite.schema.MirrorPadOptions;
import org.tensorflow.lite.schema.MulOptions;
import org.tensorflow.lite.schema.PackOptions;
import org.tensorflow.lite.schema.Padding;
import org.tensorflow.lite.schema.Pool2DOptions;
import org.tensorflow.lite.schema.ReducerOptions;
import org.tensorflow.lite.schema.ResizeBilinearOptions;
import org.tensorflow.lite.schema.ResizeNearestNeighborOptions;
import org.tensorflow.lite.schema.ShapeOptions;
import org.tensorflow.lite.schema.SoftmaxOptions;
import org.tensorflow.lite.schema.SpaceToDepthOptions;
import org.tensorflow.lite.schema.StridedSliceOptions;
import org.tensorflow.lite.schema.SubOptions;
import org.tensorflow.lite.schema.TensorType;
import org.tensorflow.lite.schema.TransposeConvOptions;

/** An operator's options: one record for each table of the schema's union. */
sealed interface Attributes {
  Attributes NONE = new None();

  /** The union's tag. */
  byte type();

  /** The same for an operator of float activations that quantizes them itself. */
  default Attributes quantizingInputs() {
    return this;
  }

  /** The same for 16-bit operands whose scales are no powers of two. */
  default Attributes ofAnyScale() {
    return this;
  }

  /** Writes the table; returns its offset, 0 for none. */
  int write(FlatBufferBuilder to);

  /** These options with an activation fused, where the table has a place for it. */
  default Attributes with(Fused activation) {
    throw new IllegalStateException(this + " cannot fuse " + activation);
  }

  /** What is already fused; for tables without a place for it, {@link Fused#CLOSED}. */
  default Fused activation() {
    return Fused.CLOSED;
  }

  /** The activations that an operator can do on its way out. */
  enum Fused {
    NONE(ActivationFunctionType.NONE),
    RELU(ActivationFunctionType.RELU),
    RELU_N1_TO_1(ActivationFunctionType.RELU_N1_TO_1),
    RELU6(ActivationFunctionType.RELU6),
    /** Not in the schema: the operator takes none. */
    CLOSED((byte) -1);

    private final byte code;

    Fused(byte code) {
      this.code = code;
    }
  }

  private static byte padding(boolean same) {
    return same ? Padding.SAME : Padding.VALID;
  }

  record None() implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.NONE;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return 0;
    }
  }

  record Conv(
      boolean same, int strideH, int strideW, int dilationH, int dilationW, Fused activation)
      implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.Conv2DOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return Conv2DOptions.createConv2DOptions(
          to, padding(same), strideW, strideH, activation.code, dilationW, dilationH);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Conv(same, strideH, strideW, dilationH, dilationW, fused);
    }
  }

  record Depthwise(
      boolean same,
      int strideH,
      int strideW,
      int multiplier,
      int dilationH,
      int dilationW,
      Fused activation)
      implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.DepthwiseConv2DOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return DepthwiseConv2DOptions.createDepthwiseConv2DOptions(
          to, padding(same), strideW, strideH, multiplier, activation.code, dilationW, dilationH);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Depthwise(same, strideH, strideW, multiplier, dilationH, dilationW, fused);
    }
  }

  record TransposeConv(boolean same, int strideH, int strideW, Fused activation)
      implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.TransposeConvOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return TransposeConvOptions.createTransposeConvOptions(
          to, padding(same), strideW, strideH, activation.code);
    }

    @Override
    public Attributes with(Fused fused) {
      return new TransposeConv(same, strideH, strideW, fused);
    }
  }

  /**
   * @param asymmetric how float activations are quantized where the kernel is int8
   */
  record FullyConnected(Fused activation, boolean asymmetric) implements Attributes {
    FullyConnected(Fused activation) {
      this(activation, false);
    }

    @Override
    public byte type() {
      return BuiltinOptions.FullyConnectedOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return FullyConnectedOptions.createFullyConnectedOptions(
          to, activation.code, (byte) 0, false, asymmetric);
    }

    @Override
    public Attributes with(Fused fused) {
      return new FullyConnected(fused, asymmetric);
    }

    @Override
    public Attributes quantizingInputs() {
      return new FullyConnected(activation, true);
    }
  }

  record Pool(boolean same, int strideH, int strideW, int height, int width, Fused activation)
      implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.Pool2DOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return Pool2DOptions.createPool2DOptions(
          to, padding(same), strideW, strideH, width, height, activation.code);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Pool(same, strideH, strideW, height, width, fused);
    }
  }

  /**
   * @param powersOfTwo of 16-bit operands, their scales; of others it says nothing
   */
  record Add(Fused activation, boolean powersOfTwo) implements Attributes {
    Add(Fused activation) {
      this(activation, true);
    }

    @Override
    public byte type() {
      return BuiltinOptions.AddOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return AddOptions.createAddOptions(to, activation.code, powersOfTwo);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Add(fused, powersOfTwo);
    }

    @Override
    public Attributes ofAnyScale() {
      return new Add(activation, false);
    }
  }

  /**
   * @param powersOfTwo of 16-bit operands, their scales; of others it says nothing
   */
  record Sub(Fused activation, boolean powersOfTwo) implements Attributes {
    Sub(Fused activation) {
      this(activation, true);
    }

    @Override
    public byte type() {
      return BuiltinOptions.SubOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return SubOptions.createSubOptions(to, activation.code, powersOfTwo);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Sub(fused, powersOfTwo);
    }

    @Override
    public Attributes ofAnyScale() {
      return new Sub(activation, false);
    }
  }

  record Mul(Fused activation) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.MulOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return MulOptions.createMulOptions(to, activation.code);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Mul(fused);
    }
  }

  record Div(Fused activation) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.DivOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return DivOptions.createDivOptions(to, activation.code);
    }

    @Override
    public Attributes with(Fused fused) {
      return new Div(fused);
    }
  }

  record Softmax() implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.SoftmaxOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return SoftmaxOptions.createSoftmaxOptions(to, 1f);
    }
  }

  record Reducer(boolean keepDims) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ReducerOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ReducerOptions.createReducerOptions(to, keepDims);
    }
  }

  record Concatenation(int axis) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ConcatenationOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ConcatenationOptions.createConcatenationOptions(to, axis, ActivationFunctionType.NONE);
    }
  }

  record ResizeBilinear(boolean alignCorners, boolean halfPixel) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ResizeBilinearOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ResizeBilinearOptions.createResizeBilinearOptions(to, alignCorners, halfPixel);
    }
  }

  record ResizeNearest(boolean alignCorners, boolean halfPixel) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ResizeNearestNeighborOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ResizeNearestNeighborOptions.createResizeNearestNeighborOptions(
          to, alignCorners, halfPixel);
    }
  }

  record LeakyRelu(float alpha) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.LeakyReluOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return LeakyReluOptions.createLeakyReluOptions(to, alpha);
    }
  }

  record Gelu(boolean approximate) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.GeluOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return GeluOptions.createGeluOptions(to, approximate);
    }
  }

  /** Masks have a bit a dimension: the bound is ignored, or (shrink) the dimension dropped. */
  record StridedSlice(int beginMask, int endMask, int shrinkMask) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.StridedSliceOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return StridedSliceOptions.createStridedSliceOptions(
          to, beginMask, endMask, 0, 0, shrinkMask, false);
    }
  }

  record MirrorPad(boolean reflect) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.MirrorPadOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return MirrorPadOptions.createMirrorPadOptions(
          to, reflect ? MirrorPadMode.REFLECT : MirrorPadMode.SYMMETRIC);
    }
  }

  record BatchMatMul(boolean adjointX, boolean adjointY) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.BatchMatMulOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return BatchMatMulOptions.createBatchMatMulOptions(to, adjointX, adjointY, false);
    }
  }

  record Cast(ScalarType from, ScalarType to) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.CastOptions;
    }

    @Override
    public int write(FlatBufferBuilder builder) {
      return CastOptions.createCastOptions(builder, from.code(), to.code());
    }
  }

  record ArgMax() implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ArgMaxOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ArgMaxOptions.createArgMaxOptions(to, TensorType.INT32);
    }
  }

  record ArgMin() implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ArgMinOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ArgMinOptions.createArgMinOptions(to, TensorType.INT32);
    }
  }

  record DepthToSpace(int block) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.DepthToSpaceOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return DepthToSpaceOptions.createDepthToSpaceOptions(to, block);
    }
  }

  record SpaceToDepth(int block) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.SpaceToDepthOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return SpaceToDepthOptions.createSpaceToDepthOptions(to, block);
    }
  }

  record ShapeAsInt32() implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.ShapeOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return ShapeOptions.createShapeOptions(to, TensorType.INT32);
    }
  }

  record Pack(int count) implements Attributes {
    @Override
    public byte type() {
      return BuiltinOptions.PackOptions;
    }

    @Override
    public int write(FlatBufferBuilder to) {
      return PackOptions.createPackOptions(to, count, 0);
    }
  }
}
