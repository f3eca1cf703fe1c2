package dev.secateur.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.Stores;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

  /** Names below the state; whatever is called otherwise is somebody else's, or half written. */
  private static final Pattern RESULT = Pattern.compile("(?<job>[0-9a-f]{64})\\.json");

  private static final Pattern CLAIM =
      Pattern.compile("(?<job>[0-9a-f]{64})/(?<number>" + Stores.EPOCH + ")");
  private static final Pattern CHECKPOINT =
      Pattern.compile("(?<job>[0-9a-f]{64})/[^/]+/([^/]*-)?(?<number>[0-9]{1,18})\\.json");

  @Spec CommandSpec spec;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description =
          "Only jobs in this state: accepted, rejected, failed, claimed, given-back, or expired"
              + " (a claim that any worker may take over).")
  Optional<String> wanted;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "The newest N; 0 for all; default ${DEFAULT-VALUE}.")
  int limit;

  @Option(names = "--json", description = "One line of JSON a job.")
  boolean json;

  @Option(
      names = "--state-uri",
      paramLabel = "URI",
      defaultValue = "${env:SECATEUR_STATE_URI:-s3://artifacts/.secateur/}",
      description =
          "Where the workers keep claims, checkpoints and results (SECATEUR_STATE_URI); default"
              + " ${DEFAULT-VALUE}.")
  String stateUri;

  @Mixin ServerOptions servers;

  /** An object below a job, and the number in its name. */
  private record Numbered(StoredObject object, long number) {
    static Numbered higher(Numbered a, Numbered b) {
      return a.number < b.number ? b : a;
    }
  }

  /** A job as names alone tell it: nothing of it has been read. */
  private record Job(
      String key,
      Optional<Numbered> result,
      Optional<Numbered> claim,
      Optional<Numbered> checkpoint) {
    /** Since the last sign of it. */
    Duration age() {
      return Stream.of(result, claim, checkpoint)
          .flatMap(Optional::stream)
          .map(numbered -> numbered.object().age())
          .min(Comparator.naturalOrder())
          .orElse(Duration.ZERO);
    }
  }

  @Override
  public Integer call() {
    ObjectUri state = ServerOptions.uri("--state-uri", stateUri).resolve("");
    Duration expiry = servers.claimExpiry();
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      out.println("job           state      claim  attempts  age      checkpoint  worker / result");
    }
    try (ObjectStore store = servers.openStore(Set.of(state.bucket()))) {
      // As a stream: of what is not shown nothing is read.
      jobs(store, state).stream()
          .sorted(Comparator.comparing(Job::age))
          .map(job -> read(store, job, expiry))
          .filter(job -> wanted.map(w -> w.equals(job.path("state").asText())).orElse(true))
          .limit(limit > 0 ? limit : Long.MAX_VALUE)
          .forEach(job -> out.println(json ? job.toString() : line(job)));
    }
    out.flush();
    return ExitCode.DONE;
  }

  private static List<Job> jobs(ObjectStore store, ObjectUri state) {
    Map<String, Numbered> results = list(store, state.resolve("results/"), RESULT);
    Map<String, Numbered> claims = list(store, state.resolve("claims/"), CLAIM);
    Map<String, Numbered> checkpoints = list(store, state.resolve("checkpoints/"), CHECKPOINT);
    Set<String> keys = new HashSet<>(results.keySet());
    keys.addAll(claims.keySet());
    keys.addAll(checkpoints.keySet());
    return keys.stream()
        .map(
            key ->
                new Job(
                    key,
                    Optional.ofNullable(results.get(key)),
                    Optional.ofNullable(claims.get(key)),
                    Optional.ofNullable(checkpoints.get(key))))
        .toList();
  }

  /** For each job its object with the highest number. */
  private static Map<String, Numbered> list(ObjectStore store, ObjectUri prefix, Pattern pattern) {
    Map<String, Numbered> highest = new HashMap<>();
    for (StoredObject object : store.list(prefix)) {
      Matcher name = pattern.matcher(object.uri().key().substring(prefix.key().length()));
      if (name.matches()) {
        long number = pattern == RESULT ? 0 : Long.parseLong(name.group("number"));
        highest.merge(name.group("job"), new Numbered(object, number), Numbered::higher);
      }
    }
    return highest;
  }

  private static ObjectNode read(ObjectStore store, Job job, Duration expiry) {
    ObjectNode json = MAPPER.createObjectNode().put("job", job.key()).put("state", "unknown");
    json.put("ageSeconds", job.age().toSeconds());
    job.claim()
        .ifPresent(
            claim ->
                read(store, claim)
                    .ifPresent(
                        data ->
                            json.put("state", state(data, claim.object().age(), expiry))
                                .put("claim", claim.number())
                                .put("attempts", data.path("attempts").asInt())
                                .put("worker", data.path("worker").asText())));
    job.checkpoint()
        .ifPresent(
            checkpoint -> {
              String[] place = checkpoint.object().uri().key().split("/");
              json.put("checkpoint", checkpoint.number())
                  .put("checkpointStage", place[place.length - 2]);
            });
    job.result()
        .flatMap(result -> read(store, result))
        .map(event -> event.path("data"))
        .ifPresent(
            data ->
                json.put("state", data.path("outcome").asText())
                    .put("model", data.at("/model/name").asText())
                    .put("version", data.at("/model/version").asText())
                    .put(
                        "result",
                        data.at("/report/html").asText(data.at("/reason/code").asText())));
    return json;
  }

  private static String state(JsonNode claim, Duration age, Duration expiry) {
    if (claim.path("released").asBoolean()) {
      return "given-back";
    }
    return age.compareTo(expiry) > 0 ? "expired" : "claimed";
  }

  /** Empty where it is gone by now, or no JSON. */
  private static Optional<JsonNode> read(ObjectStore store, Numbered numbered) {
    return store
        .read(numbered.object().uri(), LARGEST)
        .flatMap(
            bytes -> {
              try {
                return Optional.of(MAPPER.readTree(bytes));
              } catch (IOException e) {
                return Optional.empty();
              }
            });
  }

  private static String line(ObjectNode job) {
    String result = job.path("result").asText();
    return String.format(
        Locale.ROOT,
        "%-12s  %-10s %5s  %8s  %6ss  %10s  %s",
        job.path("job").asText().substring(0, KEY),
        job.path("state").asText(),
        job.path("claim").asText("-"),
        job.path("attempts").asText("-"),
        job.path("ageSeconds").asText("-"),
        job.path("checkpoint").asText("-"),
        result.isEmpty() ? job.path("worker").asText() : result);
  }
}
