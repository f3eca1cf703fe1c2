package dev.secateur.job;

import dev.secateur.plan.Acceptance;
import dev.secateur.result.JobResult;
import dev.secateur.result.Verdict;
import dev.secateur.tflite.Calibration;
import dev.secateur.train.FineTuned;
import java.util.List;
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
    return Set.of(Product.TUNED, Product.CALIBRATION);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.RESULT);
  }

  @Override
  public void run(Products products) {
    JobResult result = result(products.get(Product.TUNED), products.get(Product.CALIBRATION));
    products.put(Product.RESULT, run.staging().publish(result, writer));
  }

  private JobResult result(FineTuned tuned, Calibration calibration) {
    Acceptance acceptance = run.job().plan().acceptance();
    List<JobResult.Layer> layers = LayerSparsities.of(tuned);
    Verdict verdict = Verdict.of(acceptance, run.variants(), layers);
    return new JobResult(
        verdict.outcome(),
        verdict.reason(),
        TrainingRecord.settled(run.job().plan(), tuned),
        run.inputs().description(run.job()),
        run.inputs().datasets(),
        run.variants(),
        layers,
        stages,
        TrainingRecord.of(tuned),
        new JobResult.Calibration(
            calibration.samples().digest(),
            calibration.samples().count(),
            calibration.samples().min(),
            calibration.samples().max()),
        run.warnings(),
        ProcessInfo.now(run.job().threads()),
        run.job().output(),
        List.of());
  }
}
