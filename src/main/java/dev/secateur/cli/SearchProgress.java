package dev.secateur.cli;

import dev.secateur.job.JobListener;
import dev.secateur.result.MeasureText;
import dev.secateur.search.Choice;
import dev.secateur.search.Front;
import dev.secateur.search.Point;
import dev.secateur.search.Trial;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * One line a trial, and the best so far.
 *
 * @param shown whether anybody wants to see it
 */
record SearchProgress(PrintWriter err, boolean shown, JobListener ofTheLast) {
  /** A trial has ended. */
  void tried(Front front) {
    Trial last = front.trials().get(front.trials().size() - 1);
    say(
        "trial %d: %s: %s; best so far: %s",
        last.number(), of(last.point()), of(last), best(front));
  }

  /** The search has ended, or what it chose was refused. */
  void chosen(Choice choice) {
    if (choice.unmade().isPresent()) {
      say("could not be made: %s", choice.unmade().get().reason());
    } else if (!choice.refused().isEmpty()) {
      say(
          "refused by the evaluation set: trial %d",
          choice.refused().get(choice.refused().size() - 1));
    }
    Trial best = choice.trial();
    say("made as a whole: trial %d, %s", best.number(), of(best.point()));
  }

  private static String best(Front front) {
    return front
        .best()
        .map(t -> "trial " + t.number() + (front.isWithin(t) ? "" : " (beyond)"))
        .orElse("none");
  }

  private static String of(Trial trial) {
    return trial
        .found()
        .map(
            f ->
                String.format(
                    Locale.ROOT,
                    "%s %s, %,d bytes zipped, %s",
                    MeasureText.name(f.measure()),
                    MeasureText.value(f.measure(), f.measures().get(f.measure())),
                    f.zippedBytes(),
                    f.within() ? "within" : "beyond"))
        .orElse("failed: " + trial.reason());
  }

  private static String of(Point point) {
    return String.format(
        Locale.ROOT,
        "%.0f %% zeros, %.0f %% gone with channels, %s, %s",
        100 * point.sparsity(),
        100 * point.channels(),
        point.scheme(),
        point.epochs() == 0 ? "untrained" : point.epochs() + " epochs");
  }

  private void say(String format, Object... values) {
    if (shown) {
      err.println(String.format(Locale.ROOT, format, values));
      err.flush();
    }
  }
}
