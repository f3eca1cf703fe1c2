package dev.secateur.evaluate;

import dev.secateur.evaluate.Fault.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Decisions between classes, right and wrong, and whether they show any skill.
 *
 * <p>Chance is what a constant answer gets. It is told by the balanced accuracy (the mean recall of
 * the classes that occur), so that an unbalanced set calls nobody lucky who tells its rare classes
 * apart; and only where the loss is no better than that of the classes' shares, either.
 */
final class Tally {
  /** Past this, the counts of all pairs would pass memory. */
  static final int MAX_CLASSES = 2048;

  /** Balanced accuracy may pass chance by this part of the way to perfection. */
  private static final double LUCK = 0.05;

  /** Loss may be below that of the shares by this part, and still be no better. */
  private static final double NO_BETTER = 0.97;

  /** A mean intersection over union may pass that of a constant mask by this. */
  private static final double MASK_LUCK = 0.01;

  /**
   * So many times as large as calibrated answers of the same accuracy would make it, a loss is that
   * of a network which is wrong with certainty. Only beyond what knowing nothing costs does it
   * condemn by itself.
   */
  private static final double ABSURD = 5;

  /** The same, where something else has to confirm it: overtrained networks reach this. */
  private static final double DOUBTFUL = 1.5;

  private final int classes;
  private final long[] wanted;
  private final long[] hit;
  private final long[] named;
  private final long[][] confusion;
  private long all;
  private long right;

  /**
   * @param pairs whether all pairs are counted
   */
  Tally(int classes, boolean pairs) {
    this.classes = classes;
    this.wanted = new long[classes];
    this.hit = new long[classes];
    this.named = new long[classes];
    this.confusion = new long[pairs ? classes : 0][pairs ? classes : 0];
  }

  /**
   * @param predicted −1 for none
   */
  void add(int label, int predicted) {
    all++;
    wanted[label]++;
    if (predicted < 0) {
      return;
    }
    named[predicted]++;
    if (predicted == label) {
      right++;
      hit[label]++;
    }
    if (confusion.length > 0) {
      confusion[label][predicted]++;
    }
  }

  double accuracy() {
    return (double) right / all;
  }

  /** Over the classes that occur among the targets. */
  Optional<Double> meanIntersectionOverUnion() {
    var mean =
        IntStream.range(0, classes)
            .filter(c -> wanted[c] > 0)
            .mapToDouble(c -> (double) hit[c] / (wanted[c] + named[c] - hit[c]))
            .average();
    return mean.isPresent() ? Optional.of(mean.getAsDouble()) : Optional.empty();
  }

  /** Of class 1; empty where there is none, neither wanted nor named. */
  Optional<Double> f1() {
    long wrong = wanted[1] + named[1] - 2 * hit[1];
    return hit[1] + wrong == 0
        ? Optional.empty()
        : Optional.of(2.0 * hit[1] / (2.0 * hit[1] + wrong));
  }

  List<List<Integer>> confusion() {
    List<List<Integer>> rows = new ArrayList<>();
    for (long[] row : confusion) {
      rows.add(Arrays.stream(row).mapToObj(Math::toIntExact).toList());
    }
    return rows;
  }

  private long occurring() {
    return Arrays.stream(wanted).filter(n -> n > 0).count();
  }

  double balancedAccuracy() {
    return recalls().average().orElse(0);
  }

  /** Of the classes that occur. */
  DoubleStream recalls() {
    return IntStream.range(0, classes)
        .filter(c -> wanted[c] > 0)
        .mapToDouble(c -> (double) hit[c] / wanted[c]);
  }

  private double largestShare() {
    return (double) Arrays.stream(wanted).max().orElse(0) / all;
  }

  /** Loss of the answer that gives each class its share, in nats. */
  private double entropy() {
    return -Arrays.stream(wanted)
        .filter(n -> n > 0)
        .mapToDouble(n -> (double) n / all * Math.log((double) n / all))
        .sum();
  }

  /** The largest loss of calibrated answers with this accuracy, after Fano's inequality. */
  private double calibratedLoss() {
    // One more of each: a small set without a mistake does not prove that there are none.
    double a = (right + 1.0) / (all + 2.0);
    double wrong = 1 - a;
    return -a * Math.log(a) - wrong * Math.log(wrong) + wrong * Math.log(Math.max(classes - 1, 1));
  }

  /**
   * @param loss mean cross-entropy, in nats
   * @param confidence mean probability of the answers that were given
   */
  List<Fault> classFaults(double loss, double confidence) {
    if (occurring() < 2) {
      return all < 2 ? List.of() : List.of(sameTargets());
    }
    double chance = 1.0 / occurring();
    if (balancedAccuracy() <= chance + LUCK * (1 - chance) && !(loss < NO_BETTER * entropy())) {
      return List.of(
          fault(
              Kind.CHANCE,
              "is right for %.1f %% of the samples (%.1f %% with each class counted alike, loss"
                  + " %.3g), no better than a constant answer",
              100 * accuracy(),
              100 * balancedAccuracy(),
              loss));
    }
    return certainty(loss, confidence);
  }

  /**
   * Whether wrong answers are too certain. Answers that are less certain than they are right (label
   * smoothing, few weights) cost some loss as well, and are no fault: any scale that sharpens them
   * would look better.
   */
  private List<Fault> certainty(double loss, double confidence) {
    if (confidence <= accuracy()) {
      return List.of();
    }
    double calibrated = calibratedLoss();
    // Scores that were no probabilities cost less than knowing nothing does.
    double absurd = Math.max(ABSURD * calibrated, entropy());
    if (loss > DOUBTFUL * calibrated) {
      return List.of(
          fault(
              loss > absurd ? Kind.OVERCONFIDENT : Kind.DOUBTFUL,
              "has a loss of %.3g, where %.1f %% right answers allow for %.3g",
              loss,
              100 * accuracy(),
              calibrated));
    }
    return List.of();
  }

  /**
   * @param loss mean cross-entropy of a pixel, in nats
   * @param confidence mean probability of the answers that were given
   */
  List<Fault> segmentationFaults(double loss, double confidence) {
    if (occurring() < 2) {
      return List.of(sameTargets());
    }
    double constant = largestShare() / occurring();
    double reached = meanIntersectionOverUnion().orElse(0.0);
    if (reached <= constant + MASK_LUCK && accuracy() <= largestShare()) {
      return List.of(
          fault(
              Kind.CHANCE,
              "has a mean intersection over union of %.3f, no better than one class everywhere"
                  + " (%.3f)",
              reached,
              constant));
    }
    return certainty(loss, confidence);
  }

  private static Fault sameTargets() {
    return new Fault(
        Kind.SAME_TARGETS, "cannot be judged: all targets of the evaluation set are the same");
  }

  private static Fault fault(Kind kind, String sentence, Object... figures) {
    return new Fault(kind, String.format(Locale.ROOT, sentence, figures));
  }
}
