package dev.secateur.job;

import dev.secateur.result.JobResult;
import java.io.IOException;
import java.nio.file.Path;

/** Tells of a result in files; handed in, so that a job does not know how reports look. */
@FunctionalInterface
public interface ReportWriter {
  /** Writes its files into {@code directory}, beside the artifacts that they name. */
  void write(JobResult result, Path directory) throws IOException;
}
