package dev.secateur.cli;

import dev.secateur.job.JobListener;
import dev.secateur.job.Stage;
import dev.secateur.result.Training;
import dev.secateur.result.Variant;
import java.util.Locale;
import java.util.Optional;

/** How results read on a terminal. */
final class Phrases {
  private static final double KIB = 1024;

  private Phrases() {}

  static String doing(Stage stage) {
    return switch (stage) {
      case LOAD -> "Reading the model and the data";
      case EVALUATE_ORIGINAL -> "Evaluating the original";
      case FINE_TUNE -> "Pruning and fine-tuning";
      case SAVE -> "Saving the pruned model";
      case CONVERT -> "Converting to float TFLite";
      case QUANTIZE -> "Quantizing";
      case EVALUATE -> "Evaluating each variant";
      case REPORT -> "Writing the report";
    };
  }

  static String of(JobListener.Step step) {
    return String.format(
        Locale.ROOT, "loss %.4f, sparsity %.1f %%", step.loss(), 100 * step.sparsity());
  }

  static String of(Training.Epoch epoch) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "loss %.4f", epoch.loss()));
    epoch.accuracy().ifPresent(a -> text.append(", accuracy ").append(percent(a)));
    epoch.validationAccuracy().ifPresent(a -> text.append(", validation ").append(percent(a)));
    return text.append(", sparsity ").append(percent(epoch.sparsity())).toString();
  }

  static String of(Variant variant) {
    return quality(variant) + ", " + kilobytes(variant.bytes());
  }

  /** Top-1 where there is one, else the loss, else the agreement. */
  static String quality(Variant variant) {
    Optional<String> top1 = variant.top1().map(t -> "top-1 " + percent(t));
    Optional<String> loss = variant.loss().map(l -> String.format(Locale.ROOT, "loss %.4g", l));
    return top1.or(() -> loss)
        .or(() -> variant.agreementWithOriginal().map(a -> "agreement " + percent(a)))
        .orElse("no measure");
  }

  static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  static String kilobytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f KiB", bytes / KIB);
  }
}
