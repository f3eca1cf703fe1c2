package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Subset;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.result.Outcome;
import dev.secateur.result.Pruned;
import dev.secateur.result.Variant;
import dev.secateur.result.Verdict;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The fewest layers that have to stay float32 for the scheme that decides to be accepted, on the
 * evaluation set: what is found is told beside the verdict.
 *
 * <p>First each layer is quantized alone: what that does to the outputs says in which order they
 * are given back. As many are, by bisection, as the acceptance asks for; those among them that it
 * can do without are quantized after all.
 */
final class FewestFloat {
  /** Enough to say which layer does more harm. */
  private static final int FEW_SAMPLES = 32;

  private static final Pruned NOTHING_PRUNED = new Pruned(0, 0, 0, 0);
  private static final Latency UNTIMED = new Latency(0, 0);

  private final Run run;
  private final Quantization asked;
  private final Scheme scheme;
  private final List<String> layers;
  private final TfliteModel fp32;
  private final Quantize.Making making;
  private final Evaluator evaluator;
  private final RecordedOutputs outputs;

  private FewestFloat(Run run, Products products, Quantize.Making making) {
    this.run = run;
    this.asked = run.job().plan().quantization();
    this.scheme = asked.judged();
    this.layers = products.get(Product.LOWERED).layers();
    this.fp32 = products.get(Product.FP32);
    this.making = making;
    this.evaluator =
        new Evaluator(
            products.get(Product.ORIGINAL).goals(), run.inputs().evaluation(), run.cancelled());
    this.outputs = products.get(Product.ORIGINAL_OUTPUTS);
  }

  /** How the network is quantized then: with as many layers in float as it takes. */
  static Quantization found(Run run, Products products, Quantize.Making making) {
    return new FewestFloat(run, products, making).found();
  }

  private Quantization found() {
    Quantization none = asked.keeping(List.of());
    if (accepted(quantized(none))) {
      return none;
    }
    if (!accepted(fp32)) {
      run.warn(
          "keepFloat: the float32 model itself misses what is accepted; no layer was kept in"
              + " float");
      return none;
    }
    List<String> kept = fewest(worstFirst());
    run.warn(
        "keepFloat: "
            + String.join(", ", kept)
            + " stayed float32, as "
            + scheme.label()
            + " needs it to be accepted (found on the evaluation set)");
    return asked.keeping(kept);
  }

  private List<String> fewest(List<String> worst) {
    int least = 1;
    int most = worst.size();
    while (least < most) {
      // Few are mostly enough: what is tried first is a quarter of the way.
      int tried = least + (most - least) / 4;
      if (accepted(quantized(asked.keeping(worst.subList(0, tried))))) {
        most = tried;
      } else {
        least = tried + 1;
      }
    }
    List<String> kept = new ArrayList<>(worst.subList(0, most));
    for (int i = kept.size() - 2; i >= 0; i--) {
      List<String> fewer = new ArrayList<>(kept);
      fewer.remove(i);
      if (accepted(quantized(asked.keeping(fewer)))) {
        kept.remove(i);
      }
    }
    return kept;
  }

  /** By how far the outputs are from the float32 file's, where one layer alone is quantized. */
  private List<String> worstFirst() {
    Dataset few = Subset.spread(run.inputs().evaluation(), FEW_SAMPLES);
    Evaluator beside = new Evaluator(evaluator.goals(), few, run.cancelled());
    Map<String, Double> harm = new HashMap<>();
    try (RecordedOutputs floats = RecordedOutputs.create(run.job().budget().reading())) {
      try (Predictor predictor = TfliteInterpreter.open(fp32, run.job().threads())) {
        beside.evaluateOriginal(predictor, floats);
      }
      for (String layer : layers) {
        List<String> others = layers.stream().filter(l -> !l.equals(layer)).toList();
        TfliteModel alone = quantized(asked.keeping(others));
        try (Predictor predictor = TfliteInterpreter.open(alone, run.job().threads())) {
          harm.put(layer, divergence(beside.evaluate(predictor, floats.rewind())));
        }
      }
    }
    return layers.stream().sorted(Comparator.comparing(l -> -harm.get(l))).toList();
  }

  /** Of what cannot be told, the most. */
  private static double divergence(Evaluation evaluation) {
    return evaluation.outputs().stream()
        .mapToDouble(o -> o.divergence().orElse(Double.MAX_VALUE))
        .max()
        .orElse(0);
  }

  private TfliteModel quantized(Quantization how) {
    return making.file(scheme, how);
  }

  private boolean accepted(TfliteModel model) {
    Path file = run.staging().file(scheme.file());
    run.staging().write(scheme.file(), model::writeTo);
    try (Predictor predictor = TfliteInterpreter.open(model, run.job().threads())) {
      Evaluation evaluation = evaluator.evaluate(predictor, outputs.rewind());
      Graph network = run.inputs().model().graph();
      Variant variant = Variants.tflite(scheme.label(), file, model, network, evaluation, UNTIMED);
      return Verdict.of(
                  run.job().plan().acceptance(), run.variants().get(0), variant, NOTHING_PRUNED)
              .outcome()
          == Outcome.ACCEPTED;
    } finally {
      run.staging().discard(file);
    }
  }
}
