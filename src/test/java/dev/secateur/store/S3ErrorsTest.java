package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import dev.secateur.store.StoreException.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a store's refusals come to, from a server that answers as it is told. */
final class S3ErrorsTest {
  private static final ObjectUri OBJECT = ObjectUri.of("s3://artifacts/key");
  private static final int MOVED = 308;
  private static final String ELSEWHERE = "https://store.example/artifacts/key";

  @ParameterizedTest
  @CsvSource({
    // A full bucket passes, but not at once.
    "507, XMinioStorageFull, FULL, 1",
    "503, SlowDown, UNAVAILABLE, 4",
    // Broken off on its way.
    "400, RequestTimeout, UNAVAILABLE, 4",
    "400, EntityTooLarge, TOO_LARGE, 1",
    "403, AccessDenied, FORBIDDEN, 1"
  })
  void whatPassesSoonIsAskedAgain(int status, String code, Kind kind, int requests)
      throws Exception {
    assertThat(requestsUntil(status, code, kind)).isEqualTo(requests);
  }

  private static int requestsUntil(int status, String code, Kind kind) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (Server server =
        new Server(
            (method, query) -> {
              requests.incrementAndGet();
              return Answer.no(status, code);
            })) {
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> server.store().write(OBJECT, new byte[] {1}))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(kind))
          .withMessageNotContaining("a-secret-key")
          // The client's own exception tells the request's headers, a session token among them.
          .withNoCause();
      return requests.get();
    }
  }

  /** A client in clear text speaks no other: the remedy is the endpoint's right address. */
  @Test
  void aStoreThatSendsToAnEncryptedAddressIsNotFollowed() throws Exception {
    try (Server server = new Server((method, query) -> new Answer(MOVED, ""))) {
      for (Consumer<ObjectStore> use :
          List.<Consumer<ObjectStore>>of(
              store -> store.write(OBJECT, new byte[] {1}),
              store -> store.stat(OBJECT),
              store -> store.ping("artifacts"))) {
        assertThatExceptionOfType(StoreException.class)
            .isThrownBy(() -> use.accept(server.store()))
            .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE))
            .withMessageEndingWith(
                "the store sends to https://store.example: make that the endpoint");
      }
    }
  }

  private record Answer(int status, String body) {
    static Answer no(int status, String code) {
      return new Answer(status, "<Error><Code>" + code + "</Code><Message>no</Message></Error>");
    }
  }

  /** Answers by method and query. */
  private static final class Server implements AutoCloseable {
    private final HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final ObjectStore store;

    Server(BiFunction<String, String, Answer> answers) throws Exception {
      http.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            Answer answer =
                answers.apply(
                    exchange.getRequestMethod(),
                    String.valueOf(exchange.getRequestURI().getQuery()));
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/xml");
            if (answer.status() == MOVED) {
              exchange.getResponseHeaders().add("Location", ELSEWHERE);
            }
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      http.start();
      store =
          S3ProxyIT.s3(
              "http://127.0.0.1:" + http.getAddress().getPort(),
              CredentialSources.keys("access", "a-secret-key"));
    }

    ObjectStore store() {
      return store;
    }

    @Override
    public void close() {
      store.close();
      http.stop(0);
    }
  }

  /** Whoever begins an upload ends that one, however often it has to ask. */
  @Test
  void whatIsBegunToTryWritingIsTakenBackThoughThatFailsAtFirst() throws Exception {
    Uploads uploads = new Uploads(2, 503, "SlowDown");
    uploads.tried(store -> store.tryWriting(OBJECT.resolve("")));
    assertThat(uploads.begun).isEqualTo(1);
    assertThat(uploads.open).isEmpty();
  }

  @Test
  void whatMayNotBeTakenBackIsNamed() throws Exception {
    Uploads uploads = new Uploads(Integer.MAX_VALUE, 403, "AccessDenied");
    uploads.tried(
        store ->
            assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> store.tryWriting(OBJECT.resolve("")))
                .withMessageContainingAll("upload-1", "s3:AbortMultipartUpload"));
    assertThat(uploads.begun).isEqualTo(1);
  }

  /** A server of uploads in parts, which refuses to end one so many times. */
  private static final class Uploads {
    private final Set<String> open = new HashSet<>();
    private final int status;
    private final String code;
    private int refusals;
    private int begun;

    Uploads(int refusals, int status, String code) {
      this.refusals = refusals;
      this.status = status;
      this.code = code;
    }

    void tried(Consumer<ObjectStore> use) throws Exception {
      try (Server server = new Server(this::answer)) {
        use.accept(server.store());
      }
    }

    private synchronized Answer answer(String method, String query) {
      if (method.equals("POST")) {
        String id = "upload-" + ++begun;
        open.add(id);
        return new Answer(
            200,
            "<InitiateMultipartUploadResult><Bucket>artifacts</Bucket><Key>key</Key><UploadId>"
                + id
                + "</UploadId></InitiateMultipartUploadResult>");
      }
      if (refusals-- > 0) {
        return Answer.no(status, code);
      }
      return open.remove(query.replaceFirst(".*uploadId=", ""))
          ? new Answer(204, "")
          : Answer.no(404, "NoSuchUpload");
    }
  }
}
