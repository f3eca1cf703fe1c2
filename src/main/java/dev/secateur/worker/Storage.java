package dev.secateur.worker;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;

/**
 * Where a worker's objects lie.
 *
 * @param state where the ledger lies
 * @param output where artifacts go when the event does not say
 */
public record Storage(ObjectStore store, ObjectUri state, ObjectUri output) {
  /** Whether the store is there at all; one object or one request may fail all the same. */
  public boolean answers() {
    try {
      store.ping(state.bucket());
      return true;
    } catch (StoreException e) {
      return false;
    }
  }

  /**
   * Whether what the store refused may be granted later. A refusal counts as the object's, unless
   * the store refuses this worker everything: keys that are being changed are no job's fault.
   */
  public boolean mayPass(StoreException e) {
    return e.passing() || e.kind() == StoreException.Kind.FORBIDDEN && !answers();
  }
}
