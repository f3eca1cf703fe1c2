package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/** Some samples of a set, in its order, as a set of their own; closing it closes nothing. */
public final class Subset implements Dataset {
  /** The part of a set that may be held out: what is left must still say what the set says. */
  private static final int MOST = 5;

  private final Dataset all;
  private final int[] members;
  private final String digest;

  private Subset(Dataset all, int[] members, String digest) {
    this.all = all;
    this.members = members;
    this.digest = digest;
  }

  /** At most so many samples, spread evenly over the set. */
  public static Subset spread(Dataset set, int most) {
    int count = Math.min(most, set.size());
    return new Subset(
        set,
        IntStream.range(0, count).map(i -> (int) ((long) i * set.size() / count)).toArray(),
        digest(set, "spread " + count));
  }

  /**
   * Two parts of a set.
   *
   * @param rest all but the others
   * @param held spread evenly over the set
   */
  public record Parts(Dataset rest, Dataset held) {}

  /**
   * Takes samples out of a set.
   *
   * @param part of its file that the set is
   * @param count how many, but no more than a fifth of the set; of a single sample, both parts are
   *     it
   */
  public static Parts split(Dataset all, Datasets.Part part, int count) {
    if (all.size() == 1) {
      return new Parts(all, all);
    }
    int held = Math.min(count, Math.max(1, all.size() / MOST));
    BitSet out = new BitSet(all.size());
    for (long i = 0; i < held; i++) {
      out.set((int) ((2 * i + 1) * all.size() / (2L * held)));
    }
    return new Parts(
        new Subset(
            all,
            IntStream.range(0, all.size()).filter(i -> !out.get(i)).toArray(),
            digest(all, part + " all but " + held)),
        new Subset(all, out.stream().toArray(), digest(all, part + " held out " + held)));
  }

  private static String digest(Dataset all, String part) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(
          (all.digest() + " " + all.size() + " " + part).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public int size() {
    return members.length;
  }

  @Override
  public List<Shape> inputs() {
    return all.inputs();
  }

  @Override
  public List<Target> targets() {
    return all.targets();
  }

  @Override
  public List<String> classes() {
    return all.classes();
  }

  @Override
  public List<String> remarks() {
    return all.remarks();
  }

  @Override
  public int skipped() {
    return all.skipped();
  }

  @Override
  public Batch batch(int[] indices) {
    return all.batch(IntStream.of(indices).map(i -> members[i]).toArray());
  }

  @Override
  public Dataset prepared(Preprocessing other) {
    return new Subset(all.prepared(other), members, digest);
  }

  /** SHA-256 over the set's and which samples of it these are. */
  @Override
  public String digest() {
    return digest;
  }

  @Override
  public void close() {}
}
