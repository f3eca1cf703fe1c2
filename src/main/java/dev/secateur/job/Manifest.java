package dev.secateur.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.plan.Scheme;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import dev.secateur.result.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code manifest.json}: the SHA-256 and size of each artifact, and what a TFLite file takes. */
final class Manifest {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .registerModule(new Jdk8Module())
          .enable(SerializationFeature.INDENT_OUTPUT);

  /** What a job makes: no other file is an earlier job's, whatever a manifest says. */
  private static final Set<String> MADE =
      Stream.concat(
              Stream.of("pruned.h5", "pruned.keras", "fp32.tflite", "report.json", "report.html"),
              Arrays.stream(Scheme.values()).map(Scheme::file))
          .collect(Collectors.toUnmodifiableSet());

  private Manifest() {}

  /**
   * The files of an earlier job, by name; none where there was no job, or where the file is not
   * ours.
   */
  static Set<String> files(Path manifest) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    if (Files.isRegularFile(manifest)) {
      try {
        MAPPER.readTree(manifest.toFile()).path("files").fieldNames().forEachRemaining(names::add);
      } catch (JsonProcessingException e) {
        return names;
      }
    }
    names.retainAll(MADE);
    return names;
  }

  static void write(JobResult result, Path file) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("engine", Engine.VERSION);
    ObjectNode files = json.putObject("files");
    result
        .artifacts()
        .forEach(a -> files.putObject(a.file()).put("sha256", a.sha256()).put("bytes", a.bytes()));
    for (Variant variant : result.variants()) {
      Optional<JsonNode> entry = Optional.ofNullable(files.get(variant.file()));
      if (entry.isPresent() && variant.signature().isPresent()) {
        ((ObjectNode) entry.get()).setAll((ObjectNode) MAPPER.valueToTree(variant.signature()));
      }
    }
    MAPPER.writeValue(file.toFile(), json);
  }
}
