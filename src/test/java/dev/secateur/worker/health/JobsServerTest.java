package dev.secateur.worker.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.demo.Ports;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Pauses;
import dev.secateur.ledger.Received;
import dev.secateur.ledger.Result;
import dev.secateur.ledger.Tenure;
import dev.secateur.ledger.Terms;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectUri;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger's page and its JSON tell, of orders that strangers have named. */
final class JobsServerTest {
  private static final String HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path directory;

  private final Vertx vertx = Vertx.vertx();
  private Ledger ledger;
  private URI address;

  @BeforeEach
  void start() throws IOException {
    ledger =
        new Ledger(
            new ObjectLedgerStore(
                new DirectoryStore(directory, new AllowedBuckets(Set.of(), Set.of("artifacts"))),
                ObjectUri.of("s3://artifacts/.secateur/")),
            InstantSource.system(),
            new Terms("worker-1", "v1", Duration.ofMinutes(1), Duration.ofMinutes(1)));
    serve(Duration.ZERO);
  }

  private void serve(Duration fresh) throws IOException {
    int port = Ports.free();
    address = URI.create("http://127.0.0.1:" + port);
    new JobsServer(ledger.books(), fresh).start(vertx, "127.0.0.1", port);
    Awaitility.await().ignoreExceptions().until(() -> get("/jobs", "").statusCode() == 200);
  }

  /** However many look, and however often. */
  @Test
  void theStoreIsNotAskedForTheListAtEachLook() throws Exception {
    serve(Duration.ofHours(1));
    order("one", "one");
    assertThat(json("/jobs").path("unsettled")).isEmpty();
    serve(Duration.ZERO);
    assertThat(json("/jobs").path("unsettled")).hasSize(1);
  }

  @AfterEach
  void stop() {
    vertx.close();
  }

  private HttpResponse<String> get(String path, String accept)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
    if (!accept.isEmpty()) {
      request.header("Accept", accept);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws IOException, InterruptedException {
    return new ObjectMapper().readTree(get(path, "application/json").body());
  }

  private String page(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = get(path, "text/html,application/xhtml+xml");
    assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
    assertThat(response.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'");
    return response.body();
  }

  private Order order(String id, String model) {
    Order order =
        new Order(
            Order.idOf("/test", id),
            new Received("t", 0, 1, Optional.empty(), new byte[] {1}, List.of()),
            model,
            "1",
            model,
            Order.USUAL,
            Instant.now(),
            "job-of-" + id,
            "v1",
            JsonNodeFactory.instance.objectNode().put("id", id));
    ledger.orders().register(order);
    return order;
  }

  @Test
  void whatRunsWaitsAndIsSettledIsListed() throws Exception {
    Order first = order("first", "one");
    Tenure running = ledger.next().orElseThrow();
    running.beat("fine-tune", 7, 0, Duration.ZERO, 0.25);
    Order second = order("second", "two");
    Order third = order("third", "three");
    ledger.pauses().pause(new Pauses.Scope.Model("three"));
    JsonNode all = json("/jobs");
    assertThat(all.at("/unsettled/0/order").asText()).isEqualTo(first.id());
    assertThat(all.at("/unsettled/0/state").asText()).isEqualTo("running");
    assertThat(all.at("/unsettled/0/progress").asDouble()).isEqualTo(0.25);
    assertThat(all.at("/unsettled/0/worker").asText()).isEqualTo("worker-1");
    assertThat(all.path("unsettled").findValuesAsText("state"))
        .containsExactlyInAnyOrder("running", "pending", "paused");
    assertThat(all.path("unsettled").findValuesAsText("place")).containsExactly("1", "2");
    assertThat(all.at("/paused/0").asText()).isEqualTo("models/three");
    assertThat(page("/jobs")).contains("fine-tune", second.id(), third.id(), "models/three");

    ledger.settle(running, failed(first.id()));
    ledger.close(running);
    JsonNode one = json("/jobs/" + first.id());
    assertThat(one.path("state").asText()).isEqualTo("failed");
    assertThat(one.path("reason").asText()).isEqualTo("out-of-luck");
    assertThat(json("/jobs").path("settled")).hasSize(1);
  }

  private static Result failed(String order) {
    var event = JsonNodeFactory.instance.objectNode();
    event.putObject("data").putObject("reason").put("code", "out-of-luck").put("message", "<b>");
    return new Result(order, 1, 1, "worker-1", "v1", "failed", false, false, event, Instant.now());
  }

  @Test
  void namesOfStrangersAreTextAndNoMarkup() throws Exception {
    Order order = order("x\"><img src=x onerror=alert(2)>", HOSTILE);
    for (String path : List.of("/jobs", "/jobs/" + order.id())) {
      assertThat(page(path)).doesNotContain("<script", "<img").contains("&lt;script&gt;");
    }
    assertThat(json("/jobs").at("/unsettled/0/model").asText()).isEqualTo(HOSTILE);
  }

  @Test
  void nothingCanBeChangedAndWhatIsNotThereIsSaid() throws Exception {
    order("one", "one");
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH")) {
      HttpRequest request =
          HttpRequest.newBuilder(address.resolve("/jobs"))
              .method(method, HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
          .isEqualTo(405);
    }
    for (String path :
        List.of(
            "/",
            "/jobs/" + "0".repeat(64),
            "/jobs/../q/metrics",
            "/jobs/%3Cscript%3E",
            "/q/metrics")) {
      assertThat(get(path, "").statusCode()).as(path).isEqualTo(404);
      assertThat(get(path, "text/html").body()).doesNotContain("<script");
    }
  }

  @Test
  void aStoreThatIsAwayIsNoCrash() throws Exception {
    order("one", "one");
    java.nio.file.Files.walk(directory)
        .sorted(java.util.Comparator.reverseOrder())
        .forEach(p -> p.toFile().delete());
    java.nio.file.Files.createFile(directory);
    assertThat(get("/jobs", "").statusCode()).isIn(200, 500, 503);
    assertThat(get("/jobs", "").body()).doesNotContain("\tat ");
  }
}
