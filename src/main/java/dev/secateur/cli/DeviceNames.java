package dev.secateur.cli;

import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import dev.secateur.tflite.Device;

/** What {@code --device} takes. */
final class DeviceNames {
  static final String DESCRIPTION =
      "Bounds flash, memory and operators: cortex-m4, cortex-m7, cortex-m55, esp32-s3, ethos-u55 or"
          + " edge-tpu.";

  private DeviceNames() {}

  static Device device(String name) {
    return Device.named(name)
        .orElseThrow(
            () ->
                new JobException(
                    FailureReason.PLAN_INVALID,
                    "--device: must be one of "
                        + String.join(", ", Device.names())
                        + ", not "
                        + name));
  }
}
