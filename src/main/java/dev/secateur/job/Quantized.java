package dev.secateur.job;

import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.LayerError;
import dev.secateur.tflite.TfliteModel;
import java.util.List;
import java.util.Optional;

/**
 * The quantized files, one a scheme, in the plan's order.
 *
 * @param how as it was done: with the layers named that the plan leaves to be found
 * @param calibration empty where no scheme needs one
 */
record Quantized(Quantization how, Optional<Calibration> calibration, List<Made> files) {
  Quantized {
    files = List.copyOf(files);
  }

  /**
   * One of them.
   *
   * @param damage what the scheme has left nothing of
   * @param errors of its layers, the worst first; none where activations stay float
   */
  record Made(Scheme scheme, TfliteModel model, Damage damage, List<LayerError> errors) {
    Made {
      errors = List.copyOf(errors);
    }
  }
}
