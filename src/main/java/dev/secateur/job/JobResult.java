package dev.secateur.job;

import dev.secateur.evaluate.Latency;
import dev.secateur.train.TrainingListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a job that ran has come to; {@code report.json} is this, field by field.
 *
 * @param outcome accepted or rejected
 * @param reason one sentence, with the figures that decided
 * @param directory where the artifacts are
 */
public record JobResult(
    Outcome outcome,
    String reason,
    Plan plan,
    Model model,
    List<Data> datasets,
    List<Variant> variants,
    List<Layer> layers,
    List<StageTime> stages,
    Training training,
    Calibration calibration,
    List<String> warnings,
    Process process,
    Path directory,
    List<Artifact> artifacts) {
  public JobResult {
    datasets = List.copyOf(datasets);
    variants = List.copyOf(variants);
    layers = List.copyOf(layers);
    stages = List.copyOf(stages);
    warnings = List.copyOf(warnings);
    artifacts = List.copyOf(artifacts);
  }

  public Variant variant(String name) {
    return variants.stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
  }

  /** This with other artifacts. */
  JobResult withArtifacts(List<Artifact> others) {
    return new JobResult(
        outcome,
        reason,
        plan,
        model,
        datasets,
        variants,
        layers,
        stages,
        training,
        calibration,
        warnings,
        process,
        directory,
        others);
  }

  /** The Keras file that came in. */
  public record Model(
      String name,
      String file,
      String sha256,
      String format,
      String kerasVersion,
      long parameters) {}

  /**
   * A set of samples that was used.
   *
   * @param role train, evaluation or representative
   * @param classes their names, where the set has them
   */
  public record Data(
      String role,
      String file,
      String sha256,
      int samples,
      boolean labelled,
      List<String> classes) {}

  /**
   * One form of the model, measured on the evaluation set.
   *
   * @param name original, pruned, fp32 or int8
   * @param zippedBytes size of a zip (DEFLATE) that holds the file
   * @param top1 fraction right; empty where there are no labels or no classes
   * @param loss mean cross-entropy, or mean squared error of a reconstruction; empty without either
   * @param sparsity fraction of zeros in the prunable weights
   * @param agreementWithOriginal fraction of samples with the original's top-1 class
   * @param confusion rows true, columns predicted; empty without labels or past 100 classes
   */
  public record Variant(
      String name,
      String file,
      long bytes,
      long zippedBytes,
      Optional<Double> top1,
      Optional<Double> top5,
      Optional<Double> loss,
      int samples,
      double sparsity,
      Latency latencyMicros,
      Optional<Double> agreementWithOriginal,
      List<List<Integer>> confusion) {}

  /** A layer with weights; the sparsities are of its prunable kernel. */
  public record Layer(
      String name,
      String type,
      long parameters,
      boolean pruned,
      double targetSparsity,
      double sparsity) {}

  public record StageTime(String name, double seconds) {}

  /**
   * How fine-tuning went.
   *
   * @param resumedFrom the step of the checkpoint that it went on from
   * @param schedule the updates of the masks
   */
  public record Training(
      int steps,
      OptionalInt resumedFrom,
      List<TrainingListener.Epoch> epochs,
      List<SchedulePoint> schedule) {
    public Training {
      epochs = List.copyOf(epochs);
      schedule = List.copyOf(schedule);
    }
  }

  /** A step at which masks were made, and the sparsity that they were made for. */
  public record SchedulePoint(int step, double sparsity) {}

  /**
   * The samples that calibrated INT8: their bytes' digest as fed, and the range of their values.
   */
  public record Calibration(String sha256, int samples, double minimum, double maximum) {}

  /**
   * Where it ran.
   *
   * @param peakMegabytes largest resident memory of the process so far, in MiB; empty where the
   *     system does not tell
   */
  public record Process(Optional<Double> peakMegabytes, int threads, String java, String machine) {}

  /** A file in the output directory. */
  public record Artifact(String file, long bytes, String sha256) {}
}
