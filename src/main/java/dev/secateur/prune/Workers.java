package dev.secateur.prune;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Threads that do what does not depend on each other. What comes out does not depend on how many
 * they are: results stand in the order of the work.
 */
final class Workers implements AutoCloseable {
  private final ExecutorService threads;
  private volatile boolean closed;

  Workers(int threads) {
    this.threads =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "pruning");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Begins the work; each of what is returned ends when its part has. */
  <T> List<CompletableFuture<T>> start(List<Supplier<T>> work) {
    return work.stream()
        .map(w -> CompletableFuture.supplyAsync(() -> unlessClosed(w), threads))
        .toList();
  }

  private <T> T unlessClosed(Supplier<T> work) {
    if (closed) {
      throw new CancellationException("not begun: what it was for has ended");
    }
    return work.get();
  }

  /** The results, when all of the work has ended; throws what the work threw. */
  static <T> List<T> results(List<CompletableFuture<T>> running) {
    try {
      CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException unchecked ? unchecked : e;
    }
    return running.stream().map(CompletableFuture::join).toList();
  }

  /**
   * Waits for what has begun: its memory is the caller's. What has not, since the caller met a
   * fault before, does not begin any more.
   */
  @Override
  public void close() {
    closed = true;
    threads.shutdown();
    Uninterruptibles.awaitTerminationUninterruptibly(threads);
  }
}
