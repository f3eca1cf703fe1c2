package dev.secateur.job;

import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.FileSize;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.TfliteSparsity;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Weight;
import dev.secateur.result.Variant;
import dev.secateur.tflite.TfliteModel;
import java.nio.file.Path;

/** Puts together what is known of a variant. */
final class Variants {
  private Variants() {}

  static Variant keras(
      String name,
      Path file,
      Graph graph,
      Evaluation evaluation,
      Latency latency,
      Evaluation original) {
    return of(name, file, sparsity(graph), evaluation, latency, original);
  }

  static Variant tflite(
      String name,
      Path file,
      TfliteModel model,
      Evaluation evaluation,
      Latency latency,
      Evaluation original) {
    return of(name, file, TfliteSparsity.of(model.buffer()), evaluation, latency, original);
  }

  private static Variant of(
      String name,
      Path file,
      double sparsity,
      Evaluation evaluation,
      Latency latency,
      Evaluation original) {
    FileSize size = FileSize.of(file);
    return new Variant(
        name,
        file.getFileName().toString(),
        size.raw(),
        size.zipped(),
        evaluation.top1(),
        evaluation.top5(),
        evaluation.loss(),
        evaluation.samples(),
        sparsity,
        new Variant.Micros(latency.median(), latency.p90()),
        evaluation.agreement(original),
        evaluation.confusion());
  }

  /** Fraction of zeros over all prunable weights. */
  static double sparsity(Graph graph) {
    double zeros = 0;
    long all = 0;
    for (Weight weight : graph.prunable()) {
      zeros += weight.value().sparsity() * weight.shape().size();
      all += weight.shape().size();
    }
    return all == 0 ? 0 : zeros / all;
  }
}
