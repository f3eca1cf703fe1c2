package dev.secateur.job;

import dev.secateur.dataset.Allowance;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Duplicates;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Goal;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.Likeness;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.job.SharedProducts.Codec;
import dev.secateur.plan.Plan;
import dev.secateur.train.TensorFlowPredictor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Measures the model as it came in, and keeps its outputs for the others to be compared with. */
record EvaluateOriginal(Run run) implements Step {
  private static final String OUTPUTS = "the original's outputs on the evaluation set";

  @Override
  public Stage stage() {
    return Stage.EVALUATE_ORIGINAL;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of();
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.ORIGINAL_OUTPUTS, Product.ORIGINAL);
  }

  /** Names that the plan uses cost nothing to look up, and sets are not read for a wrong one. */
  @Override
  public void check(Rehearsal rehearsal) {
    Plan plan = run.job().plan();
    if (!open()) {
      Promises.check(plan, run.inputs().goals());
      return;
    }
    Graph original = run.inputs().model().graph();
    try (Predictor predictor = TensorFlowPredictor.open(original, run.job().threads())) {
      Promises.check(plan, goals(predictor));
    }
  }

  private boolean open() {
    JobInputs inputs = run.inputs();
    return run.job().plan().task().isEmpty() && Likeness.open(inputs.goals(), inputs.evaluation());
  }

  private List<Goal> goals(Predictor predictor) {
    JobInputs inputs = run.inputs();
    return open()
        ? Likeness.settled(inputs.goals(), predictor, inputs.evaluation(), run.cancelled())
        : inputs.goals();
  }

  @Override
  public void run(Products products) {
    JobInputs inputs = run.inputs();
    inputs.remarks().forEach(run::warn);
    Plan plan = run.job().plan();
    Dataset set = inputs.evaluation();
    Origin origin = Origin.of(OUTPUTS, run, set, Part.EVALUATION);
    Allowance allowance = run.job().budget().reading();
    Codec<RecordedOutputs> codec = Codecs.outputs(allowance);
    Optional<RecordedOutputs> known = run.shared().find(origin, codec);
    RecordedOutputs outputs = known.orElseGet(() -> RecordedOutputs.create(allowance));
    products.put(Product.ORIGINAL_OUTPUTS, outputs);
    OptionalInt alsoTrainedOn = alsoTrainedOn();
    Graph original = inputs.model().graph();
    try (Predictor tensorFlow = TensorFlowPredictor.open(original, run.job().threads());
        Predictor predictor = ProvenTwin.orItself(original, tensorFlow, set, run.job().threads())) {
      List<Goal> goals = goals(predictor);
      Evaluator evaluator = new Evaluator(goals, set, run.cancelled());
      Evaluation evaluation =
          known.isPresent()
              ? evaluator.evaluateOriginal(outputs)
              : evaluator.evaluateOriginal(predictor, outputs);
      if (known.isEmpty()) {
        run.shared().keep(origin, codec, outputs);
      }
      Latency latency = Latency.measure(tensorFlow, set);
      run.measured(
          Variants.keras("original", run.job().model().file(), original, evaluation, latency));
      Soundness soundness = new Soundness(goals, set, plan.preprocessing(), run.cancelled());
      Optional<String> complaint = Optional.empty();
      if (plan.acceptance().allowChance()) {
        soundness
            .fault(evaluation)
            .ifPresent(f -> run.warn(f + "; run all the same, as the plan allows"));
      } else {
        complaint = soundness.complaint(predictor, evaluation);
      }
      products.put(
          Product.ORIGINAL, new Original(evaluation.settled(goals), complaint, alsoTrainedOn));
    }
    inputs.losses().replaced().forEach(this::warnOfLoss);
  }

  /**
   * Evaluation samples that stand in the training set as well, where there is one; else in what
   * calibrates.
   */
  private OptionalInt alsoTrainedOn() {
    Dataset set = run.inputs().evaluation();
    Dataset train = run.inputs().train();
    int shared =
        run.shared()
            .get(
                Origin.of("the comparison of the sets", run, set, Part.EVALUATION)
                    .with(train.digest()),
                Codecs.COUNT,
                () -> Duplicates.count(set, train, run.cancelled()));
    boolean training = run.job().train().isPresent();
    if (shared > 0) {
      run.warn(
          String.format(
              Locale.ROOT,
              "%,d of the %,d evaluation samples also stand in the %s set",
              shared,
              set.size(),
              training ? "training" : "representative"));
    }
    return training ? OptionalInt.of(shared) : OptionalInt.empty();
  }

  private void warnOfLoss(String output, String loss) {
    run.warn(
        "output "
            + output
            + ": the loss "
            + loss
            + ", which the file was trained with, is not known; fine-tuning minimises the nearest"
            + " that is");
  }
}
