package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.plan.Acceptance;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.Plan;
import dev.secateur.result.JobResult;
import dev.secateur.result.Narrowed;
import dev.secateur.result.Pruned;
import dev.secateur.result.Training;
import dev.secateur.result.Variant;
import dev.secateur.result.Verdict;
import dev.secateur.tflite.Calibration;
import dev.secateur.train.FineTuned;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Judges what was measured, writes the reports, and shows the artifacts, all at once.
 *
 * @param stages that have ended, with their times
 */
record Report(Run run, ReportWriter writer, List<JobResult.StageTime> stages) implements Step {
  @Override
  public Stage stage() {
    return Stage.REPORT;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(Product.ORIGINAL);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.RESULT);
  }

  /** Also of an original that is not sound. */
  @Override
  public boolean wanted(Products products) {
    return true;
  }

  @Override
  public void run(Products products) {
    Original original = products.get(Product.ORIGINAL);
    JobResult result =
        original
            .complaint()
            .map(complaint -> result(original, Verdict.unsound(complaint)))
            .orElseGet(
                () ->
                    result(
                        original,
                        products.get(Product.MODEL).graph(),
                        products.get(Product.TUNED),
                        products.get(Product.QUANTIZED)));
    products.put(Product.RESULT, run.staging().publish(result, writer));
  }

  private JobResult result(Original original, Graph narrow, FineTuned tuned, Quantized quantized) {
    Graph whole = run.inputs().model().graph();
    Optional<ChannelTarget> target = run.job().plan().pruning().channels();
    List<JobResult.Layer> layers =
        LayerSparsities.of(
            tuned, target.map(t -> Narrowing.layers(whole, narrow)).orElse(Map.of()));
    return result(
        original,
        verdict(LayerSparsities.allOf(tuned)),
        TrainingRecord.settled(run.job().plan().with(quantized.how()), tuned, original.goals()),
        layers,
        target.map(t -> Narrowing.of(t, whole, narrow)),
        TrainingRecord.of(tuned),
        quantized
            .calibration()
            .map(Calibration::samples)
            .map(s -> new JobResult.Calibration(s.digest(), s.count(), s.min(), s.max())),
        errors(quantized));
  }

  private static Map<String, List<JobResult.LayerError>> errors(Quantized quantized) {
    Map<String, List<JobResult.LayerError>> errors = new LinkedHashMap<>();
    for (Quantized.Made made : quantized.files()) {
      if (!made.errors().isEmpty()) {
        errors.put(
            made.scheme().label(),
            made.errors().stream()
                .map(e -> new JobResult.LayerError(e.layer(), e.operator(), e.error()))
                .toList());
      }
    }
    return errors;
  }

  private Verdict verdict(Pruned pruned) {
    String name = run.job().plan().quantization().judged().label();
    Acceptance acceptance = run.job().plan().acceptance();
    Variant original = run.variants().get(0);
    Variant judged =
        run.variants().stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
    // What is judged in the end on other samples is a trial here.
    return run.job().judgesDeciding() && run.job().hasEvaluation()
        ? Verdict.expected(acceptance, original, judged, pruned)
        : Verdict.of(acceptance, original, judged, pruned);
  }

  /** Of a job that ended with its original. */
  private JobResult result(Original original, Verdict verdict) {
    Training none = new Training(0, OptionalInt.empty(), List.of(), List.of());
    return result(
        original,
        verdict,
        run.job().plan(),
        List.of(),
        Optional.empty(),
        none,
        Optional.empty(),
        Map.of());
  }

  private JobResult result(
      Original original,
      Verdict verdict,
      Plan plan,
      List<JobResult.Layer> layers,
      Optional<Narrowed> channels,
      Training training,
      Optional<JobResult.Calibration> calibration,
      Map<String, List<JobResult.LayerError>> errors) {
    return new JobResult(
        verdict.outcome(),
        verdict.reason(),
        plan,
        run.inputs().description(run.job()),
        run.inputs().datasets().stream().map(d -> compared(d, original)).toList(),
        run.variants(),
        layers,
        channels,
        stages,
        training,
        calibration,
        errors,
        run.warnings(),
        ProcessInfo.now(run.job().threads()),
        run.job().output(),
        List.of(),
        Optional.empty());
  }

  private static JobResult.Data compared(JobResult.Data set, Original original) {
    return set.role().equals("evaluation")
        ? set.comparedWithTraining(original.alsoInTraining())
        : set;
  }
}
