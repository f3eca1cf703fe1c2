package dev.secateur.job;

import dev.secateur.result.Engine;
import dev.secateur.result.Variant;
import dev.secateur.tflite.ArtifactCheck;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A job while it runs: what its steps share, and what they tell of it. Used by one thread. */
record Run(
    Job job,
    JobInputs inputs,
    Staging staging,
    SharedProducts shared,
    JobListener listener,
    BooleanSupplier cancelled,
    List<Variant> variants,
    List<String> warnings) {
  /** Of files that never leave the process. */
  static final ModelMetadata INTERMEDIATE = new ModelMetadata(Engine.VERSION, "");

  Run(
      Job job,
      JobInputs inputs,
      Staging staging,
      SharedProducts shared,
      JobListener listener,
      BooleanSupplier cancelled) {
    this(job, inputs, staging, shared, listener, cancelled, new ArrayList<>(), new ArrayList<>());
  }

  /** A variant is there and has been measured. */
  void measured(Variant variant) {
    variants.add(variant);
    listener.measured(variant);
  }

  void warn(String message) {
    warnings.add(message);
    listener.warned(message);
  }

  /** Checks what is made on a few samples of the evaluation set. */
  ArtifactCheck artifacts() {
    return new ArtifactCheck(inputs.fewSamples(), job.threads());
  }

  /** What each TFLite file says of its origin. */
  ModelMetadata metadata() {
    return new ModelMetadata(
        Engine.VERSION,
        job.plan().digest(),
        FileLosses.unsaid(inputs.model()),
        Optional.of(
            new Usage(
                job.plan().preprocessing(),
                inputs.evaluation().classes(),
                inputs.trainingRange())));
  }
}
