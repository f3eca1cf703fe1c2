package dev.secateur.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.secateur.plan.Plan;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a job that ran has come to; {@code report.json} is this, field by field.
 *
 * @param outcome accepted or rejected
 * @param reason one sentence, with the figures that decided
 * @param variants the original first; the others are missing where it could not be judged
 * @param channels empty where none were to go
 * @param calibration empty where nothing was quantized
 * @param layerErrors what quantizing costs, by variant, the worst layer first
 * @param directory where the artifacts are
 * @param search what found the plan; empty where it was given
 */
public record JobResult(
    Outcome outcome,
    String reason,
    Plan plan,
    Model model,
    List<Data> datasets,
    List<Variant> variants,
    List<Layer> layers,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Narrowed> channels,
    List<StageTime> stages,
    Training training,
    Optional<Calibration> calibration,
    Map<String, List<LayerError>> layerErrors,
    List<String> warnings,
    Process process,
    Path directory,
    List<Artifact> artifacts,
    Optional<Searched> search) {
  public JobResult {
    datasets = List.copyOf(datasets);
    variants = List.copyOf(variants);
    layers = List.copyOf(layers);
    stages = List.copyOf(stages);
    layerErrors = Collections.unmodifiableMap(new LinkedHashMap<>(layerErrors));
    warnings = List.copyOf(warnings);
    artifacts = List.copyOf(artifacts);
  }

  /** Empty where the job ended before it was made. */
  public Optional<Variant> variant(String name) {
    return variants.stream().filter(v -> v.name().equals(name)).findFirst();
  }

  /** The variant that decided; empty where the job ended before it was made. */
  public Optional<Variant> judged() {
    return variant(plan.quantization().judged().label());
  }

  /** This with other artifacts. */
  public JobResult withArtifacts(List<Artifact> others) {
    return with(outcome, reason, others, search);
  }

  /** This as the best that a search has found. */
  public JobResult foundBy(Searched found) {
    return with(outcome, reason, artifacts, Optional.of(found));
  }

  /** This, which misses something else as well, or instead. */
  public JobResult rejected(String why) {
    String reasons = outcome == Outcome.REJECTED ? why + "; " + reason : why;
    return with(Outcome.REJECTED, reasons, artifacts, search);
  }

  private JobResult with(
      Outcome outcome, String reason, List<Artifact> others, Optional<Searched> found) {
    return new JobResult(
        outcome,
        reason,
        plan,
        model,
        datasets,
        variants,
        layers,
        channels,
        stages,
        training,
        calibration,
        layerErrors,
        warnings,
        process,
        directory,
        others,
        found);
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
   * @param alsoInTraining samples that stand in the training set as well; of an evaluation set,
   *     where something is trained
   * @param skipped rows that were left out because they cannot be read
   */
  public record Data(
      String role,
      String file,
      String sha256,
      int samples,
      boolean labelled,
      List<String> classes,
      OptionalInt alsoInTraining,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int skipped) {
    /** This, compared with the training set. */
    public Data comparedWithTraining(OptionalInt shared) {
      return new Data(role, file, sha256, samples, labelled, classes, shared, skipped);
    }
  }

  /**
   * A layer with weights; the sparsities are of its prunable kernel.
   *
   * @param channels that it makes, and what it takes; where channels were to go
   */
  public record Layer(
      String name,
      String type,
      long parameters,
      boolean pruned,
      double targetSparsity,
      double sparsity,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Channels> channels) {}

  /** Of a layer: its outputs, and multiplications and additions a sample. */
  public record Channels(Narrowed.Change outputs, Narrowed.Change macs) {}

  /**
   * What quantizing a layer costs.
   *
   * @param operator the one of its operators that errs the most
   * @param error root mean square, in steps of the result; rounding alone leaves 0.289
   */
  public record LayerError(String layer, String operator, double error) {}

  public record StageTime(String name, double seconds) {}

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
