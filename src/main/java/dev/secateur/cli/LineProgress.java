package dev.secateur.cli;

import dev.secateur.job.Stage;
import dev.secateur.result.Training;
import dev.secateur.result.Variant;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** A line a stage and an epoch, and one every ten seconds of training: for logs. */
final class LineProgress implements ProgressDisplay {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter err;
  private final ReadLine readLine;
  private long lastLine = System.nanoTime();
  private int epoch;

  LineProgress(PrintWriter err) {
    this.err = err;
    this.readLine = new ReadLine(err);
  }

  @Override
  public void started(Stage stage) {
    say("%s", Phrases.doing(stage));
    lastLine = System.nanoTime();
  }

  @Override
  public void finished(Stage stage, Duration took) {
    say("  done in %.1f s", took.toMillis() / 1e3);
  }

  @Override
  public void read(Path set, long rows) {
    readLine.read(set, rows);
  }

  @Override
  public void step(Step step) {
    if (System.nanoTime() - lastLine >= INTERVAL_NANOS) {
      say("  step %d of %d: %s", step.step(), step.steps(), Phrases.of(step));
      lastLine = System.nanoTime();
    }
  }

  @Override
  public void epoch(Training.Epoch done) {
    epoch++;
    say("  epoch %d: %s", epoch, Phrases.of(done));
  }

  @Override
  public void measured(Variant variant) {
    say("  %s: %s", variant.name(), Phrases.of(variant));
  }

  @Override
  public void reused(String product) {
    say("  reused: %s", product);
  }

  @Override
  public void warned(String message) {
    say("  warning: %s", message);
  }

  private void say(String format, Object... values) {
    err.println(String.format(Locale.ROOT, format, values));
    err.flush();
  }
}
