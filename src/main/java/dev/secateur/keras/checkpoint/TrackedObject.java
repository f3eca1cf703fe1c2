package dev.secateur.keras.checkpoint;

import dev.secateur.keras.file.StoredTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An object of Python whose variables were saved ({@code trackable_object_graph.proto}), and those
 * that are its attributes. Objects may refer to each other in circles.
 */
public final class TrackedObject {
  private static final String VALUE = "VARIABLE_VALUE";

  private final Checkpoint checkpoint;
  private final List<Message> objects;
  private final int id;

  TrackedObject(Checkpoint checkpoint, List<Message> objects, int id) {
    this.checkpoint = checkpoint;
    this.objects = objects;
    this.id = id;
  }

  /** The attribute of this name. */
  public Optional<TrackedObject> child(String name) {
    return Optional.ofNullable(children().get(name));
  }

  /** All attributes, by name. */
  public Map<String, TrackedObject> children() {
    Map<String, TrackedObject> children = new LinkedHashMap<>();
    if (id < objects.size()) {
      for (Message child : objects.get(id).messages(1)) {
        long node = child.number(1);
        if (node >= 0 && node < objects.size()) {
          children.put(child.text(2), new TrackedObject(checkpoint, objects, (int) node));
        }
      }
    }
    return children;
  }

  /** The value, if the object is a variable. */
  public Optional<StoredTensor> variable() {
    return attribute().flatMap(a -> checkpoint.tensor(a.text(3)));
  }

  /** What the variable was called in Python, such as {@code conv2d/kernel}; may be empty. */
  public String fullName() {
    return attribute().map(a -> a.text(2)).orElse("");
  }

  private Optional<Message> attribute() {
    return id >= objects.size()
        ? Optional.empty()
        : objects.get(id).messages(2).stream().filter(a -> a.text(1).equals(VALUE)).findFirst();
  }
}
