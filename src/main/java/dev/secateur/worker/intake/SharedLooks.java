package dev.secateur.worker.intake;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Looks that many want at once are had together: each is answered by one that began after it was
 * asked for, so that nobody is told of a time before. Of equal ones there is one at a time; whoever
 * asks meanwhile shares the next.
 */
final class SharedLooks<K, V> {
  private final Function<K, V> look;

  /** Of what is asked for at this moment. */
  private final Map<K, Place> places = new HashMap<>();

  /** Where those meet who ask for the same. All but the lock is guarded by the map. */
  private final class Place {
    private final K key;
    private final Lock turn = new ReentrantLock();
    private Optional<FutureTask<V>> next = Optional.empty();
    private int askers;

    Place(K key) {
      this.key = key;
    }

    FutureTask<V> next() {
      FutureTask<V> task = next.orElseGet(() -> new FutureTask<>(this::begin));
      next = Optional.of(task);
      return task;
    }

    private V begin() {
      synchronized (places) {
        next = Optional.empty();
      }
      return look.apply(key);
    }
  }

  /**
   * @param look throws unchecked exceptions only; all who share it get them
   */
  SharedLooks(Function<K, V> look) {
    this.look = look;
  }

  V at(K key) {
    Place place;
    FutureTask<V> mine;
    synchronized (places) {
      place = places.computeIfAbsent(key, Place::new);
      place.askers++;
      mine = place.next();
    }
    place.turn.lock();
    try {
      // Nothing, where one who shares it was faster.
      mine.run();
    } finally {
      place.turn.unlock();
      synchronized (places) {
        place.askers--;
        if (place.askers == 0) {
          places.remove(key);
        }
      }
    }
    return answer(mine);
  }

  private static <V> V answer(FutureTask<V> ended) {
    try {
      return ended.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
