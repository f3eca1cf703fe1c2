package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model's outputs are for, as the plan says it: one task for all of them, or one by name. In
 * JSON a task's name, or an object from outputs to names.
 *
 * @param all empty where outputs are named
 */
public record TaskChoice(Optional<Task> all, Map<String, Task> byOutput) {
  public TaskChoice {
    byOutput = Collections.unmodifiableMap(new LinkedHashMap<>(byOutput));
  }

  /**
   * The tasks as found: one where all are alike.
   *
   * @param byOutput one an output
   */
  public static TaskChoice found(Map<String, Task> byOutput) {
    return byOutput.size() == 1
        ? new TaskChoice(byOutput.values().stream().findFirst(), Map.of())
        : new TaskChoice(Optional.empty(), byOutput);
  }

  @JsonCreator
  static TaskChoice read(JsonNode json) {
    if (json.isTextual()) {
      return new TaskChoice(Optional.of(Task.of(json.asText())), Map.of());
    }
    Map<String, Task> byOutput = new LinkedHashMap<>();
    json.properties().forEach(f -> byOutput.put(f.getKey(), Task.of(f.getValue().asText())));
    return new TaskChoice(Optional.empty(), byOutput);
  }

  @JsonValue
  Object json() {
    return all.<Object>map(Task::label).orElse(byOutput);
  }

  /**
   * @param outputs that the model has
   * @throws PlanException if an output is named that it has not
   */
  public void requireOutputs(List<String> outputs) {
    for (String named : byOutput.keySet()) {
      if (!outputs.contains(named)) {
        throw new PlanException(
            "/task/" + named, "the model has no such output; it has " + outputs);
      }
    }
  }

  /** The task of one output, if the plan names it. */
  public Optional<Task> of(String output) {
    return all.or(() -> Optional.ofNullable(byOutput.get(output)));
  }
}
