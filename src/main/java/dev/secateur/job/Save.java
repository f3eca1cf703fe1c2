package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasWriter;
import java.nio.file.Path;
import java.util.Set;

/** Writes the pruned network as the kind of Keras file that came in. */
record Save(Run run) implements Step {
  private static final String NAME = "pruned";

  @Override
  public Stage stage() {
    return Stage.SAVE;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(Product.MODEL, Product.TUNED);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.PRUNED_FILE);
  }

  @Override
  public void check(Rehearsal rehearsal) {
    run.staging().discard(write(rehearsal.model(), rehearsal.model().graph()));
  }

  @Override
  public void run(Products products) {
    products.put(
        Product.PRUNED_FILE,
        write(products.get(Product.MODEL), products.get(Product.TUNED).graph()));
  }

  private Path write(KerasModel model, Graph network) {
    Path file = run.staging().file(NAME + model.format().extension());
    Graph read = KerasWriter.write(model, network, file, model.format());
    new KerasFileCheck(run.inputs().fewSamples(), run.job().threads()).equal(file, read, network);
    return file;
  }
}
