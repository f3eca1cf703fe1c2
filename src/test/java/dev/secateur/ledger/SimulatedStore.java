package dev.secateur.ledger;

import dev.secateur.store.Created;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoreException.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The store as one worker meets it: answers late, loses a request or its answer, is asked twice,
 * refuses, keeps half of an object. Tells ages by its own clock, in whole seconds.
 */
final class SimulatedStore implements LedgerStore {
  private static final int LATE_PERCENT = 2;
  private static final int LOST_PERCENT = 2;
  private static final int REPEATED_PERCENT = 1;
  private static final int REFUSED_PERCENT = 1;
  private static final int DAMAGED_PERCENT = 1;
  private static final int KILLED_PER_REQUESTS = 200;

  /** Repeating these has no effect. */
  private static final Pattern READS = Pattern.compile("get|names|list");

  private final World world;
  private final Node node;

  /** Whether an answer was trouble since it was last asked. */
  private boolean disturbed;

  SimulatedStore(World world, Node node) {
    this.world = world;
    this.node = node;
  }

  boolean wasDisturbed() {
    boolean was = disturbed;
    disturbed = false;
    return was;
  }

  private <T> T request(String what, Supplier<T> effect) {
    node.ensureAlive();
    world.scheduler.sleep(1 + world.choices.below(40));
    if (!world.hostile) {
      T answer = effect.get();
      world.scheduler.sleep(1);
      node.ensureAlive();
      return answer;
    }
    pauseNow();
    node.ensureAlive();
    if (world.choices.chance(REFUSED_PERCENT)) {
      throw trouble(Kind.FORBIDDEN, what + ": refused");
    }
    if (world.choices.chance(LOST_PERCENT)) {
      throw trouble(Kind.UNAVAILABLE, what + ": lost before it had its effect");
    }
    T answer = effect.get();
    if (world.choices.below(KILLED_PER_REQUESTS) == KILLED_PER_REQUESTS - 1) {
      node.die();
    }
    pauseNow();
    node.ensureAlive();
    if (world.choices.chance(REPEATED_PERCENT) && !READS.matcher(what).lookingAt()) {
      int seconds = world.choices.below(30);
      world.note(node + " repeats after " + seconds + " s: " + what);
      world.scheduler.add(
          () -> {
            world.scheduler.sleep(seconds * 1000L);
            var unused = effect.get();
          });
    }
    if (world.choices.chance(LOST_PERCENT)) {
      throw trouble(Kind.UNAVAILABLE, what + ": had its effect, and the answer was lost");
    }
    return answer;
  }

  /** Usually not at all; now and then for longer than any lease. */
  private void pauseNow() {
    if (world.choices.chance(LATE_PERCENT)) {
      int seconds = world.choices.below(60);
      world.note(node + " is paused for " + seconds + " s");
      disturbed = true;
      world.scheduler.sleep(seconds * 1000L);
    }
  }

  private StoreException trouble(Kind kind, String message) {
    disturbed = true;
    world.note(node + ": " + message);
    return new StoreException(kind, message);
  }

  @Override
  public Optional<Entry> get(String key) {
    return request(
        "get " + key,
        () -> {
          Optional<MemoryStore.Stored> stored = world.object(key);
          stored.ifPresent(
              s ->
                  world.happened(
                      new Step.Read(node.name(), key, world.scheduler.now() - s.written())));
          return world.store.get(key);
        });
  }

  @Override
  public Created create(String key, byte[] content) {
    byte[] kept = kept(content);
    return request(
        "create " + key,
        () -> {
          Created created = world.store.create(key, kept);
          if (created.isDone()) {
            world.happened(new Step.Wrote(node.name(), key, kept, true));
          }
          boolean vouched = Arrays.equals(kept, content) && world.choices.below(4) > 0;
          return created.isDone() && !vouched ? Created.YES : created;
        });
  }

  @Override
  public void put(String key, byte[] content) {
    byte[] kept = kept(content);
    request(
        "put " + key,
        () -> {
          world.store.put(key, kept);
          world.happened(new Step.Wrote(node.name(), key, kept, false));
          return true;
        });
  }

  /** Half of it, now and then. */
  private byte[] kept(byte[] content) {
    boolean damaged = world.hostile && content.length > 0 && world.choices.chance(DAMAGED_PERCENT);
    if (damaged) {
      world.note(node + ": the next object that it writes is damaged");
    }
    return damaged ? Arrays.copyOf(content, content.length / 2) : content;
  }

  @Override
  public void delete(String key) {
    request(
        "delete " + key,
        () -> {
          boolean there = world.object(key).isPresent();
          world.store.delete(key);
          if (there) {
            world.happened(new Step.Deleted(node.name(), key));
          }
          return true;
        });
  }

  @Override
  public List<String> names(String prefix, String after, int most) {
    return request("names of " + prefix, () -> world.store.names(prefix, after, most));
  }

  @Override
  public List<Listed> list(String prefix, String after, int most) {
    return request("list " + prefix, () -> world.store.list(prefix, after, most));
  }
}
