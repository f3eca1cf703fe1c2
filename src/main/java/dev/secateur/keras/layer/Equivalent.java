package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Standard layers, one after the other, that mean the same as an operation.
 *
 * @param repeated whether the first of them takes its operand twice
 */
public record Equivalent(List<Step> steps, boolean repeated) {
  public record Step(String type, ObjectNode config) {}

  public Equivalent {
    steps = List.copyOf(steps);
  }

  static ObjectNode config() {
    return JsonNodeFactory.instance.objectNode();
  }

  static Equivalent of(String type) {
    return of(type, config());
  }

  static Equivalent of(String type, ObjectNode config) {
    return new Equivalent(List.of(new Step(type, config)), false);
  }

  Equivalent then(String type, ObjectNode config) {
    List<Step> more = new ArrayList<>(steps);
    more.add(new Step(type, config));
    return new Equivalent(more, repeated);
  }

  Equivalent twice() {
    return new Equivalent(steps, true);
  }

  static Equivalent activation(String function) {
    return of("Activation", config().put("activation", function));
  }

  static ObjectNode line(double scale, double offset) {
    return config().put("scale", scale).put("offset", offset);
  }

  static ObjectNode ints(String key, List<Integer> values) {
    ObjectNode config = config();
    values.forEach(config.putArray(key)::add);
    return config;
  }
}
