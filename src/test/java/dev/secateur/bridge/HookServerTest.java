package dev.secateur.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.bridge.HookSignature.Verdict;
import dev.secateur.demo.Ports;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deliveries as MLflow sends them, and as others might. */
final class HookServerTest {
  private static final String SECRET = "a secret";
  private static final byte[] BODY =
      "{\"entity\": \"model_version\"}".getBytes(StandardCharsets.UTF_8);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final AtomicInteger WOKEN = new AtomicInteger();

  private static Vertx vertx;
  private static int port;

  @BeforeAll
  static void open() throws IOException {
    vertx = Vertx.vertx();
    port = Ports.free();
    new HookServer(SECRET, WOKEN::incrementAndGet, new SimpleMeterRegistry())
        .start(vertx, "127.0.0.1", port);
    Awaitility.await().ignoreExceptions().until(HookServerTest::isOpen);
  }

  private static boolean isOpen() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    }
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static int send(String id, Instant time, String signature, byte[] body) throws Exception {
    return HTTP.send(
            request(HookServer.PATH)
                .header("X-MLflow-Delivery-Id", id)
                .header("X-MLflow-Timestamp", String.valueOf(time.getEpochSecond()))
                .header("X-MLflow-Signature", signature)
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofMinutes(1));
  }

  private static String signature(String id, Instant time, byte[] body) {
    return new HookSignature(SECRET).signature(id, String.valueOf(time.getEpochSecond()), body);
  }

  @Test
  void aDeliveryWakesOnceHoweverOftenItComes() throws Exception {
    String id = UUID.randomUUID().toString();
    Instant now = Instant.now();
    int before = WOKEN.get();
    assertThat(send(id, now, signature(id, now, BODY), BODY)).isEqualTo(202);
    assertThat(send(id, now, signature(id, now, BODY), BODY)).isEqualTo(202);
    assertThat(WOKEN.get()).isEqualTo(before + 1);
  }

  /** As MLflow 3.17.2's {@code _generate_hmac_signature} signed it. */
  @Test
  void theSignatureIsMlflows() {
    assertThat(
            new HookSignature("s3cret")
                .signature("d-1", "1700000000", "{\"a\": \"é\"}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("v1,rU4OubywPOcLVyhcywVBcIHKe1kGlNwjzrIihtYdgCw=");
  }

  @Test
  void whatIsForgedStaleOrUnsignedIsRefused() throws Exception {
    Instant now = Instant.now();
    Instant stale = now.minusSeconds(301);
    Instant early = now.plusSeconds(330);
    int before = WOKEN.get();
    assertThat(send("1", now, signature("2", now, BODY), BODY)).isEqualTo(401);
    assertThat(send("1", now, signature("1", stale, BODY), BODY)).isEqualTo(401);
    assertThat(send("1", now, signature("1", now, new byte[1]), BODY)).isEqualTo(401);
    assertThat(send("1", stale, signature("1", stale, BODY), BODY)).isEqualTo(401);
    assertThat(send("1", early, signature("1", early, BODY), BODY)).isEqualTo(401);
    assertThat(send("1", now, "v1,", BODY)).isEqualTo(401);
    HttpRequest unsigned = request(HookServer.PATH).POST(BodyPublishers.ofByteArray(BODY)).build();
    assertThat(HTTP.send(unsigned, HttpResponse.BodyHandlers.discarding()).statusCode())
        .isEqualTo(401);
    assertThat(WOKEN.get()).isEqualTo(before);
  }

  @Test
  void whatIsTooLargeIsNotRead() throws Exception {
    Instant now = Instant.now();
    byte[] most = new byte[64 << 10];
    assertThat(send("most", now, signature("most", now, most), most)).isEqualTo(202);
    byte[] more = new byte[(64 << 10) + 1];
    int before = WOKEN.get();
    assertThat(sendOrHangUp("more", now, more)).isIn(0, 413);
    // In pieces, without a word of how much there will be.
    HttpRequest chunked =
        request(HookServer.PATH)
            .POST(
                BodyPublishers.ofInputStream(
                    () -> new java.io.ByteArrayInputStream(new byte[1 << 20])))
            .build();
    int status;
    try {
      status = HTTP.send(chunked, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      status = 0;
    }
    assertThat(status).isIn(0, 413);
    assertThat(WOKEN.get()).isEqualTo(before);
  }

  /** 0 where the server hung up before it was told all. */
  private static int sendOrHangUp(String id, Instant time, byte[] body) throws Exception {
    try {
      return send(id, time, signature(id, time, body), body);
    } catch (IOException e) {
      return 0;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/hooks", "/hooks/mlflow/", "/q/health"})
  void thereIsNothingElse(String path) throws Exception {
    HttpRequest post = request(path).POST(BodyPublishers.noBody()).build();
    assertThat(HTTP.send(post, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(404);
    HttpRequest get = request(HookServer.PATH).GET().build();
    assertThat(HTTP.send(get, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(405);
  }

  @Test
  void idsAreForgottenOnlyWhenTheyAreStale() {
    HookSignature signatures = new HookSignature(SECRET);
    Instant start = Instant.ofEpochSecond(1_800_000_000);
    for (int n = 0; n < 600; n++) {
      Instant now = start.plusSeconds(n);
      String id = "d" + n;
      String time = String.valueOf(now.getEpochSecond());
      String signature = signatures.signature(id, time, BODY);
      assertThat(signatures.judge(id, time, signature, BODY, now)).isEqualTo(Verdict.TAKEN);
      Instant later = now.plusSeconds(299);
      assertThat(signatures.judge(id, time, signature, BODY, later)).isEqualTo(Verdict.REPEATED);
    }
  }
}
