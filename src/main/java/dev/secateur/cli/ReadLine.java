package dev.secateur.cli;

import dev.secateur.dataset.ReadOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** A line every ten seconds while a set is read; none for a set that takes no longer. */
final class ReadLine implements ReadOptions.Progress {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter err;
  private Path set = Path.of("");
  private long lastLine;
  private long lastRows;

  ReadLine(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void read(Path now, long rows) {
    long time = System.nanoTime();
    if (!now.equals(set) || rows < lastRows) {
      set = now;
      lastLine = time;
      lastRows = rows;
    } else if (time - lastLine >= INTERVAL_NANOS) {
      double perSecond = (rows - lastRows) * 1e9 / (time - lastLine);
      err.println(
          String.format(
              Locale.ROOT, "  %s: %,d rows read, %.0f/s", set.getFileName(), rows, perSecond));
      err.flush();
      lastLine = time;
      lastRows = rows;
    }
  }
}
