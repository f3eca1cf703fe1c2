package dev.secateur.worker;

import dev.secateur.store.ObjectStore;
import org.junit.jupiter.api.BeforeAll;

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
}
