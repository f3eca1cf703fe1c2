package dev.secateur.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.secateur.result.JobResult;
import dev.secateur.result.ResultJson;

/** {@code report.json}: the result as indented text. */
public final class ReportJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ReportJson() {}

  public static String text(JobResult result) {
    try {
      return MAPPER.writeValueAsString(ResultJson.write(result)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result is always JSON", e);
    }
  }
}
