package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Pauses;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The packaged workers and their ledger: what waits, for whom, and what is seen of it. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class LedgerIT {
  /** One partition, one slow job in front: the others do not wait for it. */
  @Test
  void noOrderWaitsBehindASlowOneWhileAWorkerIsIdle() throws Exception {
    try (Platform platform = new Platform("slow-first", 1)) {
      WorkerProcess first = platform.worker("slow-first-1").awaitReady();
      WorkerProcess second = platform.worker("slow-first-2").awaitReady();
      platform.publish(platform.job("slow", "1", 2000));
      platform.await("running", () -> platform.progress().size() > 2);
      for (int j = 0; j < 6; j++) {
        platform.publish(platform.job("quick-" + j, "1", 1));
      }
      platform.awaitResults(6);
      assertThat(platform.distinctResults().values())
          .extracting(r -> r.at("/model/name").asText())
          .doesNotContain("slow");
      platform.await("all acknowledged", () -> platform.acknowledged() == 7);
      assertThat(
              first.metric("secateur_claims_total", "taken\"")
                  + second.metric("secateur_claims_total", "taken\""))
          .isEqualTo(7);
    }
  }

  @Test
  void whatIsPendingIsSeenWithNoWorkerAliveAndIsDoneByTheNextOne() throws Exception {
    try (Platform platform = new Platform("nobody", 2)) {
      WorkerProcess first = platform.worker("nobody-1").awaitReady();
      platform.publish(platform.job("long", "1", 2000));
      platform.await("running", () -> !platform.progress().isEmpty());
      for (int j = 0; j < 4; j++) {
        platform.publish(platform.job("shapes-" + j, "1", 1));
      }
      platform.await("all acknowledged", () -> platform.acknowledged() == 5);
      platform.await(
          "all counted", () -> first.metric("secateur_orders_pending") + running(first) == 5);
      first.process().signal("KILL");
      first.process().exitCode(Platform.LONG);
      assertThat(platform.rings()).isGreaterThanOrEqualTo(5);
      platform.ledger().cancels().request(order(platform, "long"));
      platform.worker("nobody-2").awaitReady();
      assertThat(platform.awaitResults(5)).hasSize(5);
      platform.await("no ring is left", () -> platform.rings() == 0);
      platform.await("no order is left", platform::isSettled);
    }
  }

  /**
   * A scaler that looks at the lag alone is told how many orders are open, whatever the first does.
   */
  @Test
  void theRingsAreAboutAsManyAsTheOpenOrdersThoughTheFirstOfThemIsLong() throws Exception {
    try (Platform platform = new Platform("rings", 1)) {
      platform.worker("rings-1").awaitReady();
      platform.publish(platform.job("long", "1", 3000));
      platform.await("running", () -> !platform.progress().isEmpty());
      platform.worker("rings-2").awaitReady();
      for (int j = 0; j < 8; j++) {
        platform.publish(platform.job("shapes-" + j, "1", 1));
      }
      platform.await("taken in", () -> platform.acknowledged() == 9);
      platform.awaitResults(8);
      platform.await("rung for again", () -> platform.rings() <= 3);
      assertThat(platform.rings()).isPositive();
    }
  }

  /** As orders that came before the topic was there, or while the broker did not take a ring. */
  @Test
  void ordersThatNobodyRangForAreRungForByTheNextCount() throws Exception {
    try (Platform platform = new Platform("unrung", 1)) {
      Ledger ledger = platform.ledger();
      ledger.pauses().pause(new Pauses.Scope.All());
      platform.worker("unrung-1").awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.await("taken in", () -> platform.acknowledged() == 1);
      Order first = ledger.orders().find(orders(platform).get(0)).orElseThrow();
      for (int n = 0; n < 3; n++) {
        ledger.orders().register(copy(first, "copy-" + n));
      }
      platform.await("rung for, once each", () -> platform.rings() == 4);
    }
  }

  private static Order copy(Order order, String id) {
    return new Order(
        Order.idOf("/test", id),
        order.received(),
        order.model(),
        order.version(),
        order.tenant(),
        order.priority(),
        order.since(),
        id,
        order.engine(),
        order.resolved());
  }

  /** Started by a scaler for the work there is. */
  @Test
  void aWorkerThatLeavesSinceNothingIsOpenLeavesNoRing() throws Exception {
    try (Platform platform = new Platform("leaving", 1)) {
      WorkerProcess worker =
          platform.worker("leaving-1", Map.of("secateur.drain.when-idle", "15s")).awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.awaitResults(1);
      assertThat(worker.process().exitCode(Platform.LONG)).isZero();
      assertThat(platform.rings()).isZero();
      assertThat(platform.isSettled()).isTrue();
    }
  }

  private static double running(WorkerProcess worker) {
    return worker.metric("secateur_orders_running");
  }

  private static String order(Platform platform, String model) {
    return platform.progress().stream()
        .filter(e -> e.data().at("/model/name").asText().equals(model))
        .findFirst()
        .orElseThrow()
        .data()
        .at("/job/order")
        .asText();
  }

  @Test
  void aRunningAndAWaitingOrderThatAreCancelledEndInFailedAndAreNotAnsweredForOthers()
      throws Exception {
    try (Platform platform = new Platform("cancelled", 1)) {
      platform.worker("cancelled-1").awaitReady();
      platform.publish(platform.job("running", "1", 2000));
      platform.await(
          "training",
          () ->
              platform.progress().stream()
                  .anyMatch(e -> e.data().path("stage").asText().equals("fine-tune")));
      ObjectNode waiting = platform.job("waiting", "1", 1);
      platform.publish(waiting);
      platform.await("taken in", () -> platform.acknowledged() == 2);
      Ledger ledger = platform.ledger();
      ledger.pauses().pause(new Pauses.Scope.Model("waiting"));
      ledger.cancels().request(order(platform, "running"));
      ledger
          .cancels()
          .request(
              orders(platform).stream()
                  .filter(
                      o -> ledger.orders().find(o).map(Order::model).orElse("").equals("waiting"))
                  .findFirst()
                  .orElseThrow());
      Map<String, JsonNode> results = platform.awaitResults(2);
      assertThat(results.values())
          .allSatisfy(r -> assertThat(r.at("/reason/code").asText()).isEqualTo("cancelled"));
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      ledger.pauses().resume(new Pauses.Scope.Model("waiting"));
      platform.publish(waiting);
      platform.awaitResults(3);
      assertThat(platform.distinctResults().values())
          .filteredOn(r -> r.path("outcome").asText().equals("accepted"))
          .hasSize(1);
    }
  }

  private static List<String> orders(Platform platform) {
    return platform.store.list(platform.state.resolve("orders/")).stream()
        .map(o -> o.uri().fileName())
        .toList();
  }

  /** The order names the bytes that stood there when its event was taken in. */
  @Test
  void anInputThatIsOverwrittenAfterItsEventWasTakenInIsNotRunInItsPlace() throws Exception {
    try (Platform platform = new Platform("overwritten", 1)) {
      Ledger ledger = platform.ledger();
      ledger.pauses().pause(new Pauses.Scope.All());
      platform.worker("overwritten-1").awaitReady();
      ObjectNode job = platform.job("shapes", "1", 1);
      var uri = dev.secateur.store.ObjectUri.of("s3://models/overwritten/model.h5");
      platform.store.upload(Platform.MODEL, uri);
      ((ObjectNode) job.get("model")).put("uri", uri.toString()).remove("sha256");
      platform.publish(job);
      platform.await("taken in", () -> platform.acknowledged() == 1);
      platform.store.upload(Platform.DATA, uri);
      ledger.pauses().resume(new Pauses.Scope.All());
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.at("/reason/code").asText()).isEqualTo("object-changed");
    }
  }

  @Test
  void priorityIsFirstAndTenantsTakeTurns() throws Exception {
    try (Platform platform = new Platform("turns", 1)) {
      Ledger ledger = platform.ledger();
      ledger.pauses().pause(new Pauses.Scope.All());
      platform.worker("turns-1").awaitReady();
      for (int j = 0; j < 4; j++) {
        platform.publish(platform.job("sweep-" + j, "1", 1).put("tenant", "sweeper"));
      }
      platform.publish(platform.job("single", "1", 1).put("tenant", "other"));
      platform.publish(platform.job("urgent", "1", 1).put("priority", 9));
      platform.await("taken in", () -> platform.acknowledged() == 6);
      ledger.pauses().resume(new Pauses.Scope.All());
      platform.awaitResults(6);
      List<String> inTurn =
          platform.results().stream().map(e -> e.data().at("/model/name").asText()).toList();
      assertThat(inTurn.get(0)).isEqualTo("urgent");
      assertThat(inTurn.indexOf("single")).isLessThanOrEqualTo(2);
    }
  }
}
