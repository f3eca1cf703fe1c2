package dev.secateur.golden;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.KerasWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network whose kernels lost the smaller half of their weights, written as the kind of file that
 * it came from.
 *
 * @param file what was written
 * @param outputs the pruned network's own, for the fixture's samples
 * @param wrong how the file, read again, differs from them, or nothing
 */
record WrittenBack(Path file, List<Tensor> outputs, String wrong) {
  /** Written into {@code directory} as {@code pruned} with the kind's extension. */
  static WrittenBack of(Fixture fixture, KerasModel model, Path directory) {
    Graph pruned = pruned(model.graph());
    Path file = directory.resolve("pruned" + model.format().extension());
    KerasWriter.write(model, pruned, file, model.format());
    Comparison comparison = new Comparison(fixture);
    List<Tensor> outputs = comparison.predict(pruned);
    List<Tensor> again = comparison.predict(KerasReader.read(file).graph());
    return new WrittenBack(file, outputs, comparison.floats(again, outputs));
  }

  private static Graph pruned(Graph graph) {
    Map<String, Tensor> values = new HashMap<>();
    for (Weight weight : graph.prunable()) {
      float[] kept = weight.value().values().clone();
      float[] magnitudes = kept.clone();
      for (int i = 0; i < magnitudes.length; i++) {
        magnitudes[i] = Math.abs(magnitudes[i]);
      }
      Arrays.sort(magnitudes);
      float median = magnitudes[magnitudes.length / 2];
      for (int i = 0; i < kept.length; i++) {
        kept[i] = Math.abs(kept[i]) < median ? 0 : kept[i];
      }
      values.put(weight.name(), new Tensor(weight.shape(), kept));
    }
    return graph.withWeights(values);
  }
}
