package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.evaluate.Goal;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.Divergence;
import dev.secateur.prune.KernelBudgets;
import dev.secateur.prune.Reconstruction;
import dev.secateur.prune.Samples;
import dev.secateur.prune.Sensitivity;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteException;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.train.TensorFlowPredictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** The network pruned without training, on samples taken evenly from the representative set. */
final class Reconstructed {
  static final int BATCH = 32;

  /**
   * Memory that the values of the samples may take. The same on every machine: how many samples
   * there are decides which weights stay.
   */
  static final long BYTES = 256L << 20;

  private Reconstructed() {}

  /**
   * @param original what the run's model has become before
   */
  static Graph of(Run run, Graph original) {
    Pruning pruning = run.job().plan().pruning();
    if (pruning.finalSparsity() == 0) {
      return original;
    }
    // A search looks at one network more than once: by other schemes, and in training.
    return run.job().plan().heldOut().isPresent()
        ? run.shared()
            .get(
                origin("the reconstructed network", run)
                    .with(
                        run.job().plan().document().get("pruning").toString(),
                        run.job().plan().document().get("acceptance").toString()),
                Codecs.weights(original),
                () -> pruned(run, original, pruning))
        : pruned(run, original, pruning);
  }

  private static Graph pruned(Run run, Graph original, Pruning pruning) {
    Reconstruction reconstruction = new Reconstruction(samples(run, original));
    KernelBudgets budgets =
        switch (pruning.allocation()) {
          case UNIFORM -> KernelBudgets.uniform(original, pruning.finalSparsity());
          case LAMP -> KernelBudgets.lamp(original, pruning.finalSparsity());
          case SENSITIVITY ->
              sensitivity(run, original, reconstruction).allocate(pruning.finalSparsity());
        };
    return reconstruction.prune(original, budgets, pruning.pattern());
  }

  /** More than for zeros, where there are so many. */
  static Samples forChannels(Run run, Graph network) {
    return samples(
        run.inputs().representative(),
        Samples.countForChannels(network, BYTES),
        run.job().threads(),
        run.cancelled());
  }

  static Samples samples(Run run, Graph network) {
    return samples(network, run.inputs().representative(), run.job().threads(), run.cancelled());
  }

  /**
   * What the layers of a network are asked to say is measured on these, taken evenly from a set.
   */
  static Samples samples(Graph network, Dataset set, int threads, BooleanSupplier cancelled) {
    return samples(set, Samples.count(network, BYTES), threads, cancelled);
  }

  private static Samples samples(Dataset set, int count, int threads, BooleanSupplier cancelled) {
    return new Samples(batches(set, count), Reconstructed::predictor, threads, cancelled);
  }

  /** How far a network is from the original before it is trained. */
  static double divergence(Run run, Graph original, Graph start) {
    return samples(run, original)
        .divergence(new Divergence(Head.of(original), scores(run)), original, start);
  }

  /** Outputs that are class logits, whether or not a softmax follows. */
  static Set<String> scores(Run run) {
    Set<String> scores = new TreeSet<>();
    run.inputs().goals().stream()
        .filter(g -> g.reading() == Goal.Reading.CLASSES)
        .map(Goal::output)
        .forEach(scores::add);
    return scores;
  }

  /** Of a table that is measured on the representative set. */
  static Origin origin(String what, Run run) {
    return Origin.of(what, run, run.inputs().representative(), run.job().representativePart())
        .with(scores(run).toString());
  }

  /** It serves every target: jobs that differ in theirs measure it once. */
  private static Sensitivity sensitivity(Run run, Graph network, Reconstruction reconstruction) {
    Origin origin = origin("the sensitivity table", run);
    Divergence divergence = new Divergence(Head.of(network), scores(run));
    Optional<String> channels = run.job().plan().pruning().channels().map(ChannelTarget::toString);
    return run.shared()
        .get(
            channels.isPresent() ? origin.with(channels.get()) : origin,
            Codecs.SENSITIVITY,
            () -> reconstruction.sensitivity(network, divergence));
  }

  private static List<List<Tensor>> batches(Dataset set, int wanted) {
    int count = Math.min(wanted, set.size());
    int[] chosen =
        IntStream.range(0, count).map(i -> (int) ((long) i * set.size() / count)).toArray();
    List<List<Tensor>> batches = new ArrayList<>();
    for (int from = 0; from < count; from += BATCH) {
      int[] indices = IntStream.range(from, Math.min(from + BATCH, count)).toArray();
      batches.add(set.batch(IntStream.of(indices).map(i -> chosen[i]).toArray()).inputs());
    }
    return batches;
  }

  /** TFLite starts in a fraction of the time; what it has no form for, TensorFlow runs. */
  private static Predictor predictor(Graph part, int threads) {
    try {
      return TfliteInterpreter.open(TfliteCompiler.float32(part, Run.INTERMEDIATE), threads);
    } catch (TfliteException e) {
      return TensorFlowPredictor.open(part, threads);
    }
  }
}
