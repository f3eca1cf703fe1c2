package dev.secateur.job;

import dev.secateur.result.Engine;
import java.util.Optional;

/** A job's identity: equal for equal inputs, plan and engine, whatever machine and time. */
public final class JobDigest {
  private JobDigest() {}

  /**
   * SHA-256 over the digests of the model (with its architecture, where that is a file) and of the
   * training, evaluation and representative set ("" for none), the canonical plan and the engine
   * version; lower-case hexadecimal.
   */
  public static String of(Job job) {
    return new FieldsDigest()
        .add(job.model().sha256() + sha256(job.architecture()))
        .add(sha256(job.train()))
        .add(sha256(job.evaluation()))
        .add(sha256(job.representative()))
        .add(job.plan().canonical())
        .add(Engine.VERSION)
        .hex();
  }

  private static String sha256(Optional<Input> input) {
    return input.map(Input::sha256).orElse("");
  }
}
