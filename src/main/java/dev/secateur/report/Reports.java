package dev.secateur.report;

import dev.secateur.result.JobResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes both reports. */
public final class Reports {
  public static final String JSON = "report.json";
  public static final String HTML = "report.html";

  private Reports() {}

  /** Writes {@code report.json} and {@code report.html} into {@code directory}. */
  public static void write(JobResult result, Path directory) throws IOException {
    Files.writeString(directory.resolve(JSON), ReportJson.text(result));
    Files.writeString(directory.resolve(HTML), ReportHtml.of(result));
  }
}
