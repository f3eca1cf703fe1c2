package dev.secateur.cli;

import dev.secateur.job.Stage;
import dev.secateur.result.Variant;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A line a stage, and a bar for the training: step/s, loss, sparsity, time left. */
final class BarProgress implements ProgressDisplay {
  private static final int REFRESH_MILLIS = 200;

  private final PrintWriter err;
  private final ReadLine readLine;
  private Optional<ProgressBar> bar = Optional.empty();

  BarProgress(PrintWriter err) {
    this.err = err;
    this.readLine = new ReadLine(err);
  }

  @Override
  public void started(Stage stage) {
    if (stage == Stage.FINE_TUNE) {
      say(Phrases.doing(stage));
    } else {
      err.print(Phrases.doing(stage) + " … ");
      err.flush();
    }
  }

  @Override
  public void finished(Stage stage, Duration took) {
    close();
    say(String.format(Locale.ROOT, "%s%.1f s", indent(stage), took.toMillis() / 1e3));
  }

  private static String indent(Stage stage) {
    return stage == Stage.FINE_TUNE ? "  trained in " : "";
  }

  @Override
  public void read(Path set, long rows) {
    readLine.read(set, rows);
  }

  @Override
  public void step(Step step) {
    if (bar.isEmpty()) {
      bar = Optional.of(begin(step));
    }
    bar.get().stepTo(step.step());
    bar.get().setExtraMessage(" " + Phrases.of(step));
  }

  private ProgressBar begin(Step step) {
    return new ProgressBarBuilder()
        .setTaskName("  pruning")
        .setInitialMax(step.steps())
        .startsFrom(step.step(), Duration.ZERO)
        .setUpdateIntervalMillis(REFRESH_MILLIS)
        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
        .showSpeed(new DecimalFormat(" 0.0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
        .setSpeedUnit(ChronoUnit.SECONDS)
        .setConsumer(new ConsoleProgressBarConsumer(stream(err)))
        .build();
  }

  /** The bar's library wants a stream; what it prints goes where all else goes. */
  private static PrintStream stream(Writer writer) {
    OutputStream bytes =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new UnsupportedOperationException("only whole texts are printed");
          }

          @Override
          public void write(byte[] b, int from, int length) {
            PrintWriter out = (PrintWriter) writer;
            out.print(new String(b, from, length, StandardCharsets.UTF_8));
            out.flush();
          }
        };
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  @Override
  public void measured(Variant variant) {
    say(String.format(Locale.ROOT, "%n  %s: %s", variant.name(), Phrases.of(variant)));
  }

  @Override
  public void reused(String product) {
    say("reused: " + product);
  }

  @Override
  public void warned(String message) {
    say("warning: " + message);
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
    bar = Optional.empty();
  }

  private void say(String line) {
    err.println(line);
    err.flush();
  }
}
