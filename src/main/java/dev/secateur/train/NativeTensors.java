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
   * Of training. In float32 without Grappler, which looks at the whole graph for each set of values
   * that is ever run together, longer than all but the longest runs take, and makes no step faster.
   */
  static ConfigProto config(int threads, Precision precision) {
    RewriterConfig.Builder rewriting =
        switch (precision) {
          case FLOAT32 -> RewriterConfig.newBuilder().setDisableMetaOptimizer(true);
          case BFLOAT16 ->
              RewriterConfig.newBuilder()
                  .setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
        };
    return config(threads).toBuilder()
        .setGraphOptions(GraphOptions.newBuilder().setRewriteOptions(rewriting))
        .build();
  }

  /**
   * Of all sessions alike: the first of a process fixes how many ops run at once in the others too.
   * Two fill both cores where an op's arithmetic is short. What they compute does not depend on
   * their timing: an update waits for the loss, and so for every read of its variable, and what was
   * read is never written to.
   *
   * @param threads inside an op
   */
  static ConfigProto config(int threads) {
    return ConfigProto.newBuilder()
        .setIntraOpParallelismThreads(threads)
        .setInterOpParallelismThreads(Math.min(threads, 2))
        .build();
  }
}
