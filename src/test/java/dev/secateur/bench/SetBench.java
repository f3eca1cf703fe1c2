package dev.secateur.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Seconds, and seconds of processor time, to open a set of images of 224 × 224 and to read it once
 * in batches of 32: the argument.
 */
public final class SetBench {
  private static final int SIZE = 224;
  private static final int BATCH = 32;

  private SetBench() {}

  public static void main(String[] arguments) {
    Path file = Path.of(arguments[0]);
    long wall = System.nanoTime();
    long cpu = cpu();
    Expected expected = Expected.input(Shape.of(Shape.UNKNOWN, SIZE, SIZE, 3));
    try (Dataset set = Datasets.open(file, Part.TRAIN, Preprocessing.NONE, expected)) {
      double opened = (System.nanoTime() - wall) / 1e9;
      for (int from = 0; from < set.size(); from += BATCH) {
        set.batch(IntStream.range(from, Math.min(from + BATCH, set.size())).toArray());
      }
      System.out.printf(
          Locale.ROOT,
          "secateur %s: %d images, %.2f s (opened after %.2f s), %.2f s of processor time%n",
          file.getFileName(),
          set.size(),
          (System.nanoTime() - wall) / 1e9,
          opened,
          (cpu() - cpu) / 1e9);
    }
  }

  private static long cpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
