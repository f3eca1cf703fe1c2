package dev.secateur.cli;

import dev.secateur.job.JobListener;
import java.io.PrintWriter;

/** Shows a job's progress on the error stream, so that the output is the result alone. */
interface ProgressDisplay extends JobListener, AutoCloseable {
  @Override
  default void close() {}

  /** A bar on a terminal, plain lines elsewhere, only warnings where no progress is wanted. */
  static ProgressDisplay on(PrintWriter err, boolean wanted) {
    if (!wanted) {
      return new QuietProgress(err);
    }
    return onTerminal() ? new BarProgress(err) : new LineProgress(err);
  }

  /** The launcher knows whether the error stream is a terminal; Java only knows of the others. */
  private static boolean onTerminal() {
    String told = System.getProperty("secateur.terminal");
    return told == null ? System.console() != null : Boolean.parseBoolean(told);
  }
}
