package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonKey;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The numbers that a task is judged by, each with its direction. */
public enum Measure {
  /** Fraction of samples whose class is the one that the network ranks first. */
  TOP1("top1", Direction.HIGHER),
  /** The same among the five that it ranks first. */
  TOP5("top5", Direction.HIGHER),
  /** Mean cross-entropy in nats; of numbers, the mean squared error. */
  LOSS("loss", Direction.LOWER),
  /** Fraction of 0/1 decisions that are right, at probability one half. */
  ACCURACY("accuracy", Direction.HIGHER),
  /** Harmonic mean of precision and recall of the ones, over all labels together. */
  F1("f1", Direction.HIGHER),
  /** Recall, the mean over the classes that occur: rare ones count like common ones. */
  BALANCED_ACCURACY("balancedAccuracy", Direction.HIGHER),
  /** Area under precision over recall, the mean over the labels that occur. */
  AVERAGE_PRECISION("averagePrecision", Direction.HIGHER),
  /** Mean absolute error, in the targets' unit. */
  MAE("mae", Direction.LOWER),
  /** Root of the mean squared error, in the targets' unit. */
  RMSE("rmse", Direction.LOWER),
  /** 1 − squared error / squared deviation of the targets from their mean; 1 is perfect. */
  R2("r2", Direction.HIGHER),
  /** Intersection over union, the mean over the classes that occur. */
  MIOU("miou", Direction.HIGHER),
  /** Fraction of pixels whose class is right. */
  PIXEL_ACCURACY("pixelAccuracy", Direction.HIGHER),
  /** Mean squared error, in the squared unit of the targets. */
  MSE("mse", Direction.LOWER),
  /** Peak signal-to-noise ratio in dB; the peak is the range of the targets. */
  PSNR("psnr", Direction.HIGHER),
  /** Fraction of decisions (a sample's class, a label, a pixel) that are the original's. */
  AGREEMENT("agreement", Direction.HIGHER),
  /** The same, the mean over the original's decisions: with rare ones counted alike. */
  BALANCED_AGREEMENT("balancedAgreement", Direction.HIGHER),
  /** RMSE against the original's outputs, over their standard deviation. */
  RELATIVE_ERROR("relativeError", Direction.LOWER);

  /** Which values are better. */
  public enum Direction {
    HIGHER,
    LOWER
  }

  // Jackson heeds one annotation a method: the value's stands on the field.
  @JsonValue private final String label;
  private final Direction direction;

  Measure(String label, Direction direction) {
    this.label = label;
    this.direction = direction;
  }

  /** As in plans, reports and events: {@code averagePrecision}. */
  @JsonKey
  public String label() {
    return label;
  }

  public Direction direction() {
    return direction;
  }

  public static Optional<Measure> of(String label) {
    return Arrays.stream(values()).filter(m -> m.label.equals(label)).findFirst();
  }

  @JsonCreator
  static Measure named(String label) {
    return of(label).orElseThrow(() -> new IllegalArgumentException(label + ": is no measure"));
  }

  /** All labels, for messages. */
  public static String labels() {
    return Arrays.stream(values()).map(Measure::label).collect(Collectors.joining(", "));
  }
}
