package dev.secateur.job;

import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.TfliteModel;
import java.util.List;
import java.util.Optional;

/**
 * The quantized files, one a scheme, in the plan's order.
 *
 * @param calibration empty where no scheme needs one
 */
record Quantized(Optional<Calibration> calibration, List<Made> files) {
  Quantized {
    files = List.copyOf(files);
  }

  /**
   * One of them.
   *
   * @param damage what the scheme has left nothing of
   */
  record Made(Scheme scheme, TfliteModel model, Damage damage) {}
}
