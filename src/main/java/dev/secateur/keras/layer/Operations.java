package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The closed list of TensorFlow and Keras 3 operations that stand between layers. Constants are
 * read, code never. Where standard layers mean the same, they are what is written back.
 */
public final class Operations {
  /** The operation's outputs, and what to write in its place. */
  public record Result(List<String> outputs, Optional<Equivalent> equivalent) {
    static Result of(String output, Equivalent equivalent) {
      return new Result(List.of(output), Optional.of(equivalent));
    }

    static Result of(String output) {
      return new Result(List.of(output), Optional.empty());
    }
  }

  /** Adds an operation's nodes to the graph. */
  interface Lowering {
    Result lower(OperationCall call);
  }

  /** Where the families of operations put theirs. */
  interface Registry {
    void put(Lowering lowering, String... names);
  }

  private static final Map<String, Lowering> BY_NAME = new HashMap<>();
  private static final Set<String> ELEMENTWISE = new HashSet<>();

  static {
    Registry registry = Operations::put;
    ElementwiseOperations.register(
        (lowering, names) -> {
          put(lowering, names);
          ELEMENTWISE.addAll(List.of(names));
        });
    ELEMENTWISE.remove("glu"); // halves an axis
    ReductionOperations.register(registry);
    MovementOperations.register(registry);
    ImageOperations.register(registry);
  }

  private Operations() {}

  private static void put(Lowering lowering, String... names) {
    for (String name : names) {
      if (BY_NAME.put(name, lowering) != null) {
        throw new IllegalStateException(name + " is there twice");
      }
    }
  }

  /** {@code math.reduce_mean}, {@code __operators__.add}, {@code AddV2} and {@code GetItem}. */
  static String canonical(String name) {
    String own = name.substring(name.lastIndexOf('.') + 1);
    return own.replace("_", "").toLowerCase(Locale.ROOT);
  }

  /** A function of {@code tf.image} may share its name with one on any tensor. */
  private static Optional<Lowering> find(String name) {
    boolean image = name.startsWith("image.") || name.startsWith("compat.v1.image.");
    return Optional.ofNullable(image ? BY_NAME.get("image." + canonical(name)) : null)
        .or(() -> Optional.ofNullable(BY_NAME.get(canonical(name))));
  }

  static boolean supports(String name) {
    return find(name).isPresent();
  }

  /** Whether it treats each element by itself, or with those of other operands at its place. */
  public static boolean isElementwise(String name) {
    return ELEMENTWISE.contains(canonical(name));
  }

  /** All names, in lower case and without underscores. */
  static Set<String> names() {
    return new TreeSet<>(BY_NAME.keySet());
  }

  /**
   * Adds the operation's nodes to the graph.
   *
   * @throws Refusal if it is used in a way that is not supported
   */
  public static Result lower(OperationCall call) {
    Result result =
        KnownValues.worked(call, canonical(call.name()))
            .map(Result::of)
            .orElseGet(() -> find(call.name()).orElseThrow().lower(call));
    call.refuseUnasked();
    for (String output : result.outputs()) {
      if (call.known(output).isEmpty()) {
        checkBatch(call, call.shape(output));
      }
    }
    // A layer in its place would be called with the shape as well.
    boolean shapes = call.references().stream().anyMatch(r -> call.known(r).isPresent());
    return shapes ? new Result(result.outputs(), Optional.empty()) : result;
  }

  private static void checkBatch(OperationCall call, Shape shape) {
    boolean first = shape.rank() > 0 && shape.dim(0) == Shape.UNKNOWN;
    if (!first || shape.dims().lastIndexOf(Shape.UNKNOWN) != 0) {
      throw call.unsupported("a result of shape " + shape + ", without the batch in front");
    }
  }

  /** What TensorFlowOpLayer wraps; some versions give it as text. */
  static JsonNode nodeDefinition(ObjectNode config) {
    JsonNode definition = config.path("node_def");
    if (!definition.isTextual()) {
      return definition;
    }
    return Json.object(definition.asText(), "node_def");
  }
}
