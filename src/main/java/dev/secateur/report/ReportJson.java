package dev.secateur.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.job.Engine;
import dev.secateur.job.JobResult;
import dev.secateur.job.PlanJson;

/** {@code report.json}; its schema is {@code schemas/report.v1.json}. What is absent is null. */
public final class ReportJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .registerModule(new Jdk8Module())
          .enable(SerializationFeature.INDENT_OUTPUT);

  private ReportJson() {}

  /** The report as a tree. */
  public static ObjectNode of(JobResult result) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("outcome", PlanJson.name(result.outcome()));
    json.put("reason", result.reason());
    json.putObject("engine").put("version", Engine.VERSION);
    json.set("model", MAPPER.valueToTree(result.model()));
    json.set("datasets", MAPPER.valueToTree(result.datasets()));
    json.set("plan", PlanJson.write(result.plan()));
    json.set("variants", MAPPER.valueToTree(result.variants()));
    json.set("layers", MAPPER.valueToTree(result.layers()));
    json.set("training", MAPPER.valueToTree(result.training()));
    json.set("calibration", MAPPER.valueToTree(result.calibration()));
    json.set("stages", MAPPER.valueToTree(result.stages()));
    json.set("warnings", MAPPER.valueToTree(result.warnings()));
    json.set("process", MAPPER.valueToTree(result.process()));
    json.set("artifacts", MAPPER.valueToTree(result.artifacts()));
    return json;
  }

  /** The report as indented text. */
  public static String text(JobResult result) {
    try {
      return MAPPER.writeValueAsString(of(result)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result is always JSON", e);
    }
  }
}
