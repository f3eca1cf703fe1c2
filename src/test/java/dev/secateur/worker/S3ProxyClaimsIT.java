package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class S3ProxyClaimsIT extends ClaimsContract {
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    store = Platform.store(LocalServers.get().s3);
  }

  @Override
  ObjectStore store() {
    return store;
  }

  @Test
  void anAttemptThatCannotStartSinceTheStoreIsAwayIsNotCounted(@TempDir Path own) throws Exception {
    int port = Ports.free();
    ObjectUri state = ObjectUri.of("s3://artifacts/");
    Duration never = Duration.ofHours(1);
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (ObjectStore away = Platform.store("http://127.0.0.1:" + port)) {
      JobKey key = new JobKey(Digests.sha256(new byte[0]));
      Claim claim;
      try (LocalStore server = LocalStore.start(own, port, LocalServers.BUCKETS)) {
        Claims claims = new Claims(away, state, "one", never, never, clock);
        claim = ((Claims.Taken) claims.take(key)).claim();
      }
      for (int asked = 0; asked < 2; asked++) {
        assertThatExceptionOfType(StoreException.class).isThrownBy(claim::nextAttempt);
      }
      try (LocalStore server = LocalStore.start(own, port, LocalServers.BUCKETS)) {
        claim.nextAttempt();
      }
      assertThat(claim.attempts()).isEqualTo(2);
    } finally {
      clock.shutdownNow();
    }
  }
}
