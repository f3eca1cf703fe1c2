package dev.secateur.cli;

import dev.secateur.train.TensorFlowPredictor;

/**
 * TensorFlow takes a second to load: a thread of its own does so while files are read, and no more:
 * the first session of a process decides how many threads compute in all of them, and with that in
 * which order sums are taken. Closing waits for it, since a process that exits in the middle of it
 * might crash.
 */
final class Preloading implements AutoCloseable {
  private final Thread thread = new Thread(TensorFlowPredictor::load, "preloading");

  private Preloading() {
    thread.setDaemon(true);
    // Whoever needs what does not load will say so.
    thread.setUncaughtExceptionHandler((which, failure) -> {});
  }

  static Preloading start() {
    Preloading loading = new Preloading();
    loading.thread.start();
    return loading;
  }

  @Override
  public void close() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
