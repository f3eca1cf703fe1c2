package dev.secateur.worker.intake;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/**
 * Looks that many want are had together: each record is told by one that began after the record had
 * come, so that nobody is told of a time before. Records that wait for their turn come before the
 * look that the first of them begins, and share it.
 */
final class SharedLooks<K, V> {
  private static final int REMEMBERED = 1000;

  private final Function<K, V> look;
  private final Map<K, Look<V>> last =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Look<V>> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * One look, perhaps yet to be had.
   *
   * @param begun by the nanosecond clock
   */
  private record Look<V>(long begun, FutureTask<V> task) {}

  /**
   * @param look throws unchecked exceptions only; all who share it get them
   */
  SharedLooks(Function<K, V> look) {
    this.look = look;
  }

  /**
   * @param came when what asks came, by the nanosecond clock
   */
  V at(K key, long came) {
    FutureTask<V> task;
    synchronized (last) {
      task =
          Optional.ofNullable(last.get(key))
              .filter(l -> l.begun() - came >= 0)
              .map(Look::task)
              .orElseGet(() -> begin(key));
    }
    // Nothing, where another does or did.
    task.run();
    return answer(task);
  }

  private FutureTask<V> begin(K key) {
    FutureTask<V> task = new FutureTask<>(() -> look.apply(key));
    last.remove(key);
    last.put(key, new Look<>(System.nanoTime(), task));
    return task;
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
