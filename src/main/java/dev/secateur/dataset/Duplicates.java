package dev.secateur.dataset;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.secateur.graph.Tensor;
import java.nio.ByteBuffer;
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

  /**
   * How many samples of {@code set} also stand in {@code other}.
   *
   * @param cancelled asked between batches
   * @throws CancellationException if {@code cancelled} said so
   */
  public static int count(Dataset set, Dataset other, BooleanSupplier cancelled) {
    Map<HashCode, Integer> wanted = new HashMap<>();
    each(set, cancelled, digest -> wanted.merge(digest, 1, Integer::sum));
    Set<HashCode> found = new HashSet<>();
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
    void visit(HashCode digest);
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

  /** Not cryptographic, which is many times as slow: nobody is kept out by it. */
  private static HashCode digest(Dataset.Batch batch, int sample, int samples) {
    Hasher hasher = Hashing.murmur3_128().newHasher();
    for (Tensor input : batch.inputs()) {
      int size = input.values().length / samples;
      ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES);
      bytes.asFloatBuffer().put(input.values(), sample * size, size);
      hasher.putBytes(bytes);
    }
    return hasher.hash();
  }
}
