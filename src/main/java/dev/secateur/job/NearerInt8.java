package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Subset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Pruning;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Of two INT8 files the one whose outputs are nearer to the float network's: kernels rounded to the
 * nearest levels, or by reconstruction, which also keeps each layer's mean output (empirical bias
 * correction: Nagel et al., arXiv:1906.04721). That matters most where depthwise kernels of small
 * ranges make what rounding shifts add up.
 */
final class NearerInt8 {
  /** Enough to tell the two apart. */
  private static final int SAMPLES = 256;

  private static final int BATCH = 32;

  private NearerInt8() {}

  /**
   * @param plain rounded to the nearest; a network that was reconstructed or has learned to be
   *     quantized stays as it is, and so does what a recipe without reconstruction makes
   */
  static TfliteModel of(Run run, Products products, Quantization how, TfliteModel plain) {
    FineTuned tuned = products.get(Product.TUNED);
    boolean reconstructs =
        run.job().plan().pruning().method() == Pruning.Method.RECONSTRUCT
            && tuned.scales().isEmpty();
    if (!reconstructs) {
      return plain;
    }
    Dataset set = run.inputs().representative();
    TfliteModel rounded =
        RoundedNetwork.eightBits(
                tuned.graph(),
                how,
                set,
                run.job().plan().representative().samples(),
                run.job().threads(),
                run.cancelled())
            .file(Scheme.INT8, how, run.metadata());
    List<List<Tensor>> samples = batches(Subset.spread(set, SAMPLES));
    List<List<Tensor>> wanted = outputs(products.get(Product.FP32), samples, run);
    return error(outputs(rounded, samples, run), wanted)
            < error(outputs(plain, samples, run), wanted)
        ? rounded
        : plain;
  }

  private static List<List<Tensor>> batches(Dataset set) {
    List<List<Tensor>> batches = new ArrayList<>();
    for (int from = 0; from < set.size(); from += BATCH) {
      int to = Math.min(from + BATCH, set.size());
      batches.add(set.batch(IntStream.range(from, to).toArray()).inputs());
    }
    return batches;
  }

  private static List<List<Tensor>> outputs(
      TfliteModel model, List<List<Tensor>> samples, Run run) {
    try (Predictor predictor = TfliteInterpreter.open(model, run.job().threads())) {
      return samples.stream().map(predictor::predict).toList();
    }
  }

  /** Squared, over the outputs' own squares, summed over the outputs. */
  private static double error(List<List<Tensor>> made, List<List<Tensor>> wanted) {
    double sum = 0;
    for (int o = 0; o < wanted.get(0).size(); o++) {
      double error = 0;
      double size = Double.MIN_NORMAL;
      for (int b = 0; b < wanted.size(); b++) {
        float[] a = made.get(b).get(o).values();
        float[] w = wanted.get(b).get(o).values();
        for (int i = 0; i < w.length; i++) {
          error += ((double) a[i] - w[i]) * ((double) a[i] - w[i]);
          size += (double) w[i] * w[i];
        }
      }
      sum += error / size;
    }
    return sum;
  }
}
