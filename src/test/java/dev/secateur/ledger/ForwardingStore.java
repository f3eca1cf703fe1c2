package dev.secateur.ledger;

import dev.secateur.store.Created;
import java.util.List;
import java.util.Optional;

/** A store that asks another. */
abstract class ForwardingStore implements LedgerStore {
  private final LedgerStore store;

  ForwardingStore(LedgerStore store) {
    this.store = store;
  }

  @Override
  public Optional<Entry> get(String key) {
    return store.get(key);
  }

  @Override
  public Created create(String key, byte[] content) {
    return store.create(key, content);
  }

  @Override
  public void put(String key, byte[] content) {
    store.put(key, content);
  }

  @Override
  public void delete(String key) {
    store.delete(key);
  }

  @Override
  public List<String> names(String prefix, String after, int most) {
    return store.names(prefix, after, most);
  }

  @Override
  public List<Listed> list(String prefix, String after, int most) {
    return store.list(prefix, after, most);
  }
}
