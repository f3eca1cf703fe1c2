package dev.secateur.dataset;

import dev.secateur.graph.Tensor;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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

  /** The first half of a SHA-256. */
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

  private static Digest digest(Dataset.Batch batch, int sample, int samples) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (Tensor input : batch.inputs()) {
        int size = input.values().length / samples;
        ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES);
        bytes.asFloatBuffer().put(input.values(), sample * size, size);
        sha256.update(bytes);
      }
      ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
      return new Digest(digest.getLong(), digest.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
