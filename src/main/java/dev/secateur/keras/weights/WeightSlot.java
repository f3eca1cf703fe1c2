package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import java.util.Optional;

/**
 * A weight that a layer has, and where its values go. Values are read straight into {@code values},
 * which the graph shares.
 *
 * @param name Keras' name within the layer, such as {@code kernel}; of a layer within it after that
 *     one's place, such as {@code activation/alpha}
 * @param shape Keras' shape
 * @param graphName the graph's weight with the same values, or empty where there is none
 * @param trainable whether Keras counts it among the layer's trainable weights when the layer is
 * @param order of its axes in the file, where it is another
 */
public record WeightSlot(
    String layer,
    String name,
    Shape shape,
    String graphName,
    boolean trainable,
    Kind kind,
    float[] values,
    Optional<StoredOrder> order) {

  /** With the axes that it has in the file. */
  public WeightSlot(
      String layer,
      String name,
      Shape shape,
      String graphName,
      boolean trainable,
      Kind kind,
      float[] values) {
    this(layer, name, shape, graphName, trainable, kind, values, Optional.empty());
  }

  /** What a file has of a weight. */
  public enum Kind {
    /** Each file has it. */
    WEIGHT,
    /** A counter or random state, which the network does not compute with. */
    COUNTER,
    /** A file may lack it; then the value that it was initialized with stands. */
    INITIALIZED,
    /** A part of another weight, added to it when both are loaded, and not written. */
    ADAPTER
  }

  WeightSlot stored(StoredOrder other) {
    return new WeightSlot(
        layer, name, shape, graphName, trainable, kind, values, Optional.of(other));
  }

  /** In the file. */
  Shape storedShape() {
    return order.map(StoredOrder::shape).orElse(shape);
  }

  public String place() {
    return layer + "/" + name;
  }

  /** The name without the place of a layer within. */
  public String ownName() {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Where a layer within has its weights, such as {@code activation/}; or "". */
  public String within() {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  boolean isOptional() {
    return kind == Kind.INITIALIZED || kind == Kind.ADAPTER;
  }

  public boolean isWritten() {
    return kind != Kind.ADAPTER;
  }
}
