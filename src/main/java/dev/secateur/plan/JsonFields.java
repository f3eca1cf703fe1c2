package dev.secateur.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The fields of one JSON object, typed; every complaint carries the field's path. */
final class JsonFields {
  private final String path;
  private final JsonNode node;

  JsonFields(String path, JsonNode node) {
    this.path = path;
    this.node = node;
  }

  /** The object under {@code field}; an absent one has no fields. */
  JsonFields object(String field) {
    JsonNode child = node.path(field);
    if (isAbsent(field)) {
      return new JsonFields(path(field), JsonNodeFactory.instance.objectNode());
    }
    if (!child.isObject()) {
      throw new PlanException(path(field), "must be an object");
    }
    return new JsonFields(path(field), child);
  }

  boolean isAbsent(String field) {
    return node.path(field).isMissingNode() || node.path(field).isNull();
  }

  boolean isText(String field, String text) {
    return node.path(field).isTextual() && node.path(field).asText().equals(text);
  }

  double number(String field, double otherwise) {
    return isAbsent(field) ? otherwise : number(path(field), node.get(field));
  }

  private static double number(String path, JsonNode value) {
    if (!value.isNumber()) {
      throw new PlanException(path, "must be a number");
    }
    return value.asDouble();
  }

  /** A list of numbers; one number stands for a list of one. */
  List<Double> numbers(String field) {
    if (isAbsent(field)) {
      return List.of();
    }
    JsonNode value = node.get(field);
    if (!value.isArray()) {
      return List.of(number(path(field), value));
    }
    List<Double> numbers = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      numbers.add(number(path(field) + "/" + i, value.get(i)));
    }
    return numbers;
  }

  int integer(String field, int otherwise) {
    long value = integer64(field, otherwise);
    if (value != (int) value) {
      throw new PlanException(path(field), "must fit in 32 bits");
    }
    return (int) value;
  }

  long integer64(String field, long otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    JsonNode value = node.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new PlanException(path(field), "must be a whole number");
    }
    return value.asLong();
  }

  boolean bool(String field, boolean otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!node.get(field).isBoolean()) {
      throw new PlanException(path(field), "must be true or false");
    }
    return node.get(field).asBoolean();
  }

  <E extends Enum<E>> E constant(String field, Class<E> type, E otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    E[] constants = type.getEnumConstants();
    for (E constant : constants) {
      if (isText(field, PlanJson.name(constant))) {
        return constant;
      }
    }
    throw new PlanException(
        path(field),
        "must be one of "
            + Arrays.stream(constants).map(PlanJson::name).collect(Collectors.joining(", ")));
  }

  /** What {@code make} makes; its complaint {@code field: problem} gets this object's path. */
  <T> T checked(Supplier<T> make) {
    try {
      return make.get();
    } catch (IllegalArgumentException e) {
      String[] parts = e.getMessage().split(": ", 2);
      throw new PlanException(path(parts[0]), parts[parts.length - 1]);
    }
  }

  String path(String field) {
    return path + "/" + field;
  }
}
