package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;

/**
 * A weight that a layer has, and where its values go. Values are read straight into {@code values},
 * which the graph shares.
 *
 * @param name Keras' name within the layer, such as {@code kernel}
 * @param shape Keras' shape
 * @param graphName the graph's weight with the same values, or empty where there is none
 * @param trainable whether Keras counts it among the layer's trainable weights when the layer is
 * @param integral a counter or random state, which the network does not compute with
 */
public record WeightSlot(
    String layer,
    String name,
    Shape shape,
    String graphName,
    boolean trainable,
    boolean integral,
    float[] values) {
  String place() {
    return layer + "/" + name;
  }
}
