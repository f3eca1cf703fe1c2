package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import dev.secateur.store.StoreException.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a store's refusals come to, from a server that answers as it is told. */
final class S3ErrorsTest {
  private static final ObjectUri OBJECT = ObjectUri.of("s3://artifacts/key");

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
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.getRequestBody().readAllBytes();
          byte[] body =
              ("<Error><Code>" + code + "</Code><Message>no</Message></Error>")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/xml");
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try (ObjectStore store =
        S3ProxyIT.s3(
            "http://127.0.0.1:" + server.getAddress().getPort(),
            CredentialSources.keys("access", "a-secret-key"))) {
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> store.write(OBJECT, new byte[] {1}))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(kind))
          .withMessageNotContaining("a-secret-key")
          // The client's own exception tells the request's headers, a session token among them.
          .withNoCause();
      return requests.get();
    } finally {
      server.stop(0);
    }
  }
}
