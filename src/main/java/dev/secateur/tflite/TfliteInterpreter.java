package dev.secateur.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorByteSize;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorData;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorDim;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorGetDimsSignature;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorNumDims;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorQuantizationParams;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorType;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteFloat32;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteInt16;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteInt8;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteUInt8;

import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.FlatBufferModelBase;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.TfLiteIntArray;
import org.bytedeco.tensorflowlite.TfLiteQuantizationParams;
import org.bytedeco.tensorflowlite.TfLiteTensor;

/**
 * Runs a TFLite model, with XNNPACK unless asked otherwise; takes and gives float32 and quantizes
 * itself where the model's inputs and outputs are int8 or uint8. Not thread-safe: one caller at a
 * time.
 */
public final class TfliteInterpreter implements Predictor {
  static {
    RuntimeLog.onlyWarnings();
  }

  private static final Set<Integer> SUPPORTED =
      Set.of(kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16);

  /** Which kernels compute. */
  public enum Kernels {
    /** XNNPACK's where it has one, as TFLite does by default. */
    XNNPACK("XNNPACK"),
    BUILT_IN("the built-in kernels");

    private final String words;

    Kernels(String words) {
      this.words = words;
    }

    private BuiltinOpResolver resolver() {
      // The plain resolver is what makes the runtime apply XNNPACK; the C API does not.
      return this == XNNPACK
          ? new BuiltinOpResolver()
          : new BuiltinOpResolverWithoutDefaultDelegates();
    }

    @Override
    public String toString() {
      return words;
    }
  }

  private final String what;
  private final FlatBufferModel model;
  private final BuiltinOpResolver resolver;
  private final Interpreter interpreter;

  /** The model's bytes: the runtime refers to them as long as it lives. */
  private final BytePointer bytes;

  private final List<Shape> inputShapes;
  private final List<Shape> outputShapes;

  /** The batch that the model is made for, if it cannot take any other; else 0. */
  private final int fixedBatch;

  private int batch;
  private boolean closed;

  private TfliteInterpreter(
      String what,
      FlatBufferModel model,
      BytePointer bytes,
      int threads,
      int[] watched,
      Kernels kernels) {
    this.what = what;
    if (model == null || model.isNull() || !model.initialized()) {
      throw new TfliteException(what + ": not a TFLite model");
    }
    this.model = model;
    this.bytes = bytes;
    this.resolver = kernels.resolver();
    this.interpreter = new Interpreter((Pointer) null);
    try (InterpreterBuilder builder = new InterpreterBuilder(model, resolver)) {
      check(builder.SetNumThreads(threads), "cannot use " + threads + " threads");
      check(builder.apply(interpreter), "cannot load it: an op that it lacks, or a damaged file");
    }
    if (watched.length > 0) {
      check(interpreter.SetOutputs(watched), "cannot show its intermediate tensors");
    }
    inputShapes = new ArrayList<>();
    for (int i = 0; i < interpreter.inputs().capacity(); i++) {
      inputShapes.add(shape(interpreter.input_tensor(i), "input " + i));
    }
    fixedBatch = fixedBatch(interpreter.input_tensor(0));
    resize(Math.max(1, fixedBatch));
    outputShapes = new ArrayList<>();
    for (int i = 0; i < interpreter.outputs().capacity(); i++) {
      outputShapes.add(shape(interpreter.output_tensor(i), "output " + i));
    }
  }

  /** A model whose signature leaves the batch open takes any; others may have it built in. */
  private static int fixedBatch(TfLiteTensor input) {
    TfLiteIntArray signature = TfLiteTensorGetDimsSignature(input);
    boolean open = signature != null && signature.size() > 0 && signature.data(0) < 0;
    return open ? 0 : TfLiteTensorDim(input, 0);
  }

  private Shape shape(TfLiteTensor tensor, String place) {
    int type = TfLiteTensorType(tensor);
    int[] dims = dims(tensor);
    if (dims.length == 0 || !SUPPORTED.contains(type)) {
      throw new TfliteException(
          ("%s: %s is of TFLite type %d and rank %d; it must be float32, int8, uint8 or int16,"
                  + " with a batch")
              .formatted(what, place, type, dims.length));
    }
    return Shape.of(dims).withBatch(Shape.UNKNOWN);
  }

  /**
   * @throws TfliteException if the file is no TFLite model or uses ops that the runtime lacks
   */
  public static TfliteInterpreter open(Path file, int threads) {
    if (!Files.isRegularFile(file)) {
      throw new TfliteException(file + ": no such file");
    }
    // Verified: a damaged file would otherwise be read beyond its end.
    FlatBufferModel model = FlatBufferModelBase.VerifyAndBuildFromFile(file.toString());
    return new TfliteInterpreter(
        file.toString(), model, new BytePointer(), threads, new int[0], Kernels.XNNPACK);
  }

  public static TfliteInterpreter open(TfliteModel compiled, int threads) {
    return open(compiled, threads, Kernels.XNNPACK);
  }

  /** With the kernels that are asked for. */
  public static TfliteInterpreter open(TfliteModel compiled, int threads, Kernels kernels) {
    return open(compiled, threads, new int[0], kernels);
  }

  /**
   * Opens with other outputs: the tensors of these numbers, if any are given. XNNPACK keeps only
   * outputs, so this is how intermediate values are seen.
   */
  static TfliteInterpreter watching(TfliteModel compiled, int threads, int[] watched) {
    return open(compiled, threads, watched, Kernels.XNNPACK);
  }

  private static TfliteInterpreter open(
      TfliteModel compiled, int threads, int[] watched, Kernels kernels) {
    BytePointer bytes = new BytePointer(compiled.buffer());
    FlatBufferModel model = FlatBufferModelBase.BuildFromBuffer(bytes, compiled.size());
    return new TfliteInterpreter("compiled model", model, bytes, threads, watched, kernels);
  }

  @Override
  public List<Shape> inputShapes() {
    return List.copyOf(inputShapes);
  }

  @Override
  public List<Shape> outputShapes() {
    return List.copyOf(outputShapes);
  }

  @Override
  public List<Tensor> predict(List<Tensor> inputs) {
    check(inputs);
    int samples = inputs.get(0).shape().dim(0);
    if (fixedBatch == 0 || fixedBatch == samples) {
      return predictAtOnce(inputs);
    }
    return predictInParts(inputs, samples);
  }

  private List<Tensor> predictAtOnce(List<Tensor> inputs) {
    run(inputs);
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < outputShapes.size(); i++) {
      outputs.add(read(interpreter.output_tensor(i)));
    }
    return outputs;
  }

  /** In batches of the built-in size; what is missing in the last one is zeros. */
  private List<Tensor> predictInParts(List<Tensor> inputs, int samples) {
    List<float[]> results = new ArrayList<>();
    for (Shape shape : outputShapes) {
      results.add(new float[Math.toIntExact(shape.size() * samples)]);
    }
    for (int from = 0; from < samples; from += fixedBatch) {
      int count = Math.min(fixedBatch, samples - from);
      List<Tensor> part = new ArrayList<>();
      for (Tensor input : inputs) {
        int size = input.values().length / samples;
        float[] values = new float[size * fixedBatch];
        System.arraycopy(input.values(), from * size, values, 0, count * size);
        part.add(new Tensor(input.shape().withBatch(fixedBatch), values));
      }
      List<Tensor> outputs = predictAtOnce(part);
      for (int i = 0; i < results.size(); i++) {
        int size = (int) outputShapes.get(i).size();
        System.arraycopy(outputs.get(i).values(), 0, results.get(i), from * size, count * size);
      }
    }
    List<Tensor> joined = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      joined.add(new Tensor(outputShapes.get(i).withBatch(samples), results.get(i)));
    }
    return joined;
  }

  /** Runs, and leaves the results where {@link #output} shows them. */
  void run(List<Tensor> inputs) {
    check(inputs);
    resize(inputs.get(0).shape().dim(0));
    for (int i = 0; i < inputs.size(); i++) {
      write(inputs.get(i), interpreter.input_tensor(i));
    }
    check(interpreter.Invoke(), "cannot run it");
  }

  private void check(List<Tensor> inputs) {
    if (inputs.isEmpty() || inputs.size() != inputShapes.size()) {
      throw new TfliteException(
          what + ": takes " + inputShapes.size() + " inputs, got " + inputs.size());
    }
    int samples = inputs.get(0).shape().dim(0);
    for (int i = 0; i < inputs.size(); i++) {
      Shape expected = inputShapes.get(i).withBatch(samples);
      if (!inputs.get(i).shape().equals(expected)) {
        throw new TfliteException(
            what + ": input " + i + " is " + expected + ", got " + inputs.get(i).shape());
      }
    }
  }

  /** A float32 output in place; valid until the next run. */
  FloatBuffer output(int index) {
    return bytes(interpreter.output_tensor(index)).asFloatBuffer();
  }

  private void resize(int samples) {
    if (samples == batch) {
      return;
    }
    for (int i = 0; i < inputShapes.size(); i++) {
      int[] dims = inputShapes.get(i).withBatch(samples).toArray();
      int tensor = interpreter.inputs().get(i);
      check(interpreter.ResizeInputTensor(tensor, dims), "cannot resize its inputs");
    }
    check(interpreter.AllocateTensors(), "cannot allocate its tensors");
    batch = samples;
  }

  private static void write(Tensor from, TfLiteTensor to) {
    ByteBuffer bytes = bytes(to);
    float[] values = from.values();
    int type = TfLiteTensorType(to);
    if (type == kTfLiteFloat32) {
      bytes.asFloatBuffer().put(values);
      return;
    }
    TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(to);
    float scale = q.scale();
    int zeroPoint = q.zero_point();
    if (type == kTfLiteInt16) {
      bytes.asShortBuffer().put(Affine.of(scale, zeroPoint).quantizeToShorts(values));
      return;
    }
    byte[] quantized = new byte[values.length];
    int low = type == kTfLiteUInt8 ? 0 : -128;
    for (int i = 0; i < values.length; i++) {
      long rounded = (long) Affine.round(values[i] / scale) + zeroPoint;
      quantized[i] = (byte) Math.max(low, Math.min(low + 255, rounded));
    }
    bytes.put(quantized);
  }

  private static Tensor read(TfLiteTensor from) {
    ByteBuffer bytes = bytes(from);
    int type = TfLiteTensorType(from);
    if (type == kTfLiteFloat32) {
      float[] values = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      return Tensor.of(values, dims(from));
    }
    TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(from);
    float scale = q.scale();
    int zeroPoint = q.zero_point();
    if (type == kTfLiteInt16) {
      float[] values = new float[bytes.remaining() / Short.BYTES];
      for (int i = 0; i < values.length; i++) {
        values[i] = (bytes.getShort() - zeroPoint) * scale;
      }
      return Tensor.of(values, dims(from));
    }
    float[] values = new float[bytes.remaining()];
    int mask = type == kTfLiteUInt8 ? 0xff : -1;
    for (int i = 0; i < values.length; i++) {
      values[i] = ((bytes.get(i) & mask) - zeroPoint) * scale;
    }
    return Tensor.of(values, dims(from));
  }

  private static int[] dims(TfLiteTensor tensor) {
    int[] dims = new int[TfLiteTensorNumDims(tensor)];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = TfLiteTensorDim(tensor, d);
    }
    return dims;
  }

  private static ByteBuffer bytes(TfLiteTensor tensor) {
    Pointer data = TfLiteTensorData(tensor);
    long size = TfLiteTensorByteSize(tensor);
    return new BytePointer(data).capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  private void check(int status, String failure) {
    if (status != kTfLiteOk) {
      throw new TfliteException(what + ": the TFLite runtime " + failure);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      interpreter.close();
      resolver.close();
      model.close();
      bytes.close();
    }
  }
}
