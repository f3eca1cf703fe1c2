package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Entry;
import dev.secateur.store.Created;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoreException.Kind;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A document that is written once. The first that can be read stands: {@code key}, else {@code
 * key~1}, else {@code key~2}, …; none is ever overwritten. What is written is read back unless the
 * store vouches for it, so that one that was damaged on its way is noticed while its writer still
 * has it.
 *
 * @param parse of a key and its content; throws {@link UnreadableException}
 */
record FirstReadable<T>(
    LedgerStore store, Function<T, byte[]> bytes, BiFunction<String, byte[], T> parse) {
  /** So many that are damaged are no accident. */
  private static final int MOST = 16;

  /**
   * @throws UnreadableException if a newer version wrote it
   */
  Optional<T> find(String key) {
    for (int n = 0; n < MOST; n++) {
      Optional<Entry> entry = store.get(name(key, n));
      if (entry.isEmpty()) {
        return Optional.empty();
      }
      Optional<T> document = readable(name(key, n), entry.get());
      if (document.isPresent()) {
        return document;
      }
    }
    throw new UnreadableException(key + ": is damaged " + MOST + " times over", false);
  }

  /**
   * The document that counts.
   *
   * @param isNew whether it is known that it was not there before
   */
  record Standing<T>(T document, boolean isNew) {}

  /** Writes {@code mine} unless one stands already. */
  Standing<T> stand(String key, T mine) {
    for (int n = 0; n < MOST; n++) {
      String name = name(key, n);
      if (store.create(name, bytes.apply(mine)) == Created.INTACT) {
        return new Standing<>(mine, true);
      }
      Entry entry =
          store
              .get(name)
              .orElseThrow(
                  () -> new StoreException(Kind.UNAVAILABLE, name + ": was written and is gone"));
      Optional<T> document = readable(name, entry);
      if (document.isPresent()) {
        return new Standing<>(document.get(), false);
      }
    }
    throw new UnreadableException(key + ": is damaged " + MOST + " times over", false);
  }

  static String name(String key, int n) {
    return n == 0 ? key : key + "~" + n;
  }

  private Optional<T> readable(String key, Entry entry) {
    try {
      return Optional.of(parse.apply(key, entry.content()));
    } catch (UnreadableException e) {
      if (e.isNewer()) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
