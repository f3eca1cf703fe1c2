package dev.secateur.abuse;

import com.sun.management.ThreadMXBean;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.DatasetException;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.GraphException;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasReader;
import dev.secateur.plan.Preprocessing;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What reading one file came to, within the limits.
 *
 * @param refusal empty if the file is a model or a set
 * @param foul what must never happen: another exception, too long, too much memory
 */
record Reading(Optional<RuntimeException> refusal, Optional<String> foul) {
  /** Of the processor's time: how busy the machine is says nothing about the file. */
  private static final long SECONDS = 5;

  private static final long BYTES = 512L << 20;

  /** Reads and, if it is a model, compiles it. All memory that the thread takes counts. */
  static Reading of(Path file) {
    return of(
        file,
        () ->
            TfliteCompiler.float32(KerasReader.read(file).graph(), new ModelMetadata("abuse", "")));
  }

  /** Reads a set, and its first sample. */
  static Reading ofSet(Path file) {
    return of(
        file,
        () -> {
          try (Dataset set =
              Datasets.open(file, Part.TRAIN, Preprocessing.NONE, Expected.ANYTHING)) {
            set.batch(new int[] {0});
          }
        });
  }

  private static Reading of(Path file, Runnable use) {
    FutureTask<Reading> task = new FutureTask<>(() -> here(use));
    Thread thread = new Thread(task, "reading " + file.getFileName());
    thread.setDaemon(true);
    thread.start();
    try {
      while (true) {
        try {
          return task.get(100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          long nanos = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId());
          if (nanos > TimeUnit.SECONDS.toNanos(SECONDS)) {
            return foul("still running after " + SECONDS + " s at " + place(thread));
          }
        }
      }
    } catch (ExecutionException e) {
      return foul(e.getCause() + " at " + e.getCause().getStackTrace()[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return foul("interrupted");
    }
  }

  private static Reading here(Runnable use) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Optional<RuntimeException> refusal = Optional.empty();
    try {
      use.run();
    } catch (KerasException | GraphException | TfliteException | DatasetException e) {
      refusal = Optional.of(e);
    }
    long taken = threads.getCurrentThreadAllocatedBytes() - before;
    return taken > BYTES
        ? foul("took " + (taken >> 20) + " MB")
        : new Reading(refusal, Optional.empty());
  }

  private static Reading foul(String what) {
    return new Reading(Optional.empty(), Optional.of(what));
  }

  private static String place(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    return stack.length == 0 ? "its end" : stack[0].toString();
  }
}
