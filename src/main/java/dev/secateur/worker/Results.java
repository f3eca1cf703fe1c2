package dev.secateur.worker;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import java.util.Optional;

/**
 * The outbox: for each job the one event that is its result, created only if none is there. What
 * stands here is what is sent, however often.
 */
final class Results {
  /** A result holds a report's variants and a plan; more is no result. */
  static final int LARGEST = 4 << 20;

  private final ObjectStore store;
  private final ObjectUri results;

  Results(ObjectStore store, ObjectUri state) {
    this.store = store;
    this.results = state.resolve("results/");
  }

  Optional<CloudEvent> find(JobKey key) {
    ObjectUri uri = uri(key);
    return store.read(uri, LARGEST).map(bytes -> event(uri, bytes));
  }

  /** Stores the job's result unless it has one, and returns the one that it has. */
  CloudEvent settle(JobKey key, CloudEvent event) {
    KafkaBinding.Encoded encoded = KafkaBinding.structured(event);
    if (store.create(uri(key), encoded.value())) {
      return event;
    }
    return find(key)
        .orElseThrow(
            () ->
                new StoreException(
                    StoreException.Kind.UNAVAILABLE, uri(key) + ": is there and is not there"));
  }

  private ObjectUri uri(JobKey key) {
    return results.resolve(key + ".json");
  }

  private static CloudEvent event(ObjectUri uri, byte[] bytes) {
    try {
      return KafkaBinding.read(KafkaBinding.STRUCTURED_HEADERS, Optional.of(bytes), LARGEST, "");
    } catch (MalformedEventException e) {
      throw new StoreException(
          StoreException.Kind.FORBIDDEN, uri + ": is no result; delete it to go on", e);
    }
  }
}
