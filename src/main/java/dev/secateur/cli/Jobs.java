package dev.secateur.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "jobs",
    description = "Lists claims, checkpoints and results as the object store has them.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Jobs implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int LARGEST = 4 << 20;
  private static final int KEY = 12;

  @Spec CommandSpec spec;

  @Option(names = "--json", description = "One line of JSON a job.")
  boolean json;

  @Mixin ServerOptions servers;

  @Override
  public Integer call() {
    ObjectUri state = servers.state();
    Map<String, ObjectNode> jobs = new TreeMap<>();
    try (ObjectStore store = servers.openStore(Set.of(state.bucket()))) {
      addClaims(store, state.resolve("claims/"), jobs);
      addCheckpoints(store, state.resolve("checkpoints/"), jobs);
      addResults(store, state.resolve("results/"), jobs);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      out.println("job           state      claim  attempts  age      checkpoint  worker / result");
    }
    jobs.forEach((key, job) -> out.println(json ? job.toString() : line(key, job)));
    out.flush();
    return ExitCode.DONE;
  }

  private static ObjectNode job(Map<String, ObjectNode> jobs, String key) {
    return jobs.computeIfAbsent(
        key, k -> MAPPER.createObjectNode().put("job", k).put("state", "unknown"));
  }

  private static void addClaims(ObjectStore store, ObjectUri claims, Map<String, ObjectNode> jobs) {
    List<StoredObject> epochs =
        store.list(claims).stream().sorted(Comparator.comparing(o -> o.uri().key())).toList();
    for (StoredObject epoch : epochs) {
      String[] place = below(claims, epoch).split("/");
      Optional<JsonNode> claim = read(store, epoch.uri());
      if (place.length == 2 && claim.isPresent()) {
        job(jobs, place[0])
            .put("state", claim.get().path("released").asBoolean() ? "given-back" : "claimed")
            .put("claim", Long.parseLong(place[1]))
            .put("attempts", claim.get().path("attempts").asInt())
            .put("ageSeconds", epoch.age().toSeconds())
            .put("worker", claim.get().path("worker").asText());
      }
    }
  }

  private static void addCheckpoints(
      ObjectStore store, ObjectUri checkpoints, Map<String, ObjectNode> jobs) {
    for (StoredObject object : store.list(checkpoints)) {
      String[] place = below(checkpoints, object).split("/");
      if (place.length == 3 && place[2].endsWith(".json")) {
        ObjectNode job = job(jobs, place[0]);
        long step = Long.parseLong(place[2].replaceAll(".*-|\\.json$", ""));
        if (step >= job.path("checkpoint").asLong(-1)) {
          job.put("checkpoint", step).put("checkpointStage", place[1]);
        }
      }
    }
  }

  private static void addResults(
      ObjectStore store, ObjectUri results, Map<String, ObjectNode> jobs) {
    for (StoredObject object : store.list(results)) {
      String key = below(results, object).replace(".json", "");
      read(store, object.uri())
          .map(event -> event.path("data"))
          .ifPresent(
              data ->
                  job(jobs, key)
                      .put("state", data.path("outcome").asText())
                      .put("model", data.at("/model/name").asText())
                      .put("version", data.at("/model/version").asText())
                      .put(
                          "result",
                          data.at("/report/html").asText(data.at("/reason/code").asText())));
    }
  }

  private static String below(ObjectUri prefix, StoredObject object) {
    return object.uri().key().substring(prefix.key().length());
  }

  private static Optional<JsonNode> read(ObjectStore store, ObjectUri uri) {
    return store
        .read(uri, LARGEST)
        .map(
            bytes -> {
              try {
                return MAPPER.readTree(bytes);
              } catch (IOException e) {
                throw new UncheckedIOException(uri + ": is no JSON", e);
              }
            });
  }

  private static String line(String key, ObjectNode job) {
    String result = job.path("result").asText();
    return String.format(
        Locale.ROOT,
        "%-12s  %-10s %5s  %8s  %6ss  %10s  %s",
        key.substring(0, Math.min(KEY, key.length())),
        job.path("state").asText(),
        job.path("claim").asText("-"),
        job.path("attempts").asText("-"),
        job.path("ageSeconds").asText("-"),
        job.path("checkpoint").asText("-"),
        result.isEmpty() ? job.path("worker").asText() : result);
  }
}
