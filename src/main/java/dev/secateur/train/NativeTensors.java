package dev.secateur.train;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.FineTuning.Precision;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Copies between the network's tensors and TensorFlow's, one copy each way. */
final class NativeTensors {
  private NativeTensors() {}

  static org.tensorflow.ndarray.Shape shape(Shape shape) {
    return org.tensorflow.ndarray.Shape.of(shape.toLongArray());
  }

  static TFloat32 of(Tensor tensor) {
    TFloat32 made = TFloat32.tensorOf(shape(tensor.shape()));
    made.asRawTensor().data().asFloats().write(tensor.values());
    return made;
  }

  static TInt32 of(int[] values) {
    TInt32 made = TInt32.tensorOf(org.tensorflow.ndarray.Shape.of(values.length));
    made.asRawTensor().data().asInts().write(values);
    return made;
  }

  static float[] values(TFloat32 tensor) {
    float[] values = new float[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  static Tensor tensor(TFloat32 tensor) {
    long[] dims = tensor.shape().asArray();
    int[] ints = new int[dims.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(dims[i]);
    }
    return new Tensor(Shape.of(ints), values(tensor));
  }

  /**
   * @param threads inside an op, and ops at once in bfloat16: where the arithmetic itself is short,
   *     the casts around it fill the other core
   */
  static ConfigProto config(int threads, Precision precision) {
    return switch (precision) {
      case FLOAT32 -> config(threads);
      case BFLOAT16 ->
          config(threads).toBuilder()
              .setInterOpParallelismThreads(Math.min(threads, 2))
              .setGraphOptions(
                  GraphOptions.newBuilder()
                      .setRewriteOptions(
                          RewriterConfig.newBuilder()
                              .setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON)))
              .build();
    };
  }

  /** Threads inside an op; ops run one after another, so that results do not depend on timing. */
  static ConfigProto config(int threads) {
    return ConfigProto.newBuilder()
        .setIntraOpParallelismThreads(threads)
        .setInterOpParallelismThreads(1)
        .build();
  }
}
