package dev.secateur.job;

import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Fault;
import dev.secateur.evaluate.FileSize;
import dev.secateur.evaluate.Judgement;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.TfliteSparsity;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Macs;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import dev.secateur.result.Signature;
import dev.secateur.result.Variant;
import dev.secateur.tflite.TfliteFootprint;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.tflite.TfliteSignature;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Puts together what is known of a variant. */
final class Variants {
  private Variants() {}

  static Variant keras(
      String name, Path file, Graph graph, Evaluation evaluation, Latency latency) {
    return of(
        name,
        file,
        sparsity(graph),
        evaluation,
        latency,
        Optional.empty(),
        Macs.total(graph),
        Optional.empty(),
        List.of());
  }

  static Variant tflite(
      String name,
      Path file,
      TfliteModel model,
      Graph network,
      Evaluation evaluation,
      Latency latency) {
    TfliteFootprint footprint = TfliteFootprint.of(model);
    return of(
        name,
        file,
        TfliteSparsity.of(model.buffer()),
        evaluation,
        latency,
        Optional.of(signature(TfliteSignature.of(model))),
        Macs.total(network),
        Optional.of(footprint.activationBytes()),
        footprint.distinctOperators());
  }

  private static Variant of(
      String name,
      Path file,
      double sparsity,
      Evaluation evaluation,
      Latency latency,
      Optional<Signature> signature,
      long macs,
      Optional<Long> activationBytes,
      List<String> operators) {
    FileSize size = FileSize.of(file);
    Map<String, Variant.Output> outputs = new LinkedHashMap<>();
    evaluation
        .outputs()
        .forEach(
            o ->
                outputs.put(
                    o.output(),
                    new Variant.Output(
                        o.task(),
                        o.measures(),
                        o.divergence(),
                        o.standardErrors(),
                        o.expectedDrop())));
    Optional<Judgement> only =
        evaluation.outputs().stream().filter(o -> evaluation.outputs().size() == 1).findFirst();
    return new Variant(
        name,
        file.getFileName().toString(),
        size.raw(),
        size.zipped(),
        only.flatMap(o -> o.measure(Measure.TOP1).or(() -> binary(o))),
        only.flatMap(o -> o.measure(Measure.TOP5)),
        only.flatMap(o -> o.measure(Measure.LOSS)),
        evaluation.samples(),
        sparsity,
        new Variant.Micros(latency.median(), latency.p90()),
        only.flatMap(o -> o.measure(Measure.AGREEMENT)),
        only.map(Judgement::confusion).orElse(List.of()),
        only.map(Judgement::measures).orElse(Map.of()),
        evaluation.outputs().stream()
            .flatMap(o -> o.divergence().stream())
            .max(Comparator.naturalOrder()),
        outputs,
        evaluation.outputs().stream().flatMap(Variants::faults).toList(),
        signature,
        macs,
        activationBytes,
        operators,
        List.of());
  }

  private static Signature signature(TfliteSignature file) {
    return new Signature(
        file.inputTensors().stream().map(Variants::tensor).toList(),
        file.outputTensors().stream().map(Variants::tensor).toList());
  }

  private static Signature.Tensor tensor(TfliteSignature.Tensor tensor) {
    return new Signature.Tensor(
        tensor.name(),
        tensor.dtype(),
        tensor.shape(),
        tensor.affine().map(TfliteSignature.Scale::scale),
        tensor.affine().map(TfliteSignature.Scale::zeroPoint));
  }

  /** A decision between two classes has a first choice too. */
  private static Optional<Double> binary(Judgement output) {
    return output.task() == Task.BINARY ? output.measure(Measure.ACCURACY) : Optional.empty();
  }

  private static Stream<Variant.Fault> faults(Judgement output) {
    return output.faults().stream()
        .filter(Fault::certain)
        .map(f -> new Variant.Fault(output.output(), f.kind().label(), f.sentence()));
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
