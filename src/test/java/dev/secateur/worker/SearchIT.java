package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.ledger.Pauses;
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
