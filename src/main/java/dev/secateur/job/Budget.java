package dev.secateur.job;

import dev.secateur.dataset.Allowance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What one job may take of the process that runs it. Checked before it is taken: a job that needs
 * more ends with a reason, and its process lives on.
 *
 * @param memory bytes beside the Java heap, which TensorFlow takes: see {@link MemoryEstimate}
 * @param reading bytes of the heap and of temporary files, and pixels of an image, for its sets and
 *     what is kept of them
 * @param threads for training and for the interpreter
 * @param time of one attempt; empty: as long as it takes
 */
public record Budget(long memory, Allowance reading, int threads, Optional<Duration> time) {
  public Budget {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: must be 1 or more");
    }
  }

  /** All that there is, for a process that runs one job. */
  public static Budget ofProcess(int threads) {
    return new Budget(Long.MAX_VALUE, Allowance.ofProcess(), threads, Optional.empty());
  }

  /**
   * Of a job that shares its process with others.
   *
   * @param directory for temporary files
   * @param temporary bytes of all of them
   * @param heap bytes
   * @param pixels of an image
   */
  public static Budget of(
      long memory,
      Path directory,
      long temporary,
      long heap,
      long pixels,
      int threads,
      Duration time) {
    return new Budget(
        memory, new Allowance(directory, temporary, heap, pixels), threads, Optional.of(time));
  }

  /** This, with a part of its threads. */
  Budget with(int fewerThreads) {
    return new Budget(memory, reading, fewerThreads, time);
  }
}
