package dev.secateur.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Tenure;
import dev.secateur.ledger.Terms;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.worker.LocalServers;
import dev.secateur.worker.Platform;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class S3ProxyLedgerIT extends LedgerContract {
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
    try (ObjectStore away = Platform.store("http://127.0.0.1:" + port)) {
      Tenure tenure;
      try (LocalStore server = LocalStore.start(own, port, LocalServers.BUCKETS)) {
        Ledger ledger =
            new Ledger(
                new ObjectLedgerStore(away, state),
                InstantSource.system(),
                new Terms("one", "v1", never, never));
        ledger.orders().register(order("away", "job-of-away"));
        tenure = ledger.next().orElseThrow();
      }
      for (int asked = 0; asked < 2; asked++) {
        assertThatExceptionOfType(StoreException.class).isThrownBy(tenure::nextAttempt);
      }
      try (LocalStore server = LocalStore.start(own, port, LocalServers.BUCKETS)) {
        tenure.nextAttempt();
      }
      assertThat(tenure.attempts()).isEqualTo(2);
    }
  }
}
