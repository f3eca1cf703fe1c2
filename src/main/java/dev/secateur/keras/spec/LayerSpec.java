package dev.secateur.keras.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A layer as configured, in Keras 2's terms whatever wrote it.
 *
 * @param type class name, or for an operation its name after {@code op:}
 * @param calls where the layer is used; one call an inbound node
 * @param model the layers inside, where the layer is itself a model
 */
public record LayerSpec(
    String name, String type, ObjectNode config, List<Call> calls, Optional<ModelSpec> model) {
  public static final String OPERATION = "op:";

  public LayerSpec {
    calls = List.copyOf(calls);
  }

  /** The path of a layer of this name in the model at {@code path}. */
  public static String place(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }

  public boolean isInput() {
    return type.equals("InputLayer");
  }

  public boolean isOperation() {
    return type.startsWith(OPERATION);
  }

  public boolean trainable() {
    return !config.has("trainable") || config.get("trainable").asBoolean(true);
  }

  public LayerSpec withCalls(List<Call> other) {
    return new LayerSpec(name, type, config, other, model);
  }

  /** One use of a layer. */
  public record Call(List<Argument> arguments, Map<String, Argument> named) {
    public Call {
      arguments = List.copyOf(arguments);
      named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
    }

    public static Call of(Ref ref) {
      return new Call(List.of(ref), Map.of());
    }

    /** The same call on other tensors, asked for in the order of {@link #refs}. */
    public Call with(UnaryOperator<Ref> change) {
      List<Argument> first = arguments.stream().map(a -> a.with(change)).toList();
      Map<String, Argument> then = new LinkedHashMap<>();
      named.forEach((name, argument) -> then.put(name, argument.with(change)));
      return new Call(first, then);
    }

    /** All tensors among the arguments, in order. */
    public List<Ref> refs() {
      List<Ref> refs = new ArrayList<>();
      arguments.forEach(a -> a.collect(refs));
      named.values().forEach(a -> a.collect(refs));
      return refs;
    }
  }

  /** What a layer is called with. */
  public sealed interface Argument {
    void collect(List<Ref> refs);

    /** The same with other tensors. */
    Argument with(UnaryOperator<Ref> change);
  }

  /** The output {@code tensor} of the {@code call}-th use of a layer. */
  public record Ref(String layer, int call, int tensor) implements Argument {
    @Override
    public void collect(List<Ref> refs) {
      refs.add(this);
    }

    @Override
    public Ref with(UnaryOperator<Ref> change) {
      return change.apply(this);
    }
  }

  public record Items(List<Argument> items) implements Argument {
    @Override
    public void collect(List<Ref> refs) {
      items.forEach(i -> i.collect(refs));
    }

    @Override
    public Items with(UnaryOperator<Ref> change) {
      return new Items(items.stream().map(i -> i.with(change)).toList());
    }
  }

  public record Constant(JsonNode value) implements Argument {
    @Override
    public void collect(List<Ref> refs) {
      // a constant refers to nothing
    }

    @Override
    public Constant with(UnaryOperator<Ref> change) {
      return this;
    }
  }
}
