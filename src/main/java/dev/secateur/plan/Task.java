package dev.secateur.plan;

import static dev.secateur.plan.Measure.ACCURACY;
import static dev.secateur.plan.Measure.AGREEMENT;
import static dev.secateur.plan.Measure.AVERAGE_PRECISION;
import static dev.secateur.plan.Measure.BALANCED_ACCURACY;
import static dev.secateur.plan.Measure.BALANCED_AGREEMENT;
import static dev.secateur.plan.Measure.F1;
import static dev.secateur.plan.Measure.LOSS;
import static dev.secateur.plan.Measure.MAE;
import static dev.secateur.plan.Measure.MIOU;
import static dev.secateur.plan.Measure.MSE;
import static dev.secateur.plan.Measure.PIXEL_ACCURACY;
import static dev.secateur.plan.Measure.PSNR;
import static dev.secateur.plan.Measure.R2;
import static dev.secateur.plan.Measure.RELATIVE_ERROR;
import static dev.secateur.plan.Measure.RMSE;
import static dev.secateur.plan.Measure.TOP1;
import static dev.secateur.plan.Measure.TOP5;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What an output is for, and so how it is judged. */
public enum Task {
  /** One class a sample. */
  CLASSIFICATION(TOP1, TOP5, BALANCED_ACCURACY, LOSS, AGREEMENT, BALANCED_AGREEMENT),
  /** One 0/1 decision a sample. */
  BINARY(ACCURACY, F1, BALANCED_ACCURACY, AVERAGE_PRECISION, LOSS, AGREEMENT, BALANCED_AGREEMENT),
  /** Several 0/1 decisions a sample, apart from each other. */
  MULTI_LABEL(
      ACCURACY, F1, BALANCED_ACCURACY, AVERAGE_PRECISION, LOSS, AGREEMENT, BALANCED_AGREEMENT),
  /** Numbers. */
  REGRESSION(MAE, RMSE, R2, LOSS, RELATIVE_ERROR),
  /** A class, or a 0/1 decision, each pixel. */
  SEGMENTATION(MIOU, PIXEL_ACCURACY, LOSS, AGREEMENT, BALANCED_AGREEMENT),
  /** An image: the input's, or another. */
  RECONSTRUCTION(MSE, PSNR, R2, LOSS, RELATIVE_ERROR),
  /** No targets: what the original says. Decisions have agreements, numbers the error. */
  IMITATION(AGREEMENT, BALANCED_AGREEMENT, RELATIVE_ERROR);

  private final List<Measure> measures;

  Task(Measure... measures) {
    this.measures = List.of(measures);
  }

  /** What it is judged by, the first foremost. */
  public List<Measure> measures() {
    return measures;
  }

  /**
   * @throws IllegalArgumentException if there is no such task
   */
  static Task of(String label) {
    return Arrays.stream(values())
        .filter(t -> t.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label + " is no task"));
  }

  /** As in plans and reports: {@code multi-label}. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
