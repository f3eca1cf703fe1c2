package dev.secateur.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is really there, whatever the workers believe: the store's objects, the records and which of
 * them were acknowledged, the answers that were sent. Promises are checked against it.
 */
final class World {
  private static final Pattern ORDER = Pattern.compile("([0-9a-f]{6})[0-9a-f]{58}");

  final Scheduler scheduler;
  final Choices choices;
  final List<Promise> promises;
  final MemoryStore store;

  /** Answers, by order, as they were sent. */
  final Map<String, List<String>> sent = new HashMap<>();

  /** What the platform asked for, by order. */
  final Map<String, Asked> asked = new TreeMap<>();

  /** While it lasts, everything may go wrong. */
  boolean hostile = true;

  private final List<String> history = new ArrayList<>();
  private final boolean told;

  /** What a job does to the worker that runs it. */
  enum Nature {
    SOUND,
    /** Kills its worker at the same step each time. */
    DEADLY,
    /** Stands still at a step, and ends for nothing. */
    STUCK
  }

  static final class Asked {
    final Nature nature;
    int priority;
    String tenant = "";
    String job = "";
    int acknowledged;
    boolean cancelled;

    Asked(Nature nature) {
      this.nature = nature;
    }
  }

  World(Scheduler scheduler, Choices choices, List<Promise> promises, boolean told) {
    this.scheduler = scheduler;
    this.store = new MemoryStore(scheduler::now);
    this.choices = choices;
    this.promises = promises;
    this.told = told;
  }

  /** Something happened: all promises are checked. */
  void happened(Step step) {
    if (told) {
      note(step.toString());
    }
    for (Promise promise : promises) {
      promise.after(this, step);
    }
  }

  void note(String what) {
    if (told) {
      String shorter = ORDER.matcher(what).replaceAll("$1");
      history.add("%8.1f s  %s".formatted(scheduler.now() / 1e3, shorter));
    }
  }

  List<String> history() {
    return history;
  }

  Optional<MemoryStore.Stored> object(String key) {
    return Optional.ofNullable(store.objects.get(key));
  }

  Optional<Order> order(String id) {
    return new FirstReadable<>(store, Order::bytes, Order::of).find(Keys.order(id));
  }

  Optional<Result> result(String id) {
    return new FirstReadable<>(store, Result::bytes, Result::of).find(Keys.result(id));
  }

  boolean isPending(String id) {
    return below(Keys.PENDING).anyMatch(key -> key.endsWith(id));
  }

  /** The keys of all objects below a prefix. */
  Stream<String> below(String prefix) {
    return store.objects.tailMap(prefix, true).keySet().stream()
        .takeWhile(key -> key.startsWith(prefix));
  }

  /** The highest claim that is there; 0 for none. */
  long epoch(String id) {
    return below(Keys.claims(id))
        .map(key -> key.substring(Keys.claims(id).length()))
        .filter(name -> !name.contains("."))
        .mapToLong(Long::parseLong)
        .max()
        .orElse(0);
  }

  /** Whether a claim's object, or a sign of life, is there and can be read. */
  <T> Optional<T> read(String key, BiFunction<String, byte[], T> parse) {
    try {
      return object(key).map(stored -> parse.apply(key, stored.content()));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }
}
