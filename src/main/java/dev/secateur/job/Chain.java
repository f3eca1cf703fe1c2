package dev.secateur.job;

import java.util.function.BooleanSupplier;

/**
 * Runs a job's stages in order: load, evaluate the original, prune while fine-tuning, save as
 * Keras, convert to float TFLite, quantize to INT8, evaluate each, report.
 */
public final class Chain {
  private Chain() {}

  /**
   * Runs on the calling thread. The artifacts are in {@link Job#output} when it returns; when it
   * throws, that directory is as it was.
   *
   * @param cancelled asked between steps; true stops after a checkpoint
   * @throws JobException if the job cannot run; its reason says whether trying again can help
   * @throws CancelledException if {@code cancelled} was heeded
   */
  public static JobResult run(
      Job job, JobCheckpoints checkpoints, JobListener listener, BooleanSupplier cancelled) {
    throw new UnsupportedOperationException(
        "no stage yet: " + job.name() + checkpoints + listener + cancelled);
  }
}
