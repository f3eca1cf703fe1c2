package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions for a web identity, from a token service whose sessions last as long as it is told. */
final class CredentialSourcesTest {
  private static final ObjectUri OBJECT = ObjectUri.of("s3://artifacts/key");
  private static final byte[] CONTENT = {1};

  @TempDir Path directory;

  private final List<String> tokens = new ArrayList<>();
  private final List<String> sessions = new ArrayList<>();
  private Duration validity = Duration.ofHours(1);
  private int status = 200;
  private HttpServer server;
  private Path file;

  @BeforeEach
  void start() throws Exception {
    file = Files.writeString(directory.resolve("token"), "first\n");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/sts", this::session);
    server.createContext(
        "/artifacts",
        exchange -> {
          sessions.add(exchange.getRequestHeaders().getFirst("X-Amz-Security-Token"));
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("ETag", "\"1\"");
          answer(exchange, 200, "");
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void session(HttpExchange exchange) throws IOException {
    String token = exchange.getRequestURI().getQuery().replaceAll(".*WebIdentityToken=", "");
    tokens.add(token);
    String xml =
        """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult><Credentials>
            <AccessKeyId>key</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
            <SessionToken>session-of-%s</SessionToken><Expiration>%s</Expiration>
          </Credentials></AssumeRoleWithWebIdentityResult>
        </AssumeRoleWithWebIdentityResponse>
        """
            .formatted(token, Instant.now().plus(validity).truncatedTo(ChronoUnit.SECONDS));
    answer(exchange, status, xml);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private ObjectStore store() {
    String address = "http://127.0.0.1:" + server.getAddress().getPort();
    return S3ProxyIT.s3(
        address, CredentialSources.webIdentity(file, address + "/sts", "", new OkHttpClient()));
  }

  @Test
  void aSessionIsUsedAsLongAsItLasts() {
    try (ObjectStore store = store()) {
      store.write(OBJECT, CONTENT);
      store.write(OBJECT, CONTENT);
    }
    assertThat(tokens).containsExactly("first");
    assertThat(sessions).containsExactly("session-of-first", "session-of-first");
  }

  @Test
  void anExpiredSessionIsRenewedWithTheTokenThatIsInTheFileThen() throws Exception {
    validity = Duration.ofSeconds(5);
    try (ObjectStore store = store()) {
      store.write(OBJECT, CONTENT);
      Files.writeString(file, "second");
      store.write(OBJECT, CONTENT);
    }
    assertThat(tokens).containsExactly("first", "second");
    assertThat(sessions).containsExactly("session-of-first", "session-of-second");
  }

  @Test
  void aTokenThatIsRefusedIsToldWithoutTheTokenAndMayDoLater() throws Exception {
    status = 400;
    refused("no credentials: STS service failed with HTTP status code 400");
    Files.delete(file);
    refused(
        "no credentials: " + file + ": cannot read the web identity token (NoSuchFileException)");
    assertThat(sessions).isEmpty();
  }

  private void refused(String why) {
    try (ObjectStore store = store()) {
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> store.write(OBJECT, CONTENT))
          .withMessage(OBJECT + ": " + why)
          .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
    }
  }
}
