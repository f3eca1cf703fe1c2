package dev.secateur.dataset;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a set's rows are read.
 *
 * @param skipUnreadable rows that may be left out because they cannot be read, at most
 * @param sample name of the field that holds the samples; empty: found
 * @param target name of the field that holds the targets; empty: found
 * @param progress hears of each row
 * @param allowance what it may take
 */
public record ReadOptions(
    int skipUnreadable,
    Optional<String> sample,
    Optional<String> target,
    Progress progress,
    Allowance allowance) {
  /** Nobody listens. */
  public static final Progress UNHEARD = (set, rows) -> {};

  /** Fields are found, and nobody listens; what the process has may be taken. */
  public ReadOptions(int skipUnreadable) {
    this(skipUnreadable, Optional.empty(), Optional.empty(), UNHEARD, Allowance.ofProcess());
  }

  /** The same, and every row counts. */
  public static ReadOptions usual() {
    return new ReadOptions(0);
  }

  /** This, heard of by another. */
  public ReadOptions withProgress(Progress other) {
    return new ReadOptions(skipUnreadable, sample, target, other, allowance);
  }

  /** Hears how far a set has been read; must return quickly, and may throw to end the reading. */
  public interface Progress {
    /**
     * @param rows read so far
     */
    void read(Path set, long rows);
  }
}
