package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.DimShapes;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.job.Stage;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Pauses;
import dev.secateur.store.ObjectUri;
import dev.secateur.worker.run.Hooks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A search whose trials any worker takes. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class SearchIT {
  private static final int REFUSED_TRIALS = 8;

  /** As hearts tell it. */
  private static final String CHOICE_KEPT = "\"kept\":100000000000";

  /** From here on, what follows the first refused is made. */
  private static final double SECOND = 0.975;

  private static ObjectNode search(Platform platform, String model, int trials) throws Exception {
    ObjectNode data = platform.job(model, "1", 0);
    data.withObject("/plan/fineTuning").removeAll();
    data.withObject("/plan/search").put("trials", trials).put("epochs", 0);
    data.withObject("/acceptance").put("maxAccuracyDrop", 0.05);
    return data;
  }

  private static String stage(CloudEvent progress) {
    return progress.data().path("stage").asText();
  }

  private static int tried(CloudEvent progress) {
    return progress.data().at("/search/tried").asInt();
  }

  /** Whoever runs the trials, and whoever dies meanwhile, the same is decided. */
  @Test
  void workersShareItsTrialsAndDecideTheSame() throws Exception {
    try (Platform platform = new Platform("search", 1)) {
      WorkerProcess first = platform.worker("search-1").awaitReady();
      platform.publish(search(platform, "shapes", 8));
      platform.await(
          "the second round", () -> platform.progress().stream().anyMatch(p -> tried(p) >= 5));
      WorkerProcess second = platform.worker("search-2").awaitReady();
      first.process().signal("KILL");
      JsonNode result = platform.awaitResults(1).values().iterator().next();

      assertThat(result.at("/search/trials").asInt()).isEqualTo(8);
      assertThat(result.at("/search/front")).isNotEmpty();
      assertThat(result.at("/plan/heldOut/judge").asText()).isEqualTo("nothing");

      WorkerProcess third = platform.worker("search-3").awaitReady();
      platform.publish(search(platform, "again", 8));
      JsonNode again =
          platform.awaitResults(2).values().stream()
              .filter(r -> r.at("/model/name").asText().equals("again"))
              .findFirst()
              .orElseThrow();

      assertThat(decided(again)).isEqualTo(decided(result));
      assertThat(
              List.of(
                  second.metric("secateur_claims_total", "taken\""),
                  third.metric("secateur_claims_total", "taken\"")))
          .as("each worker has run trials")
          .allMatch(claims -> claims > 0);
      platform.await("nothing is left", platform::isSettled);
      assertThat(platform.distinctResults()).hasSize(2);
      anotherTrialCanBeHad(platform, result);
    }
  }

  private static void anotherTrialCanBeHad(Platform platform, JsonNode searched) {
    int other = searched.at("/search/best").asInt() == 1 ? 2 : 1;
    ObjectNode chosen = JsonNodeFactory.instance.objectNode();
    chosen.put("order", searched.at("/job/order").asText()).put("trial", other);
    String id = platform.publish(EventType.TRIAL_CHOSEN, chosen);
    JsonNode made =
        platform.awaitResults(3).values().stream()
            .filter(r -> r.at("/job/registeredId").asText().equals(id))
            .findFirst()
            .orElseThrow();

    assertThat(EventSchemas.violations(EventType.COMPLETED, made)).isEmpty();
    assertThat(made.has("search")).isFalse();
    assertThat(made.at("/plan/heldOut/judge").asText()).isEqualTo("nothing");
    assertThat(made.at("/plan/pruning")).isNotEqualTo(searched.at("/plan/pruning"));
    assertThat(made.at("/variants/3/name").asText()).isNotEmpty();
  }

  /** One worker: between two rounds another tenant has its turn, and a pause holds it all. */
  @Test
  void itGivesWayToOthersAndToPauses() throws Exception {
    try (Platform platform = new Platform("search-aside", 1)) {
      WorkerProcess worker = platform.worker("search-aside-1").awaitReady();
      ObjectNode search = search(platform, "shapes", 10);
      // Refused by four bits: a trial that the plan does not go with has failed, no more.
      search.withObject("/plan/quantization").put("keepFloat", "auto");
      platform.publish(search);
      platform.await(
          "a trial runs",
          () -> platform.progress().stream().anyMatch(p -> !stage(p).equals("search")));
      ObjectNode other = platform.job("other", "1", 0).put("tenant", "others");
      platform.publish(other);
      JsonNode first = platform.awaitResults(1).values().iterator().next();
      assertThat(first.at("/model/name").asText()).isEqualTo("other");

      Pauses pauses = platform.ledger().pauses();
      pauses.pause(new Pauses.Scope.Model("shapes"));
      platform.await("it is given back", () -> worker.metric("secateur_orders_running") == 0);
      assertThat(platform.distinctResults()).hasSize(1);
      pauses.resume(new Pauses.Scope.Model("shapes"));
      JsonNode result =
          platform.awaitResults(2).values().stream()
              .filter(r -> r.has("search"))
              .findFirst()
              .orElseThrow();
      assertThat(result.at("/search/trials").asInt()).isEqualTo(10);
      platform.await("nothing is left", platform::isSettled);
    }
  }

  /** Each time after the same trial was begun: that trial has failed, the search goes on. */
  @Test
  void aTrialThatEndsItsWorkersDoesNotEndTheSearch() throws Exception {
    try (Platform platform = new Platform("search-killed", 1)) {
      Map<String, String> twice = Map.of("secateur.jobs.max-attempts", "2");
      platform.publish(search(platform, "shapes", 4));
      for (int deaths = 1; deaths <= 3; deaths++) {
        WorkerProcess worker = platform.worker("search-killed-" + deaths, twice).awaitReady();
        if (deaths < 3) {
          int before = platform.progress().size();
          platform.await(
              "the first trial runs",
              () ->
                  platform.progress().stream()
                      .skip(before)
                      .anyMatch(p -> p.data().at("/trial/number").asInt() == 1));
          worker.process().signal("KILL");
        }
      }
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/search/trials").asInt()).isEqualTo(4);
      platform.await("nothing is left", platform::isSettled);
    }
  }

  /**
   * The evaluation set refuses the best, which is followed by what is nearer to the original, on
   * whatever worker: what was refused once is not made again.
   */
  @Test
  void whatIsRefusedIsFollowedByTheSameOnAnotherWorker() throws Exception {
    try (Platform platform = new Platform("search-refused", 1)) {
      Path gates = gates(platform);
      WorkerProcess first =
          platform
              .worker("search-refused-1", Map.of(Hooks.STAGE_GATE, gates.toString()))
              .awaitReady();
      String order = refused(platform, "shapes");
      awaitRefusal(platform, order);
      Files.delete(gates.resolve(Stage.EVALUATE.label()));
      Files.createFile(gates.resolve("choice-1"));
      platform.await(
          "the second is evaluated",
          () ->
              of(platform, order).stream()
                  .anyMatch(p -> stage(p).equals(Stage.EVALUATE.label()) && progress(p) > SECOND));
      first.process().signal("KILL");
      platform.worker("search-refused-2").awaitReady();
      JsonNode result = platform.awaitResults(1).values().iterator().next();

      assertThat(EventSchemas.violations(EventType.COMPLETED, result)).isEmpty();
      assertThat(result.path("outcome").asText()).isEqualTo("rejected");
      assertThat(result.at("/search/refused")).hasSize(3);
      assertThat(of(platform, order).stream().map(p -> p.data().at("/job/epoch").asInt()))
          .contains(1, 2);
      for (int epoch = 1; epoch <= 2; epoch++) {
        int of = epoch;
        assertThat(
                of(platform, order).stream()
                    .filter(p -> p.data().at("/job/epoch").asInt() == of)
                    .map(SearchIT::progress))
            .as("what is told of claim %d never falls", of)
            .isSorted();
      }

      refused(platform, "again");
      JsonNode again =
          platform.awaitResults(2).values().stream()
              .filter(r -> r.at("/model/name").asText().equals("again"))
              .findFirst()
              .orElseThrow();
      assertThat(decided(again)).isEqualTo(decided(result));
      assertThat(again.at("/search/refused")).isEqualTo(result.at("/search/refused"));
      assertThat(again.at("/search/best")).isEqualTo(result.at("/search/best"));
      assertThat(again.at("/artifacts/int8.tflite/sha256"))
          .isEqualTo(result.at("/artifacts/int8.tflite/sha256"));
      platform.await("nothing is left", platform::isSettled);
    }
  }

  /** What was refused is answered, and why there is nothing better. */
  @Test
  void aChoiceThatEndsItsWorkersDoesNotTakeTheOneBeforeAlong() throws Exception {
    try (Platform platform = new Platform("search-unmade", 1)) {
      Map<String, String> held =
          Map.of("secateur.jobs.max-attempts", "2", Hooks.STAGE_GATE, gates(platform).toString());
      String order = refused(platform, "shapes");
      // The first one got on before: two attempts at what follows have failed with the third.
      for (int deaths = 1; deaths <= 3; deaths++) {
        WorkerProcess worker = platform.worker("search-unmade-" + deaths, held).awaitReady();
        awaitRefusal(platform, order);
        int epoch = deaths;
        platform.await("it has shown how far it is", () -> hasKept(platform, order, epoch));
        worker.process().signal("KILL");
      }
      platform.worker("search-unmade-4", Map.of("secateur.jobs.max-attempts", "2")).awaitReady();
      JsonNode result = platform.awaitResults(1).values().iterator().next();

      assertThat(EventSchemas.violations(EventType.COMPLETED, result)).isEmpty();
      assertThat(result.path("outcome").asText()).isEqualTo("rejected");
      assertThat(result.at("/search/refused")).isEmpty();
      assertThat(result.at("/search/unmade/reason").asText()).contains("died in each of 2");
      assertThat(result.at("/search/unmade/trial").asInt())
          .isNotEqualTo(result.at("/search/best").asInt());
      platform.await("nothing is left", platform::isSettled);
    }
  }

  /** All are open but the one before what is made second. */
  private static Path gates(Platform platform) throws IOException {
    Path gates = Files.createDirectories(platform.directory.resolve("gates"));
    for (String stage : List.of(JobMeters.FETCH, JobMeters.PUSH, "choice-0", "choice-2")) {
      Files.createFile(gates.resolve(stage));
    }
    for (Stage stage : Stage.values()) {
      Files.createFile(gates.resolve(stage.label()));
    }
    return gates;
  }

  /** Publishes a search whose evaluation set refuses what is small; its order. */
  private static String refused(Platform platform, String model) throws Exception {
    ObjectNode data = search(platform, model, REFUSED_TRIALS);
    ObjectNode dim = platform.source(DimShapes.write(platform.directory), "datasets");
    data.withObject("/datasets").set("evaluation", dim);
    return Order.idOf("/test", platform.publish(data));
  }

  private static void awaitRefusal(Platform platform, String order) {
    platform.await(
        "the first is refused",
        () -> platform.ledger().searches().decided(order, REFUSED_TRIALS + 1).isPresent());
  }

  /** Whether a claim's heart tells that a choice was refused. */
  private static boolean hasKept(Platform platform, String order, int epoch) {
    ObjectUri heart =
        platform.state.resolve("claims/" + order + "/" + "%06d.heart".formatted(epoch));
    return platform
        .store
        .read(heart, 1 << 16)
        .filter(json -> new String(json, StandardCharsets.UTF_8).contains(CHOICE_KEPT))
        .isPresent();
  }

  private static List<CloudEvent> of(Platform platform, String order) {
    return platform.progress().stream()
        .filter(p -> p.data().at("/job/order").asText().equals(order))
        .toList();
  }

  private static double progress(CloudEvent progress) {
    return progress.data().path("progress").asDouble();
  }

  private static List<Map<String, String>> decided(JsonNode result) {
    // Of what was asked for: which trial is the quickest, the clock decides each time anew.
    return result.at("/search/front").findParents("trial").stream()
        .filter(point -> point.path("objectives").toString().contains("zippedBytes"))
        .map(
            point ->
                Map.of(
                    "trial", point.path("trial").asText(),
                    "measures", point.path("measures").toString(),
                    "bytes", point.path("bytes").asText()))
        .toList();
  }

  @Test
  void itsTrialsEndWithIt() throws Exception {
    try (Platform platform = new Platform("search-cancelled", 1)) {
      WorkerProcess worker = platform.worker("search-cancelled-1").awaitReady();
      platform.publish(search(platform, "shapes", 40));
      platform.await(
          "a trial runs",
          () -> platform.progress().stream().anyMatch(p -> !stage(p).equals("search")));
      String order =
          platform.progress().stream()
              .filter(p -> stage(p).equals("search"))
              .findFirst()
              .orElseThrow()
              .data()
              .at("/job/order")
              .asText();
      platform.ledger().cancels().request(order);

      assertThat(platform.awaitResults(1).values().iterator().next().at("/reason/code").asText())
          .isEqualTo("cancelled");
      platform.await("nothing is left", platform::isSettled);
      platform.await("none is counted", () -> worker.metric("secateur_orders_pending") == 0);
    }
  }
}
