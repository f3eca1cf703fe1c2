package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The right to run a job: an object for each epoch, created only if none is there, and rewritten as
 * a heartbeat by its owner alone. The highest epoch holds; one whose heartbeat is older than the
 * expiry, by the store's own clock, or that was given back, may be followed by the next.
 */
final class Claims {
  private static final Logger LOG = Logger.getLogger(Claims.class);

  /** A claim is a few hundred bytes. */
  private static final int LARGEST = 1 << 16;

  private static final Pattern EPOCH = Pattern.compile(Stores.EPOCH);

  private final ObjectStore store;
  private final ObjectUri claims;
  private final String worker;
  private final Duration heartbeat;
  private final Duration expiry;
  private final ScheduledExecutorService clock;

  /** Taken and not yet closed. */
  private final Set<Claim> held = ConcurrentHashMap.newKeySet();

  /** Of those, and of those that are being created at this moment. */
  private final Set<String> tokens = ConcurrentHashMap.newKeySet();

  /** What came of asking for a claim. */
  sealed interface Answer permits Taken, Busy {}

  /**
   * @param takenOver whether another epoch came before, and was not given back
   */
  record Taken(Claim claim, boolean takenOver) implements Answer {}

  /** Another worker's; asking again makes sense after {@code retryAfter}. */
  record Busy(Duration retryAfter) implements Answer {}

  /**
   * What a claim's object says.
   *
   * @param token of its owner, so that a lost answer to its creation can be told from a lost race
   * @param attempts started so far, this one included
   */
  record State(String worker, String token, int attempts, boolean released) {
    byte[] json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("worker", worker).put("token", token);
      json.put("attempts", attempts).put("released", released);
      return EventJson.bytes(json);
    }

    static State of(ObjectUri uri, byte[] bytes) {
      try {
        JsonNode json = EventJson.parse(bytes);
        return new State(
            json.path("worker").asText(),
            json.path("token").asText(),
            json.path("attempts").asInt(1),
            json.path("released").asBoolean());
      } catch (IOException e) {
        throw new StoreException(
            StoreException.Kind.FORBIDDEN, uri + ": is no claim; delete it to go on", e);
      }
    }
  }

  Claims(
      ObjectStore store,
      ObjectUri state,
      String worker,
      Duration heartbeat,
      Duration expiry,
      ScheduledExecutorService clock) {
    this.store = store;
    this.claims = state.resolve("claims/");
    this.worker = worker;
    this.heartbeat = heartbeat;
    this.expiry = expiry;
    this.clock = clock;
  }

  /** Takes the claim on a job if it is free. */
  Answer take(JobKey key) {
    Optional<Long> highest = highest(key);
    if (highest.isEmpty()) {
      return create(key, 1, 1, false);
    }
    long epoch = highest.get();
    ObjectUri uri = uri(key, epoch);
    Optional<StoredObject> found = store.stat(uri);
    Optional<State> state = store.read(uri, LARGEST).map(bytes -> State.of(uri, bytes));
    if (found.isEmpty() || state.isEmpty()) {
      return new Busy(Duration.ZERO);
    }
    if (state.get().released() || isOrphan(state.get())) {
      return create(key, epoch + 1, state.get().attempts(), false);
    }
    Duration left = expiry.minus(found.get().age());
    if (left.isNegative()) {
      return create(key, epoch + 1, state.get().attempts() + 1, true);
    }
    return new Busy(left.compareTo(heartbeat) < 0 ? left : heartbeat);
  }

  /** Gives back what is held, whatever its jobs are doing: they can write no more. */
  void releaseAll() {
    for (Claim claim : held) {
      try {
        claim.release();
      } catch (StoreException | ClaimLostException e) {
        LOG.warnf(
            "job %s: not given back, it will expire: %s",
            claim.key().abbreviated(), e.getMessage());
      }
    }
  }

  private Answer create(JobKey key, long epoch, int attempts, boolean takenOver) {
    State state = new State(worker, UUID.randomUUID().toString(), attempts, false);
    ObjectUri uri = uri(key, epoch);
    long asked = System.nanoTime();
    tokens.add(state.token());
    boolean ours = false;
    try {
      ours = store.create(uri, state.json()) || isOurs(uri, state);
    } finally {
      if (!ours) {
        tokens.remove(state.token());
      }
    }
    if (!ours) {
      return new Busy(Duration.ZERO);
    }
    Claim claim =
        new Claim(
            store,
            key,
            epoch,
            uri,
            uri(key, epoch + 1),
            state,
            heartbeat,
            asked,
            clock,
            this::forget);
    held.add(claim);
    return new Taken(claim, takenOver);
  }

  private void forget(Claim claim) {
    held.remove(claim);
    tokens.remove(claim.token());
  }

  /**
   * Created by this process, which was never told so: the store was away before its answer came.
   * Nobody works under such a claim, and no attempt was made.
   */
  private boolean isOrphan(State state) {
    return state.worker().equals(worker) && !tokens.contains(state.token());
  }

  /** A create-only write whose answer was lost and that was repeated says "exists" of our own. */
  private boolean isOurs(ObjectUri uri, State state) {
    return store
        .read(uri, LARGEST)
        .map(bytes -> State.of(uri, bytes).token().equals(state.token()))
        .orElse(false);
  }

  private Optional<Long> highest(JobKey key) {
    return store.list(claims.resolve(key + "/")).stream()
        .map(object -> object.uri().fileName())
        .filter(EPOCH.asMatchPredicate())
        .map(Long::valueOf)
        .max(Long::compare);
  }

  private ObjectUri uri(JobKey key, long epoch) {
    return claims.resolve("%s/%06d".formatted(key, epoch));
  }
}
