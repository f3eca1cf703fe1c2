package dev.secateur.job;

import dev.secateur.evaluate.Goal;
import dev.secateur.result.Variant;
import dev.secateur.tflite.ArtifactCheck.Unlike;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What quantizing left nothing of, as it showed on a few samples: seldom more than what evaluating
 * the file will find, and then a fault of that file's all the same.
 */
record Damage(Optional<Unlike> found) {
  private static final String KIND = "noise";

  /** The variant with this among its faults. */
  Variant on(Variant variant, List<Goal> goals) {
    if (found.isEmpty()) {
      return variant;
    }
    List<Variant.Fault> faults = new ArrayList<>(variant.faults());
    faults.add(
        new Variant.Fault(goals.get(found.get().output()).output(), KIND, found.get().complaint()));
    return variant.withFaults(faults);
  }
}
