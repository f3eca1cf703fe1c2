package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasWriter;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import dev.secateur.result.Variant;
import dev.secateur.result.Verdict;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.Checkpoints;
import dev.secateur.train.FineTuned;
import dev.secateur.train.FineTuner;
import dev.secateur.train.TensorFlowPredictor;
import dev.secateur.train.TrainingCancelled;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Runs a job's stages in order: load, evaluate the original, prune while fine-tuning, save as
 * Keras, convert to float TFLite, quantize to INT8, evaluate each, report.
 */
public final class Chain {
  private static final String FP32 = "fp32.tflite";
  private static final String INT8 = "int8.tflite";

  private final Job job;
  private final ReportWriter reports;
  private final JobCheckpoints checkpoints;
  private final JobListener listener;
  private final BooleanSupplier cancelled;
  private final RecordedOutputs outputs;
  private final List<JobResult.StageTime> stages = new ArrayList<>();
  private final List<Variant> variants = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private Chain(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      JobListener listener,
      BooleanSupplier cancelled,
      RecordedOutputs outputs) {
    this.job = job;
    this.reports = reports;
    this.checkpoints = checkpoints;
    this.listener = listener;
    this.cancelled = cancelled;
    this.outputs = outputs;
  }

  /**
   * Runs on the calling thread. The artifacts are in {@link Job#output} when it returns; when it
   * throws, that directory is as it was.
   *
   * @param reports writes the files that tell of the result, into its directory
   * @param cancelled asked between steps; true stops after a checkpoint
   * @throws JobException if the job cannot run; its reason says whether trying again can help
   * @throws CancelledException if {@code cancelled} was heeded
   */
  public static JobResult run(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      JobListener listener,
      BooleanSupplier cancelled) {
    try (RecordedOutputs outputs = RecordedOutputs.create()) {
      return new Chain(job, reports, checkpoints, listener, cancelled, outputs).run();
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw Failures.of(e);
    }
  }

  private JobResult run() {
    try (JobInputs inputs = stage(Stage.LOAD, () -> JobInputs.open(job));
        Staging staging = Staging.in(job.output())) {
      KerasModel model = inputs.model();
      Graph original = model.graph();
      stage(Stage.EVALUATE_ORIGINAL, () -> evaluateOriginal(inputs, original));
      FineTuned tuned = stage(Stage.FINE_TUNE, () -> fineTune(inputs, original));
      Path pruned = staging.file("pruned" + model.format().extension());
      stage(Stage.SAVE, () -> KerasWriter.write(model, tuned.graph(), pruned, model.format()));
      ModelMetadata metadata = new ModelMetadata(Engine.VERSION, job.plan().digest());
      Lowered lowered = Lowered.of(tuned.graph());
      TfliteModel fp32 =
          stage(Stage.CONVERT, () -> written(lowered.float32(metadata), staging.file(FP32)));
      Quantized int8 =
          stage(
              Stage.QUANTIZE, () -> quantize(inputs, lowered, fp32, metadata, staging.file(INT8)));
      stage(
          Stage.EVALUATE,
          () -> {
            evaluatePruned(inputs, tuned.graph(), pruned);
            evaluateTflite("fp32", FP32, fp32, inputs, staging);
            evaluateTflite("int8", INT8, int8.model(), inputs, staging);
          });
      JobResult result = result(inputs, tuned, int8.calibration());
      return stage(Stage.REPORT, () -> staging.publish(result, reports));
    }
  }

  private <T> T stage(Stage stage, Supplier<T> work) {
    if (cancelled.getAsBoolean()) {
      throw new CancelledException(stage);
    }
    listener.started(stage);
    long start = System.nanoTime();
    T result;
    try {
      result = work.get();
    } catch (CancellationException | TrainingCancelled e) {
      CancelledException stopped = new CancelledException(stage);
      stopped.initCause(e);
      throw stopped;
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    stages.add(new JobResult.StageTime(stage.label(), took.toMillis() / 1e3));
    listener.finished(stage, took);
    return result;
  }

  private void stage(Stage stage, Runnable work) {
    stage(
        stage,
        () -> {
          work.run();
          return stage;
        });
  }

  private Evaluator evaluator(JobInputs inputs) {
    return new Evaluator(inputs.goals(), inputs.evaluation(), cancelled);
  }

  private void evaluateOriginal(JobInputs inputs, Graph original) {
    try (Predictor predictor = TensorFlowPredictor.open(original, job.threads())) {
      Evaluation evaluation = evaluator(inputs).evaluateOriginal(predictor, outputs);
      Latency latency = Latency.measure(predictor, inputs.evaluation());
      measured(Variants.keras("original", job.model(), original, evaluation, latency));
    }
  }

  private FineTuned fineTune(JobInputs inputs, Graph original) {
    return FineTuner.fineTune(
        original,
        inputs.train(),
        job.plan().fineTuning(),
        job.plan().pruning(),
        inputs.trainingLosses(),
        checkpointsOf(Stage.FINE_TUNE),
        new ListenedTraining(listener),
        cancelled,
        job.threads());
  }

  private Checkpoints checkpointsOf(Stage stage) {
    return new Checkpoints() {
      @Override
      public Optional<Path> latest() {
        return checkpoints.latest(stage);
      }

      @Override
      public void save(int step, State state) {
        checkpoints.save(stage, step, state::writeTo);
      }

      @Override
      public Duration interval() {
        return checkpoints.interval();
      }
    };
  }

  private static TfliteModel written(TfliteModel model, Path file) {
    try {
      model.writeTo(file);
      return model;
    } catch (IOException e) {
      throw Failures.unwritable(file, e);
    }
  }

  private record Quantized(TfliteModel model, Calibration calibration) {}

  private Quantized quantize(
      JobInputs inputs, Lowered lowered, TfliteModel fp32, ModelMetadata metadata, Path file) {
    Dataset set = inputs.representative();
    int samples = job.plan().representative().samples();
    if (samples > set.size()) {
      warn("the representative set has only " + set.size() + " of the " + samples + " samples");
    }
    Calibration calibration =
        new Calibrator(job.threads(), inputs.trainingRange())
            .calibrate(lowered, fp32, set, samples, cancelled);
    calibration.warnings().forEach(this::warn);
    TfliteModel model = lowered.int8(calibration, job.plan().quantization(), metadata);
    return new Quantized(written(model, file), calibration);
  }

  private void evaluatePruned(JobInputs inputs, Graph pruned, Path file) {
    try (Predictor predictor = TensorFlowPredictor.open(pruned, job.threads())) {
      Evaluation after = evaluator(inputs).evaluate(predictor, outputs.rewind());
      Latency latency = Latency.measure(predictor, inputs.evaluation());
      measured(Variants.keras("pruned", file, pruned, after, latency));
    }
  }

  private void evaluateTflite(
      String name, String file, TfliteModel model, JobInputs inputs, Staging staging) {
    try (Predictor predictor = TfliteInterpreter.open(model, job.threads())) {
      Evaluation after = evaluator(inputs).evaluate(predictor, outputs.rewind());
      Latency latency = Latency.measure(predictor, inputs.evaluation());
      measured(Variants.tflite(name, staging.file(file), model, after, latency));
    }
  }

  private void measured(Variant variant) {
    variants.add(variant);
    listener.measured(variant);
  }

  private void warn(String message) {
    warnings.add(message);
    listener.warned(message);
  }

  private JobResult result(JobInputs inputs, FineTuned tuned, Calibration calibration) {
    Verdict verdict = Verdict.of(job.plan().acceptance(), variants, LayerSparsities.of(tuned));
    return new JobResult(
        verdict.outcome(),
        verdict.reason(),
        Resolved.plan(job.plan(), tuned),
        inputs.description(job),
        inputs.datasets(),
        variants,
        LayerSparsities.of(tuned),
        stages,
        Resolved.training(tuned),
        new JobResult.Calibration(
            calibration.samples().digest(),
            calibration.samples().count(),
            calibration.samples().min(),
            calibration.samples().max()),
        warnings,
        ProcessInfo.now(job.threads()),
        job.output(),
        List.of());
  }
}
