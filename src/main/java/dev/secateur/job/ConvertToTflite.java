package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.TensorFlowPredictor;
import java.util.Set;

/** Makes the float32 TFLite file. */
record ConvertToTflite(Run run) implements Step {
  static final String FILE = "fp32.tflite";

  @Override
  public Stage stage() {
    return Stage.CONVERT;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(Product.TUNED);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.LOWERED, Product.FP32);
  }

  @Override
  public void check(Rehearsal rehearsal) {
    requireEqual(rehearsal.fp32(), rehearsal.model().graph());
  }

  @Override
  public void run(Products products) {
    Graph network = products.get(Product.TUNED).graph();
    Lowered lowered = Lowered.of(network);
    TfliteModel fp32 = lowered.float32(run.metadata());
    requireEqual(fp32, network);
    run.staging().write(FILE, fp32::writeTo);
    products.put(Product.LOWERED, lowered);
    products.put(Product.FP32, fp32);
  }

  private void requireEqual(TfliteModel fp32, Graph network) {
    try (Predictor predictor = TensorFlowPredictor.open(network, run.job().threads())) {
      run.artifacts().equal(fp32, predictor);
    }
  }
}
