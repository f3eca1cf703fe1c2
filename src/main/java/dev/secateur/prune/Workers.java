package dev.secateur.prune;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Threads that do what does not depend on each other. */
final class Workers implements AutoCloseable {
  private final ExecutorService threads;

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

  /**
   * The results, in the order of the work. Returns, or throws what the work threw, when all of it
   * has ended: it may use what is closed thereafter.
   */
  <T> List<T> all(List<Supplier<T>> work) {
    List<CompletableFuture<T>> running =
        work.stream().map(w -> CompletableFuture.supplyAsync(w, threads)).toList();
    try {
      CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException unchecked ? unchecked : e;
    }
    return running.stream().map(CompletableFuture::join).toList();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
