package dev.secateur.store;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryStoreTest extends StoreContract {
  @TempDir Path root;

  @Override
  ObjectStore store() {
    return new DirectoryStore(root, BUCKETS);
  }
}
