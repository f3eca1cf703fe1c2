package dev.secateur.result;

import dev.secateur.plan.Measure;
import java.util.Locale;

/** Measures in words and figures, for people. */
public final class MeasureText {
  private MeasureText() {}

  public static String name(Measure measure) {
    return switch (measure) {
      case TOP1 -> "top-1";
      case TOP5 -> "top-5";
      case LOSS -> "loss";
      case ACCURACY -> "accuracy";
      case F1 -> "F1";
      case BALANCED_ACCURACY -> "balanced accuracy";
      case AVERAGE_PRECISION -> "average precision";
      case MAE -> "MAE";
      case RMSE -> "RMSE";
      case R2 -> "R²";
      case MIOU -> "mIoU";
      case PIXEL_ACCURACY -> "pixel accuracy";
      case MSE -> "MSE";
      case PSNR -> "PSNR";
      case AGREEMENT -> "agreement";
      case BALANCED_AGREEMENT -> "balanced agreement";
      case RELATIVE_ERROR -> "relative error";
    };
  }

  /** With its unit: {@code 93.10 %}, {@code 31.20 dB}, {@code 0.7312}. */
  public static String value(Measure measure, double value) {
    return inPercent(measure)
        ? String.format(Locale.ROOT, "%.2f %%", 100 * value)
        : measure == Measure.PSNR
            ? String.format(Locale.ROOT, "%.2f dB", value)
            : String.format(Locale.ROOT, "%.4g", value);
  }

  /** A difference of two values: {@code 1.20} points where the values are percentages. */
  static String difference(Measure measure, double difference) {
    return inPercent(measure)
        ? String.format(Locale.ROOT, "%.2f points", 100 * difference)
        : value(measure, difference);
  }

  private static boolean inPercent(Measure measure) {
    return switch (measure) {
      case TOP1, TOP5, ACCURACY, BALANCED_ACCURACY, PIXEL_ACCURACY, AGREEMENT, BALANCED_AGREEMENT ->
          true;
      case LOSS, F1, AVERAGE_PRECISION, MAE, RMSE, R2, MIOU, MSE, PSNR, RELATIVE_ERROR -> false;
    };
  }
}
