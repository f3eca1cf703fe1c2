package dev.secateur.ledger;

import dev.secateur.store.Created;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Small objects by key, as the ledger needs them. Reads see what was written before. Each method
 * throws {@link dev.secateur.store.StoreException} where there is no answer; the request may have
 * had its effect all the same.
 */
public interface LedgerStore {
  /**
   * @param age since it was last written, by the store's own clock, which counts whole seconds: up
   *     to a second off
   */
  record Entry(byte[] content, Duration age) {}

  /**
   * @param name what follows the prefix that was listed
   * @param age since it was last written, by this process's clock: good for days, not for leases
   */
  record Listed(String name, Duration age) {}

  Optional<Entry> get(String key);

  /** Writes an object unless one is there, atomically. */
  Created create(String key, byte[] content);

  /** Writes an object, over any that is there. */
  void put(String key, byte[] content);

  /** One that is not there is fine. */
  void delete(String key);

  /** Removes what is kept of objects below a prefix that were overwritten or deleted, if it is. */
  default void deleteOldVersions(String prefix) {}

  /**
   * What is directly below a prefix, in order; a name under which there is more ends with a slash.
   *
   * @param prefix ends with a slash
   * @param after only names that sort after this one; empty for all
   * @param most at most so many
   */
  List<String> names(String prefix, String after, int most);

  /** All objects below a prefix that ends with a slash, in order, likewise. */
  List<Listed> list(String prefix, String after, int most);
}
