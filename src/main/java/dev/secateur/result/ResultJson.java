package dev.secateur.result;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;

/** A result as JSON; its schema is {@code schemas/report.v1.json}. What is absent is null. */
public final class ResultJson {
  private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new Jdk8Module());

  private ResultJson() {}

  public static ObjectNode write(JobResult result) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("outcome", result.outcome().label());
    json.put("reason", result.reason());
    json.putObject("engine").put("version", Engine.VERSION);
    json.set("model", MAPPER.valueToTree(result.model()));
    json.set("datasets", MAPPER.valueToTree(result.datasets()));
    json.set("plan", result.plan().document());
    json.set("variants", MAPPER.valueToTree(result.variants()));
    json.set("layers", MAPPER.valueToTree(result.layers()));
    result.channels().ifPresent(c -> json.set("channels", channels(c)));
    json.set("training", MAPPER.valueToTree(result.training()));
    json.set("calibration", MAPPER.valueToTree(result.calibration()));
    json.set("layerErrors", MAPPER.valueToTree(result.layerErrors()));
    json.set("stages", MAPPER.valueToTree(result.stages()));
    json.set("warnings", MAPPER.valueToTree(result.warnings()));
    json.set("process", MAPPER.valueToTree(result.process()));
    json.set("artifacts", MAPPER.valueToTree(result.artifacts()));
    result.search().ifPresent(search -> json.set("search", search(search)));
    return json;
  }

  public static ObjectNode channels(Narrowed channels) {
    return MAPPER.valueToTree(channels);
  }

  public static ObjectNode search(Searched search) {
    return MAPPER.valueToTree(search);
  }
}
