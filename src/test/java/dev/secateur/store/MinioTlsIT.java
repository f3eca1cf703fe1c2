package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.demo.Certificates;
import dev.secateur.demo.Minio;
import io.minio.credentials.Provider;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract against MinIO over TLS, with a certificate of a private authority. */
final class MinioTlsIT extends StoreContract {
  private static final Provider KEYS = CredentialSources.keys(Minio.ACCESS_KEY, Minio.SECRET_KEY);

  @TempDir static Path root;

  private static Minio server;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    if (Minio.isThere()) {
      Certificates certificates = Certificates.create(root.resolve("certificates"), "ip:127.0.0.1");
      server = Minio.start(root, Optional.of(certificates), Map.of(), "models", "artifacts");
      store = S3ProxyIT.s3(server.endpoint(), KEYS, Optional.of(certificates.authority()));
    }
  }

  /** Before each, not before all: a class that never began is not counted as skipped. */
  @BeforeEach
  void needsMinio() {
    Minio.assumeThere();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      store.close();
      server.close();
    }
  }

  @Override
  ObjectStore store() {
    return store;
  }

  @Test
  void aServerOfAnUnknownAuthorityIsNotTrusted() {
    try (ObjectStore trusting = S3ProxyIT.s3(server.endpoint(), KEYS)) {
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> trusting.ping("artifacts"))
          .withMessageContaining("no answer (SSLHandshakeException)");
    }
  }
}
