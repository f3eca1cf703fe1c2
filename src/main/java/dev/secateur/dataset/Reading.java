package dev.secateur.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How far a set has been read. Of its rows that cannot be read, as many as were allowed are left
 * out, each of them named; one more ends the reading.
 *
 * <p>Of the thread that reads the set alone.
 */
final class Reading {
  /** Rows that are named; of all others only their number is kept. */
  private static final int NAMED = 5;

  private final Path set;
  private final ReadOptions options;
  private final List<String> named = new ArrayList<>();
  private Optional<DatasetException> ending = Optional.empty();
  private int skipped;
  private long rows;

  Reading(Path set, ReadOptions options) {
    this.set = set;
    this.options = options;
  }

  /** A reading that leaves nothing out. */
  static Reading strict(Path set) {
    return new Reading(set, ReadOptions.usual());
  }

  ReadOptions options() {
    return options;
  }

  Allowance allowance() {
    return options.allowance();
  }

  /** One more row has been read. */
  void row() {
    rows++;
    at(rows);
  }

  /** So many rows have been read, or are there to be read without more ado. */
  void at(long read) {
    options.progress().read(set, read);
  }

  /**
   * Leaves a row out.
   *
   * @throws DatasetException if that is one too many
   */
  void skip(DatasetException unreadable) {
    if (ending.isPresent()) {
      throw ending.get();
    }
    skipped++;
    if (options.skipUnreadable() == 0) {
      throw end(unreadable);
    }
    if (skipped > options.skipUnreadable()) {
      throw end(
          new DatasetException(
              set,
              "",
              "has more rows that cannot be read than the %d that may be skipped; the last is %s"
                  .formatted(options.skipUnreadable(), unreadable.getMessage()),
              "mend the set, or allow more with skipUnreadable",
              unreadable));
    }
    if (named.size() < NAMED) {
      named.add(unreadable.getMessage());
    }
  }

  private DatasetException end(DatasetException with) {
    ending = Optional.of(with);
    return with;
  }

  /** Does {@code row}, or leaves it out if it cannot be read. */
  void orSkip(Runnable row) {
    try {
      row.run();
    } catch (DatasetException e) {
      skip(e);
    }
  }

  int skipped() {
    return skipped;
  }

  /** What the user should know of what was left out. */
  List<String> remarks() {
    if (skipped == 0) {
      return List.of();
    }
    String more = skipped > named.size() ? "; and " + (skipped - named.size()) + " more" : "";
    return List.of(
        set
            + ": "
            + skipped
            + (skipped == 1 ? " row was" : " rows were")
            + " skipped: "
            + String.join("; ", named)
            + more);
  }
}
