package dev.secateur.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import java.io.IOException;
import java.nio.file.Path;

/** {@code manifest.json}: the SHA-256 and size of each artifact. */
final class Manifest {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Manifest() {}

  static void write(JobResult result, Path file) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("engine", Engine.VERSION);
    ObjectNode files = json.putObject("files");
    result
        .artifacts()
        .forEach(a -> files.putObject(a.file()).put("sha256", a.sha256()).put("bytes", a.bytes()));
    MAPPER.writeValue(file.toFile(), json);
  }
}
