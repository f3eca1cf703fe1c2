package dev.secateur.store;

import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import io.minio.credentials.Provider;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

final class S3ProxyIT extends StoreContract {
  @TempDir static Path root;

  private static LocalStore server;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    server = LocalStore.start(root, Ports.free(), "models", "artifacts");
    store =
        s3(server.endpoint(), CredentialSources.keys(LocalStore.ACCESS_KEY, LocalStore.SECRET_KEY));
  }

  static S3ObjectStore s3(String endpoint, Provider credentials) {
    return s3(endpoint, credentials, Optional.empty());
  }

  static S3ObjectStore s3(String endpoint, Provider credentials, Optional<Path> authorities) {
    return new S3ObjectStore(
        new S3Settings(
            URI.create(endpoint),
            "us-east-1",
            true,
            Optional.of(credentials),
            authorities,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            3),
        BUCKETS,
        StoreListener.NONE);
  }

  @AfterAll
  static void stop() throws Exception {
    store.close();
    server.close();
  }

  @Override
  ObjectStore store() {
    return store;
  }
}
