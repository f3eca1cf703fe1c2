package dev.secateur.bridge;

import dev.secateur.bridge.HookSignature.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Takes MLflow's deliveries at {@code POST /hooks/mlflow}, on a port of its own. All that one does
 * is to have MLflow polled soon: with several MLflow processes deliveries are lost, and what is in
 * them is nobody's word. So nothing is read of a body but its signature.
 */
final class HookServer {
  private static final Logger LOG = Logger.getLogger(HookServer.class);
  static final String PATH = "/hooks/mlflow";
  private static final int LARGEST = 64 << 10;

  /** For a delivery to arrive in full. */
  private static final int IDLE_SECONDS = 10;

  private final HookSignature signatures;
  private final Runnable wake;
  private final MeterRegistry meters;

  HookServer(String secret, Runnable wake, MeterRegistry meters) {
    this.signatures = new HookSignature(secret);
    this.wake = wake;
    this.meters = meters;
  }

  /** A port that cannot be had is no reason not to poll. */
  void start(Vertx vertx, String host, int port) {
    vertx
        .createHttpServer(
            new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS))
        .requestHandler(this::handle)
        .listen()
        .onSuccess(
            server -> LOG.infof("webhooks are taken on port %d, at %s", server.actualPort(), PATH))
        .onFailure(e -> LOG.warnf("webhooks are not taken: port %d: %s", port, e.getMessage()));
  }

  private void handle(HttpServerRequest request) {
    if (!request.path().equals(PATH)) {
      answer(request, 404);
    } else if (!request.method().equals(HttpMethod.POST)) {
      request.response().putHeader("Allow", "POST");
      answer(request, 405);
    } else if (announced(request) > LARGEST) {
      answer(request, 413);
    } else {
      Buffer body = Buffer.buffer();
      request.handler(
          part -> {
            if (!request.response().ended() && body.length() + part.length() > LARGEST) {
              answer(request, 413);
            } else if (!request.response().ended()) {
              body.appendBuffer(part);
            }
          });
      request.endHandler(
          end -> {
            if (!request.response().ended()) {
              answer(request, judge(request, body.getBytes()));
            }
          });
    }
  }

  private static long announced(HttpServerRequest request) {
    try {
      return Long.parseLong(header(request, "Content-Length"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private int judge(HttpServerRequest request, byte[] body) {
    Verdict verdict =
        signatures.judge(
            header(request, "X-MLflow-Delivery-Id"),
            header(request, "X-MLflow-Timestamp"),
            header(request, "X-MLflow-Signature"),
            body,
            Instant.now());
    if (verdict == Verdict.TAKEN) {
      wake.run();
    }
    count(verdict);
    return verdict == Verdict.REFUSED ? 401 : 202;
  }

  private void count(Verdict verdict) {
    meters
        .counter(BridgeMetrics.HOOKS, BridgeMetrics.RESULT, verdict.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  private static String header(HttpServerRequest request, String name) {
    return Optional.ofNullable(request.getHeader(name)).orElse("");
  }

  private void answer(HttpServerRequest request, int status) {
    if (status == 413) {
      count(Verdict.REFUSED);
      // What still comes is not read.
      request.response().putHeader("Connection", "close");
    }
    request.response().setStatusCode(status).end();
    if (status == 413) {
      request.connection().close();
    }
  }
}
