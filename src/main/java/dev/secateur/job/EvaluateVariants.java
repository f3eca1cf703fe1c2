package dev.secateur.job;

import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.result.Variant;
import dev.secateur.tflite.Device;
import dev.secateur.tflite.TfliteFootprint;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.TensorFlowPredictor;
import java.util.Optional;
import java.util.Set;

/** Measures what was made, each variant beside the original. */
record EvaluateVariants(Run run) implements Step {
  @Override
  public Stage stage() {
    return Stage.EVALUATE;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(
        Product.ORIGINAL,
        Product.ORIGINAL_OUTPUTS,
        Product.TUNED,
        Product.PRUNED_FILE,
        Product.FP32,
        Product.QUANTIZED);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of();
  }

  @Override
  public void run(Products products) {
    RecordedOutputs original = products.get(Product.ORIGINAL_OUTPUTS);
    Evaluator evaluator =
        new Evaluator(
            products.get(Product.ORIGINAL).goals(), run.inputs().evaluation(), run.cancelled());
    if (!run.job().judgesDeciding()) {
      floats(products, evaluator, original);
    }
    Graph pruned = products.get(Product.TUNED).graph();
    for (Quantized.Made made : products.get(Product.QUANTIZED).files()) {
      run.measured(quantized(made, pruned, evaluator, original));
    }
  }

  /** What stands between the original and the quantized files: one network, twice written. */
  private void floats(Products products, Evaluator evaluator, RecordedOutputs original) {
    Graph pruned = products.get(Product.TUNED).graph();
    TfliteModel fp32 = products.get(Product.FP32);
    try (Predictor tensorFlow = TensorFlowPredictor.open(pruned, run.job().threads());
        Predictor lite = TfliteInterpreter.open(fp32, run.job().threads())) {
      Evaluation ofFile = evaluator.evaluate(lite, original.rewind());
      Evaluation ofNetwork =
          ProvenTwin.proven(tensorFlow, lite, run.inputs().evaluation())
              ? ofFile
              : evaluator.evaluate(tensorFlow, original.rewind());
      run.measured(
          Variants.keras(
              "pruned", products.get(Product.PRUNED_FILE), pruned, ofNetwork, latency(tensorFlow)));
      run.measured(tflite("fp32", ConvertToTflite.FILE, fp32, pruned, ofFile, latency(lite)));
    }
  }

  private Variant quantized(
      Quantized.Made made, Graph pruned, Evaluator evaluator, RecordedOutputs original) {
    try (Predictor lite = TfliteInterpreter.open(made.model(), run.job().threads())) {
      return made.damage()
          .on(
              tflite(
                  made.scheme().label(),
                  made.scheme().file(),
                  made.model(),
                  pruned,
                  evaluator.evaluate(lite, original.rewind()),
                  latency(lite)),
              evaluator.goals());
    }
  }

  private Variant tflite(
      String name,
      String file,
      TfliteModel model,
      Graph network,
      Evaluation evaluation,
      Latency latency) {
    Variant variant =
        Variants.tflite(name, run.staging().file(file), model, network, evaluation, latency);
    return device()
        .map(d -> variant.withMisfits(d.misfits(TfliteFootprint.of(model))))
        .orElse(variant);
  }

  private Optional<Device> device() {
    return run.job().plan().device().flatMap(Device::named);
  }

  private Latency latency(Predictor predictor) {
    return Latency.measure(predictor, run.inputs().evaluation());
  }
}
