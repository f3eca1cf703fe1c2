package dev.secateur.job;

import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.train.TensorFlowPredictor;
import java.util.Set;

/** Measures the model as it came in, and keeps its outputs for the others to be compared with. */
record EvaluateOriginal(Run run) implements Step {
  @Override
  public Stage stage() {
    return Stage.EVALUATE_ORIGINAL;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of();
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.ORIGINAL_OUTPUTS);
  }

  @Override
  public void run(Products products) {
    RecordedOutputs outputs = RecordedOutputs.create();
    products.put(Product.ORIGINAL_OUTPUTS, outputs);
    JobInputs inputs = run.inputs();
    Graph original = inputs.model().graph();
    try (Predictor predictor = TensorFlowPredictor.open(original, run.job().threads())) {
      Evaluation evaluation =
          new Evaluator(inputs.goals(), inputs.evaluation(), run.cancelled())
              .evaluateOriginal(predictor, outputs);
      Latency latency = Latency.measure(predictor, inputs.evaluation());
      run.measured(
          Variants.keras("original", run.job().model().file(), original, evaluation, latency));
    }
  }
}
