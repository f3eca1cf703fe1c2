package dev.secateur.worker.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.Books;
import dev.secateur.ledger.Books.Account;
import dev.secateur.ledger.Books.Unsettled;
import dev.secateur.ledger.Ledger;
import dev.secateur.store.StoreException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Serves the ledger to who looks, on a port of its own, so that a network policy can keep it apart
 * from the metrics: {@code GET /jobs} and {@code /jobs/<order>}, as JSON or, to a browser, as a
 * page. Nothing can be changed here.
 */
@Singleton
final class JobsServer {
  private static final Logger LOG = Logger.getLogger(JobsServer.class);
  private static final Pattern PATH = Pattern.compile("/jobs(?:/(?<order>[0-9a-f]{64})?)?");

  /** Of those that wait or run, and of those that are settled. */
  private static final int MOST = 200;

  /** For how long the list is served as it was made. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final Books books;
  private final Duration fresh;

  /** The list as it was last made, and when, by the nanosecond clock. Guarded by this. */
  private Optional<ObjectNode> last = Optional.empty();

  private long made;

  @Inject
  JobsServer(Ledger ledger) {
    this(ledger.books(), FRESH);
  }

  /**
   * @param fresh however many look, the store is asked for the list once in so long
   */
  JobsServer(Books books, Duration fresh) {
    this.books = books;
    this.fresh = fresh;
  }

  /** An answer to be sent. */
  private record Answer(int status, String type, String body) {}

  /**
   * A port that cannot be had is no reason not to work.
   *
   * @param port 0 for none
   */
  void start(Vertx vertx, String host, int port) {
    if (port == 0) {
      return;
    }
    vertx
        .createHttpServer(new HttpServerOptions().setHost(host).setPort(port))
        .requestHandler(request -> handle(vertx, request))
        .listen()
        .onSuccess(server -> LOG.infof("orders are shown on port %d, under /jobs", port))
        .onFailure(e -> LOG.warnf("orders are not shown: port %d: %s", port, e.getMessage()));
  }

  private void handle(Vertx vertx, HttpServerRequest request) {
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      request.response().setStatusCode(405).putHeader("Allow", "GET, HEAD").end();
      return;
    }
    boolean html =
        Optional.ofNullable(request.getHeader("Accept"))
            .filter(a -> a.contains("text/html"))
            .isPresent();
    vertx
        .executeBlocking(() -> answer(request.path(), html), false)
        .onSuccess(answer -> send(request, answer))
        .onFailure(
            e -> {
              LOG.warnf("orders cannot be shown: %s", e.getMessage());
              int status = e instanceof StoreException ? 503 : 500;
              send(request, new Answer(status, "text/plain", "the ledger cannot be read now\n"));
            });
  }

  private static void send(HttpServerRequest request, Answer answer) {
    request
        .response()
        .setStatusCode(answer.status())
        .putHeader("Content-Type", answer.type() + "; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri"
                + " 'none'")
        .end(answer.body());
  }

  private Answer answer(String path, boolean html) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return notFound(html);
    }
    Instant now = Instant.now();
    Optional<String> order = Optional.ofNullable(matcher.group("order"));
    if (order.isEmpty()) {
      ObjectNode list = list(now);
      return html ? page(JobsPage.html(list)) : json(list);
    }
    Account account = books.account(order.get());
    if (account.order().isEmpty() && account.result().isEmpty()) {
      return notFound(html);
    }
    ObjectNode json = account.json(now);
    return html ? page(JobsPage.html(order.get(), json)) : json(json);
  }

  private synchronized ObjectNode list(Instant now) {
    if (last.isEmpty() || System.nanoTime() - made > fresh.toNanos()) {
      last = Optional.of(made(now));
      made = System.nanoTime();
    }
    return last.get();
  }

  private ObjectNode made(Instant now) {
    List<Unsettled> unsettled = books.unsettled();
    Set<String> open = unsettled.stream().map(Unsettled::order).collect(Collectors.toSet());
    List<String> settled =
        books.settled(Integer.MAX_VALUE).stream().filter(id -> !open.contains(id)).toList();
    int left = Math.max(0, unsettled.size() - MOST) + Math.max(0, settled.size() - MOST);
    return JobsPage.list(
        unsettled.stream().limit(MOST).map(books::account).map(a -> a.json(now)).toList(),
        settled.stream().limit(MOST).map(books::account).map(a -> a.json(now)).toList(),
        left,
        books.paused());
  }

  private static Answer page(String html) {
    return new Answer(200, "text/html", html);
  }

  private static Answer json(ObjectNode json) {
    return new Answer(
        200, "application/json", new String(EventJson.bytes(json), StandardCharsets.UTF_8) + "\n");
  }

  private static Answer notFound(boolean html) {
    return html
        ? new Answer(404, "text/html", JobsPage.notFound())
        : new Answer(404, "application/json", "{\"message\":\"there is no such order\"}\n");
  }
}
