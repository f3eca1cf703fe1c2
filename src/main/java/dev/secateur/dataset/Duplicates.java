package dev.secateur.dataset;

import dev.secateur.graph.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Finds samples that stand in two sets, by the digest of their values as they are fed. */
public final class Duplicates {
  private static final int BATCH = 32;

  private Duplicates() {}

  private record Digest(long first, long second) {}

  /**
   * How many samples of {@code set} also stand in {@code other}.
   *
   * @param cancelled asked between batches
   * @throws CancellationException if {@code cancelled} said so
   */
  public static int count(Dataset set, Dataset other, BooleanSupplier cancelled) {
    Map<Digest, Integer> wanted = new HashMap<>();
    each(set, cancelled, digest -> wanted.merge(digest, 1, Integer::sum));
    Set<Digest> found = new HashSet<>();
    each(
        other,
        cancelled,
        digest -> {
          if (wanted.containsKey(digest)) {
            found.add(digest);
          }
        });
    return found.stream().mapToInt(wanted::get).sum();
  }

  private interface Visitor {
    void visit(Digest digest);
  }

  private static void each(Dataset set, BooleanSupplier cancelled, Visitor visitor) {
    for (int from = 0; from < set.size(); from += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("comparing the sets stopped at sample " + from);
      }
      int[] indices = IntStream.range(from, Math.min(from + BATCH, set.size())).toArray();
      Dataset.Batch batch = set.batch(indices);
      for (int i = 0; i < indices.length; i++) {
        visitor.visit(digest(batch, i, indices.length));
      }
    }
  }

  /**
   * Of 128 bits, by multiplying and shifting: nobody is kept out by it, and it is many times as
   * fast as a SHA-256 where no processor's instructions for that are used.
   */
  private static Digest digest(Dataset.Batch batch, int sample, int samples) {
    long first = 0x9E3779B97F4A7C15L;
    long second = 0xD1B54A32D192ED03L;
    for (Tensor input : batch.inputs()) {
      float[] values = input.values();
      int size = values.length / samples;
      for (int i = sample * size; i < (sample + 1) * size; i++) {
        int bits = Float.floatToIntBits(values[i]);
        first = (first ^ bits) * 0xBF58476D1CE4E5B9L;
        first ^= first >>> 32;
        second = (second + bits) * 0x94D049BB133111EBL;
        second ^= second >>> 29;
      }
    }
    return new Digest(first, second);
  }
}
