package dev.secateur.worker.run;

import dev.secateur.demo.Minio;
import dev.secateur.store.ObjectStore;
import dev.secateur.worker.LocalServers;
import dev.secateur.worker.Platform;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class MinioLedgerIT extends LedgerContract {
  @TempDir static Path root;

  private static Minio server;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    if (!Minio.isThere()) {
      return;
    }
    server = Minio.start(root, LocalServers.BUCKETS);
    store = Platform.store(server.endpoint(), Minio.ACCESS_KEY, Minio.SECRET_KEY);
  }

  /** Before each, not before all: a class that never began is not counted as skipped. */
  @BeforeEach
  void needsMinio() {
    Assumptions.assumeTrue(
        Minio.isThere(), () -> Minio.program() + ": no MinIO; .ci/run builds it");
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
