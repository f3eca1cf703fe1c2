package dev.secateur.worker;

import dev.secateur.demo.Minio;
import dev.secateur.store.ObjectStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

final class MinioClaimsIT extends ClaimsContract {
  @TempDir static Path root;

  private static Minio server;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(
        Minio.isThere(), () -> Minio.program() + ": no MinIO; .ci/run builds it");
    server = Minio.start(root, LocalServers.BUCKETS);
    store = Platform.store(server.endpoint(), Minio.ACCESS_KEY, Minio.SECRET_KEY);
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
}
