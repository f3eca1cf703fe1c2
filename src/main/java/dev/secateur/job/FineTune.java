package dev.secateur.job;

import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Graph;
import dev.secateur.keras.KerasModel;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Precision;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Pruning;
import dev.secateur.plan.Quantization;
import dev.secateur.train.Checkpoints;
import dev.secateur.train.FineTuned;
import dev.secateur.train.FineTuner;
import dev.secateur.train.Quantizing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Prunes the network, before it is trained or while it is; training goes on from the newest
 * checkpoint if there is one.
 */
record FineTune(Run run, JobCheckpoints checkpoints) implements Step {
  @Override
  public Stage stage() {
    return Stage.FINE_TUNE;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(Product.ORIGINAL);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.MODEL, Product.TUNED);
  }

  @Override
  public void run(Products products) {
    Plan plan = run.job().plan();
    Graph original = run.inputs().model().graph();
    KerasModel model =
        plan.pruning().channels().map(c -> Narrowing.of(run, c)).orElseGet(run.inputs()::model);
    products.put(Product.MODEL, model);
    boolean first = plan.pruning().method() == Pruning.Method.RECONSTRUCT;
    Graph start = first ? Reconstructed.of(run, model.graph()) : model.graph();
    FineTuning how = settled(plan.fineTuning(), original, start);
    List<Optional<FineTuning.Loss>> losses =
        run.inputs().trainingLosses(products.get(Product.ORIGINAL).goals());
    Supplier<FineTuned> training =
        () ->
            FineTuner.fineTune(
                start,
                original,
                run.inputs().train(),
                how,
                plan.pruning(),
                aware(plan) ? new LearnedScales(run) : Quantizing.NONE,
                losses,
                new OfThisStage(checkpoints, stage(), run),
                new ListenedTraining(run.listener()),
                run.cancelled(),
                run.job().threads());
    FineTuned tuned =
        plan.heldOut().isPresent() && plan.fineTuning().epochs() > 0
            ? run.shared().get(origin(plan, losses), Codecs.tuned(start), training)
            : training.get();
    if (plan.fineTuning().precision().equals(Optional.of(Precision.BFLOAT16))
        && tuned.precision().equals(Optional.of(Precision.FLOAT32))) {
      run.warn(
          "trained in float32: this processor does not compute in bfloat16 (AVX-512 is needed, and"
              + " oneDNN)");
    }
    tuned.heldOut().filter(FineTuned.HeldOut::worse).ifPresent(h -> warn(h));
    products.put(Product.TUNED, tuned);
  }

  /** The further a network without channels is from the original, the larger its steps. */
  private FineTuning settled(FineTuning how, Graph original, Graph start) {
    if (how.learningRate().isPresent() || how.epochs() == 0) {
      return how;
    }
    double divergence = Reconstructed.divergence(run, original, start);
    return how.withLearningRate(Math.min(Math.max(2e-3 * divergence, 1e-4), 3e-3));
  }

  /** Of a network that is judged more than once: by a search, and by who chose it. */
  private Origin origin(Plan plan, List<Optional<FineTuning.Loss>> losses) {
    return Origin.of("the trained network", run, run.inputs().train(), run.job().samplesPart())
        .with(
            plan.document().get("pruning").toString(),
            plan.document().get("fineTuning").toString(),
            plan.document().at("/quantization/keepFloat").toString(),
            plan.document().get("acceptance").toString(),
            Reconstructed.scores(run).toString(),
            Boolean.toString(aware(plan)),
            fourBits(plan),
            run.inputs().representative().digest(),
            Integer.toString(plan.representative().samples()),
            losses.toString());
  }

  /** What is left to the run: where a network learns from a reconstruction on, to be INT8. */
  private static boolean aware(Plan plan) {
    boolean reconstructed = plan.pruning().method() == Pruning.Method.RECONSTRUCT;
    return plan.quantization().aware().orElse(reconstructed && plan.quantization().trainable());
  }

  /** Which kernels learn to have four bits. */
  private static String fourBits(Plan plan) {
    Quantization how = plan.quantization();
    return how.schemes().stream().allMatch(how::fourBits)
        ? how.keepInt8() + ", one step: " + how.perTensorDense()
        : "";
  }

  private void warn(FineTuned.HeldOut heldOut) {
    run.warn(
        String.format(
            Locale.ROOT,
            "training did not help: the loss on %,d samples that it did not see went from %.4g to"
                + " %.4g; the network from before it was kept",
            heldOut.samples(),
            heldOut.before(),
            heldOut.after()));
  }

  private record OfThisStage(JobCheckpoints all, Stage stage, Run run) implements Checkpoints {
    private static final String HEADS = "the original's outputs on the training set";
    private static final String MIRRORED = "and on its mirror images";

    @Override
    public List<float[]> original(boolean mirrored, Supplier<List<float[]>> computing) {
      Origin origin = Origin.of(HEADS, run, run.inputs().train(), Part.TRAIN);
      return run.shared().get(mirrored ? origin.with(MIRRORED) : origin, Codecs.HEADS, computing);
    }

    @Override
    public Optional<Path> latest() {
      return all.latest(stage);
    }

    @Override
    public void save(int step, State state) {
      all.save(stage, step, state::writeTo);
    }

    @Override
    public Duration interval() {
      return all.interval();
    }
  }
}
