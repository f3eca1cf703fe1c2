package dev.secateur.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.Minio;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Tenure;
import dev.secateur.store.ObjectStore;
import dev.secateur.worker.LocalServers;
import dev.secateur.worker.Platform;
import io.minio.ListObjectsArgs;
import io.minio.MinioClient;
import io.minio.SetBucketVersioningArgs;
import io.minio.messages.Item;
import io.minio.messages.VersioningConfiguration;
import io.minio.messages.VersioningConfiguration.Status;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
    Minio.assumeThere();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      store.close();
      server.close();
    }
  }

  /** Each sign of life is written over the one before, which such a bucket keeps. */
  @Test
  void inABucketThatKeepsVersionsTheSweepLeavesNoneThatIsNotCurrent() throws Exception {
    try (MinioClient client = client()) {
      client.setBucketVersioning(
          SetBucketVersioningArgs.builder()
              .bucket(state.bucket())
              .config(new VersioningConfiguration(Status.ENABLED, false))
              .build());
      Ledger ledger = ledger("one");
      ledger.orders().register(order);
      Tenure tenure = taken("one");
      for (int n = 0; n < 5; n++) {
        beat(tenure);
      }
      int current = store.list(state.resolve("claims/")).size();
      assertThat(versions(client)).isGreaterThanOrEqualTo(current + 4);
      ledger.retention().sweep(Duration.ofDays(1));
      assertThat(versions(client)).isEqualTo(current);
      assertThat(ledger("two").next()).as("the claim holds").isEmpty();
      ledger.settle(tenure, result(order.id(), "one"));
      ledger.close(tenure);
      assertThat(versions(client)).isPositive();
      ledger.retention().sweep(Duration.ofDays(1));
      assertThat(versions(client)).isZero();
    }
  }

  private static MinioClient client() {
    return MinioClient.builder()
        .endpoint(server.endpoint())
        .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
        .build();
  }

  /** Of claims, those included that say that something is deleted. */
  private int versions(MinioClient client) throws Exception {
    int versions = 0;
    for (io.minio.Result<Item> version :
        client.listObjects(
            ListObjectsArgs.builder()
                .bucket(state.bucket())
                .prefix(state.resolve("claims/").key())
                .recursive(true)
                .includeVersions(true)
                .build())) {
      assertThat(version.get().versionId()).isNotEmpty();
      versions++;
    }
    return versions;
  }

  @Override
  ObjectStore store() {
    return store;
  }
}
