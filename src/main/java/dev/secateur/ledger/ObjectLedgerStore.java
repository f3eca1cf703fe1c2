package dev.secateur.ledger;

import dev.secateur.store.Created;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoreException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The ledger's objects below one address of an object store. */
public final class ObjectLedgerStore implements LedgerStore {
  /** An order holds its record, which has a bound of its own; twice that and a plan. */
  private static final int LARGEST = 16 << 20;

  private static final byte[] UNREADABLE = {};

  private final ObjectStore store;
  private final ObjectUri state;

  public ObjectLedgerStore(ObjectStore store, ObjectUri state) {
    this.store = store;
    this.state = state;
  }

  @Override
  public Optional<Entry> get(String key) {
    try {
      return store.get(state.resolve(key), LARGEST).map(c -> new Entry(c.bytes(), c.age()));
    } catch (StoreException e) {
      if (e.kind() == Kind.TOO_LARGE) {
        // None of ours; like any that is damaged it keeps nobody from the others.
        return Optional.of(new Entry(UNREADABLE, Duration.ZERO));
      }
      throw e;
    }
  }

  @Override
  public Created create(String key, byte[] content) {
    return store.create(state.resolve(key), content);
  }

  @Override
  public void put(String key, byte[] content) {
    store.write(state.resolve(key), content);
  }

  @Override
  public void delete(String key) {
    store.delete(state.resolve(key));
  }

  @Override
  public void deleteOldVersions(String prefix) {
    store.deleteOldVersions(state.resolve(prefix));
  }

  @Override
  public List<String> names(String prefix, String after, int most) {
    return store.names(state.resolve(prefix), after, most);
  }

  @Override
  public List<Listed> list(String prefix, String after, int most) {
    ObjectUri under = state.resolve(prefix);
    return store.list(under, after, most).stream()
        .map(o -> new Listed(o.uri().key().substring(under.key().length()), o.age()))
        .toList();
  }
}
