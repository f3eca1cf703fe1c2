package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Subset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Pruning;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Of two INT8 files the one whose outputs are nearer to the float network's: kernels rounded to the
 * nearest levels, or by reconstruction, which also keeps each layer's mean output (empirical bias
 * correction: Nagel et al., arXiv:1906.04721). Only networks with depthwise kernels are tried:
 * others gained less than the seconds are worth.
 */
final class NearerInt8 {
  /** Enough to tell the two apart. */
  private static final int SAMPLES = 256;

  private static final int BATCH = 16;

  private NearerInt8() {}

  /**
   * @param plain rounded to the nearest; a network that was reconstructed or has learned to be
   *     quantized stays as it is, and so does what a recipe without reconstruction makes
   * @return what was reconstructed, where that is nearer
   */
  static Optional<RoundedNetwork> of(
      Run run, Products products, Quantization how, TfliteModel plain) {
    FineTuned tuned = products.get(Product.TUNED);
    boolean reconstructs =
        run.job().plan().pruning().method() == Pruning.Method.RECONSTRUCT
            && tuned.scales().isEmpty()
            && gains(tuned.graph());
    if (!reconstructs) {
      return Optional.empty();
    }
    Dataset set = run.inputs().representative();
    RoundedNetwork rounded;
    try {
      rounded =
          RoundedNetwork.eightBits(
              tuned.graph(),
              how,
              set,
              run.job().plan().representative().samples(),
              run.job().threads(),
              run.cancelled());
    } catch (ArithmeticException e) {
      // What a layer reads says too little to solve for it.
      return Optional.empty();
    }
    return isNearer(
            rounded.file(Scheme.INT8, how, run.metadata()),
            plain,
            products.get(Product.FP32),
            Subset.spread(set, SAMPLES),
            run.job().threads())
        ? Optional.of(rounded)
        : Optional.empty();
  }

  static boolean gains(Graph network) {
    return network.nodes().stream().anyMatch(n -> n.op() instanceof Op.DepthwiseConv2D);
  }

  /** By the squared error over the outputs' own squares, summed over the outputs. */
  static boolean isNearer(
      TfliteModel one, TfliteModel other, TfliteModel wanted, Dataset set, int threads) {
    try (Predictor ofOne = TfliteInterpreter.open(one, threads);
        Predictor ofOther = TfliteInterpreter.open(other, threads);
        Predictor original = TfliteInterpreter.open(wanted, threads)) {
      int outputs = original.outputShapes().size();
      double[] errors = new double[outputs];
      double[] others = new double[outputs];
      double[] sizes = new double[outputs];
      for (int from = 0; from < set.size(); from += BATCH) {
        int to = Math.min(from + BATCH, set.size());
        List<Tensor> batch = set.batch(IntStream.range(from, to).toArray()).inputs();
        List<Tensor> said = original.predict(batch);
        List<Tensor> byOne = ofOne.predict(batch);
        List<Tensor> byOther = ofOther.predict(batch);
        for (int o = 0; o < outputs; o++) {
          errors[o] += squared(byOne.get(o).values(), said.get(o).values());
          others[o] += squared(byOther.get(o).values(), said.get(o).values());
          sizes[o] += squared(said.get(o).values(), new float[said.get(o).values().length]);
        }
      }
      double difference = 0;
      for (int o = 0; o < outputs; o++) {
        difference += (errors[o] - others[o]) / Math.max(sizes[o], Double.MIN_NORMAL);
      }
      return difference < 0;
    }
  }

  private static double squared(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return sum;
  }
}
