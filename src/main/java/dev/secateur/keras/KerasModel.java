package dev.secateur.keras;

import dev.secateur.graph.Graph;
import dev.secateur.keras.architecture.KerasArchitecture;
import dev.secateur.keras.architecture.Resizing;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A Keras file, read.
 *
 * @param graph the network with its weights; Keras' weights are named {@code <layer path>/<weight>}
 * @param architecture what {@link KerasWriter} needs to write the model back
 * @param format the kind of file that it came from
 * @param kerasVersion as the file states it, or "unknown"
 * @param trainingConfig the loss it was compiled with, where the file says so
 * @param channelsFirst what the file's model takes and gives with its channels first, and the graph
 *     with its channels last
 */
public record KerasModel(
    Graph graph,
    KerasArchitecture architecture,
    KerasFormat format,
    String kerasVersion,
    Optional<TrainingConfig> trainingConfig,
    ChannelsFirst channelsFirst) {

  /**
   * Layers whose sizes stand in calls of operations, where they cannot be changed: their channels
   * must stay.
   */
  public Set<String> fixedLayers() {
    Set<String> fixed = new HashSet<>();
    operations(architecture.model(), "", fixed);
    return fixed;
  }

  private static void operations(ModelSpec model, String path, Set<String> to) {
    for (LayerSpec layer : model.layers()) {
      String place = LayerSpec.place(path, layer.name());
      if (layer.isOperation()) {
        to.add(place);
      }
      layer.model().ifPresent(inner -> operations(inner, place, to));
    }
  }

  /**
   * The model with other numbers of channels.
   *
   * @param narrow this model's graph with smaller weights
   * @throws Refusal naming a layer that cannot be made so
   */
  public KerasModel resized(Graph narrow) {
    KerasArchitecture smaller = Resizing.of(architecture, narrow);
    return new KerasModel(narrow, smaller, format, kerasVersion, trainingConfig, channelsFirst);
  }
}
