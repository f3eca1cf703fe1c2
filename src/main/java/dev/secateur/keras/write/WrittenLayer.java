package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Shape;
import dev.secateur.keras.spec.LayerSpec;
import java.util.List;
import java.util.Optional;

/**
 * A layer as it is written: in terms that both Keras 2 and Keras 3 load.
 *
 * @param calls operands of each call
 * @param weights in Keras' order
 * @param item the whole description, where it is not made of the rest
 */
record WrittenLayer(
    String name,
    String type,
    ObjectNode config,
    List<List<LayerSpec.Ref>> calls,
    List<Value> weights,
    Optional<WrittenModel> model,
    Optional<ObjectNode> item) {

  /**
   * A weight with its values.
   *
   * @param trainable whether it is among the layer's trainable weights when the file is loaded
   */
  record Value(String path, String name, Shape shape, boolean trainable, float[] values) {}

  WrittenLayer {
    calls = List.copyOf(calls);
    weights = List.copyOf(weights);
  }

  WrittenLayer(
      String name,
      String type,
      ObjectNode config,
      List<List<LayerSpec.Ref>> calls,
      List<Value> weights,
      Optional<WrittenModel> model) {
    this(name, type, config, calls, weights, model, Optional.empty());
  }
}
