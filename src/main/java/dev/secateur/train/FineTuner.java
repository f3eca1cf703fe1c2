package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.PruningSchedule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * Trains a network while it is pruned. Each step, as TensorFlow Model Optimization defines it:
 * count, compute the masks anew if they are due, mask the weights, forward, backward, update all
 * weights.
 */
public final class FineTuner implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FineTuner.class.getName());
  private static final String OTHER_RUN =
      "checkpoint {0}: of another model, data set, plan or version; starting anew";

  /** Where nobody says how fast to learn. */
  private static final double RATE = 1e-3;

  /** Steps between two reports to the listener. */
  private static final int REPORT_EVERY = 10;

  /** So many times as long as a checkpoint took, training goes on before the next. */
  private static final int TIMES_SAVING = 9;

  private final Dataset data;
  private final FineTuning how;
  private final Checkpoints checkpoints;
  private final TrainingListener listener;
  private final BooleanSupplier cancelled;
  private final Graph network;
  private final Objective objective;
  private final Split split;
  private final int steps;
  private final int stepsPerEpoch;
  private final PruningSchedule schedule;
  private final LearningRate learningRate;
  private final byte[] fingerprint;
  private final List<String> pruned;

  /** What was zero before the first step stays so; nothing else becomes zero. */
  private final boolean fixed;

  private final Quantizing quantizing;

  /** Of kernels that learn to stand on a grid. */
  private final Map<String, Integer> levels;

  /** After so many steps the network is quantized in training. */
  private final int quantizedFrom;

  /** What the run goes on from. */
  private final Optional<Path> saved;

  /** As it was when the run began, on whatever processor that was. */
  private final FineTuning.Precision precision;

  private final TrainingSession session;
  private final Optional<Teacher> original;
  private TrainingProgress progress = TrainingProgress.START;
  private OptionalInt resumedFrom = OptionalInt.empty();
  private double sparsity;

  /** By the nanosecond clock; the beginning of the steps counts as saved. */
  private long lastSaved;

  private Duration pause;

  private FineTuner(
      Graph network,
      Graph teacher,
      Dataset train,
      FineTuning how,
      Pruning pruning,
      Quantizing quantizing,
      Objective objective,
      Checkpoints checkpoints,
      TrainingListener listener,
      BooleanSupplier cancelled,
      int threads) {
    this.data = train;
    this.quantizing = quantizing;
    this.how = how;
    this.checkpoints = checkpoints;
    this.pause = checkpoints.interval();
    this.listener = listener;
    this.cancelled = cancelled;
    this.objective = objective;
    this.network = network;
    this.split = Split.of(train.size(), how, pruning.method());
    this.stepsPerEpoch = Batches.perEpoch(split.training().length, how.batchSize());
    this.steps = Math.multiplyExact(stepsPerEpoch, how.epochs());
    this.schedule = new PruningSchedule(pruning, steps, how.recipe());
    this.learningRate =
        new LearningRate(how.learningRateSchedule(), how.learningRate().orElse(RATE), steps);
    this.fixed = pruning.method() == Pruning.Method.RECONSTRUCT;
    this.pruned = pruned(network, pruning);
    Map<String, Quantizing.Scale> scales = steps == 0 ? Map.of() : quantizing.scales(network);
    this.levels = scales.isEmpty() ? Map.of() : quantizing.levels(network);
    this.fingerprint =
        fingerprint(network, train, how, schedule.resolved(), objective, scales.keySet(), levels);
    this.quantizedFrom = quantizedFrom(scales.keySet(), levels.keySet());
    this.saved = checkpoints.latest().filter(this::isOfThisRun);
    this.precision =
        saved
            .map(CheckpointFile::precision)
            .orElseGet(() -> Processor.current().precision(how.precision()));
    this.session =
        new TrainingSession(
            how.freezeBatchNorm() ? FrozenStatistics.of(network) : network,
            objective,
            how.optimizer(),
            pruned,
            scales.keySet(),
            levels,
            precision,
            threads);
    if (fixed) {
      session.maskZeros();
    }
    if (!scales.isEmpty()) {
      session.quantize(scales);
    }
    this.original =
        objective.distilled()
            ? Optional.of(new Teacher(teacher, objective.heads(), threads))
            : Optional.empty();
  }

  /** Trains a network that is its own teacher, pruned on the way. */
  public static FineTuned fineTune(
      Graph network,
      Dataset train,
      FineTuning how,
      Pruning pruning,
      List<Optional<FineTuning.Loss>> losses,
      Checkpoints checkpoints,
      TrainingListener listener,
      BooleanSupplier cancelled,
      int threads) {
    return fineTune(
        network,
        network,
        train,
        how,
        pruning,
        Quantizing.NONE,
        losses,
        checkpoints,
        listener,
        cancelled,
        threads);
  }

  /**
   * @param network what is trained; under {@link Pruning.Method#RECONSTRUCT} it is pruned already,
   *     and its zeros stay
   * @param teacher whose outputs distillation learns: the original
   * @param train samples of the network's input shape, preprocessed
   * @param quantizing how the network will be quantized: it learns that in the second half of the
   *     run, with the scales that its values have then
   * @param losses that are settled, one an output, in the network's order; what is empty or missing
   *     is settled by {@code how} and the output
   * @param checkpoints where to resume from and what to leave behind
   * @param cancelled asked after each step; when true, a checkpoint is saved and the run stops
   * @param threads that TensorFlow may use
   * @throws TrainingException if the network or the data cannot be trained as asked
   * @throws TrainingCancelled if {@code cancelled} said so
   */
  public static FineTuned fineTune(
      Graph network,
      Graph teacher,
      Dataset train,
      FineTuning how,
      Pruning pruning,
      Quantizing quantizing,
      List<Optional<FineTuning.Loss>> losses,
      Checkpoints checkpoints,
      TrainingListener listener,
      BooleanSupplier cancelled,
      int threads) {
    Objective objective = Objective.resolve(network, how, losses, train.targets());
    checkShape(network, train);
    if (how.epochs() == 0 && pruning.method() == Pruning.Method.RECONSTRUCT) {
      return untrained(network, how, pruning, objective);
    }
    try (FineTuner tuner =
        new FineTuner(
            network,
            teacher,
            train,
            how,
            pruning,
            quantizing,
            objective,
            checkpoints,
            listener,
            cancelled,
            threads)) {
      return tuner.run();
    }
  }

  /** Nothing is left to do, and no session needs to start for it. */
  private static FineTuned untrained(
      Graph network, FineTuning how, Pruning pruning, Objective objective) {
    return new FineTuned(
        network,
        0,
        OptionalInt.empty(),
        List.of(),
        new PruningSchedule(pruning, 0, how.recipe()).resolved(),
        objective.loss(),
        objective.distilled(),
        Optional.empty(),
        how.learningRate(),
        Optional.empty(),
        Map.of(),
        Map.of(),
        reached(network, pruned(network, pruning)));
  }

  /**
   * Few levels are learned from the first step on, from where reconstruction has put them; but
   * normalisations that are to move need half of the run for that, since they stand still while the
   * network is quantized.
   */
  private int quantizedFrom(Set<String> values, Set<String> kernels) {
    if (values.isEmpty()) {
      return steps;
    }
    return !kernels.isEmpty() && how.freezeBatchNorm() ? 0 : steps / 2;
  }

  private static List<String> pruned(Graph network, Pruning pruning) {
    return pruning.initialSparsity() == 0 && pruning.finalSparsity() == 0
        ? List.of()
        : network.prunable().stream().map(Weight::name).toList();
  }

  private static Map<String, Double> reached(Graph network, List<String> pruned) {
    Map<String, Double> reached = new LinkedHashMap<>();
    for (String name : pruned) {
      reached.put(name, network.weight(name).orElseThrow().value().sparsity());
    }
    return reached;
  }

  private static void checkShape(Graph network, Dataset train) {
    List<Shape> wanted = network.inputs().stream().map(Graph.Input::shape).toList();
    if (!wanted.equals(train.inputs())) {
      throw new TrainingException(
          TrainingException.Reason.SHAPE,
          "the network's input is "
              + wanted
              + ", but the training samples are "
              + train.inputs()
              + "; choose other data or preprocessing");
    }
  }

  private boolean isOfThisRun(Path file) {
    boolean same = CheckpointFile.isOf(file, fingerprint);
    if (!same) {
      LOG.log(System.Logger.Level.WARNING, OTHER_RUN, file);
    }
    return same;
  }

  private FineTuned run() {
    Optional<Double> before = before();
    saved.ifPresent(
        file -> {
          progress = CheckpointFile.read(file, session);
          resumedFrom = OptionalInt.of(progress.step());
        });
    sparsity = session.sparsity();
    if (progress.step() < steps) {
      if (how.augment() != FineTuning.Augment.FLIPS_AND_SHIFTS) {
        boolean mirrored = how.augment() == FineTuning.Augment.FLIPS;
        original.ifPresent(o -> o.remember(data, mirrored, checkpoints, cancelled));
      }
      train();
    }
    if (steps == 0 && !fixed) {
      session.prune((float) schedule.resolved().finalSparsity());
    }
    return result(before);
  }

  /**
   * The loss on what is held out, of the network as it came in: in its file's form, where that is
   * to be learned, since what it is compared with has learned it. A run that learns levels from its
   * first step on begins there.
   */
  private Optional<Double> before() {
    if (!levels.isEmpty()) {
      quantize(network);
    }
    Optional<Double> before = fixed && steps > 0 ? validate().map(v -> v[0]) : Optional.empty();
    if (!levels.isEmpty() && quantizedFrom > 0) {
      session.write(network);
    }
    return before;
  }

  private void train() {
    lastSaved = System.nanoTime();
    try (Batches batches =
        new Batches(data, split.training(), how, original, objective.heads(), progress.step())) {
      while (progress.step() < steps) {
        step(batches);
        if (progress.step() % stepsPerEpoch == 0) {
          endEpoch();
        }
        boolean stop = progress.step() < steps && cancelled.getAsBoolean();
        if (stop || sinceSaved().compareTo(pause) >= 0) {
          save();
        }
        if (stop) {
          throw new TrainingCancelled(progress.step());
        }
      }
    }
  }

  private void step(Batches batches) {
    int step = progress.step() + 1;
    if (!pruned.isEmpty() && !fixed && schedule.updatesAt(step)) {
      session.prune(schedule.sparsityAt(step));
      sparsity = session.sparsity();
    }
    boolean begun = quantizedFrom == 0 && !levels.isEmpty();
    if (step == quantizedFrom + 1 && !begun) {
      quantize(session.trained(network));
    }
    try (Feed feed = batches.next()) {
      TrainingSession.Outcome outcome =
          session.step(feed, step, learningRate.at(step), how.seed(), step > quantizedFrom);
      if (!Float.isFinite(outcome.loss())) {
        throw diverged("the loss became " + outcome.loss() + " in step " + step);
      }
      progress = progress.after(outcome, feed.size());
      if (step % REPORT_EVERY == 0 || step == 1 || step == steps) {
        listener.step(
            new TrainingListener.Step(
                step,
                steps,
                (step - 1) / stepsPerEpoch + 1,
                how.epochs(),
                outcome.loss(),
                sparsity));
      }
    }
  }

  private static TrainingException diverged(String what) {
    return new TrainingException(
        TrainingException.Reason.DIVERGED,
        what + "; lower the learning rate, or check the preprocessing");
  }

  /** From here on, a network learns to be what it becomes in its file. */
  private void quantize(Graph now) {
    // The loss tells of a step's weights with the next step only.
    for (Weight weight : now.weights().values()) {
      for (float value : weight.value().values()) {
        if (!Float.isFinite(value)) {
          throw diverged("the weights " + weight.name() + " became " + value);
        }
      }
    }
    Graph start = now;
    if (!levels.isEmpty()) {
      Quantizing.Rounded rounded = quantizing.rounded(now);
      session.round(rounded);
      start = rounded.network();
    }
    session.quantize(quantizing.scales(start));
  }

  private void endEpoch() {
    Optional<double[]> validation = validate();
    boolean classes = objective.classes() > 0;
    TrainingListener.Epoch epoch =
        new TrainingListener.Epoch(
            progress.lossSum() / progress.seen(),
            classes ? Optional.of(progress.correctSum() / progress.seen()) : Optional.empty(),
            validation.map(v -> v[0]),
            validation.filter(v -> classes).map(v -> v[1]),
            sparsity,
            learningRate.at(progress.step()));
    progress = progress.after(epoch);
    listener.epoch(epoch);
  }

  /** Mean loss and accuracy over the samples held back, if any. */
  private Optional<double[]> validate() {
    int[] heldOut = split.heldOut();
    if (heldOut.length == 0) {
      return Optional.empty();
    }
    double loss = 0;
    double correct = 0;
    for (int start = 0; start < heldOut.length; start += how.batchSize()) {
      int[] indices =
          Arrays.copyOfRange(heldOut, start, Math.min(start + how.batchSize(), heldOut.length));
      try (Feed feed = Batches.feed(data, indices, original, objective.heads())) {
        TrainingSession.Outcome outcome = session.evaluate(feed);
        loss += (double) outcome.loss() * feed.size();
        correct += outcome.correct();
      }
    }
    return Optional.of(new double[] {loss / heldOut.length, correct / heldOut.length});
  }

  private void save() {
    long start = System.nanoTime();
    checkpoints.save(
        progress.step(),
        file -> CheckpointFile.write(file, fingerprint, precision, progress, session));
    lastSaved = System.nanoTime();
    Duration costs = Duration.ofNanos(lastSaved - start).multipliedBy(TIMES_SAVING);
    Duration interval = checkpoints.interval();
    pause = interval.isZero() || interval.compareTo(costs) > 0 ? interval : costs;
  }

  private Duration sinceSaved() {
    return Duration.ofNanos(System.nanoTime() - lastSaved);
  }

  /**
   * @param before the loss on what is held out, of the network as it came in
   */
  private FineTuned result(Optional<Double> before) {
    Optional<FineTuned.HeldOut> heldOut =
        before.flatMap(
            b -> validate().map(v -> new FineTuned.HeldOut(split.heldOut().length, b, v[0])));
    boolean kept = heldOut.filter(FineTuned.HeldOut::worse).isPresent();
    Quantizing.Rounded rounded = session.rounded(network);
    Graph trained = kept ? network : rounded.network();
    return new FineTuned(
        trained,
        steps,
        resumedFrom,
        progress.epochs(),
        schedule.resolved(),
        objective.loss(),
        objective.distilled(),
        steps == 0 ? Optional.empty() : Optional.of(precision),
        how.learningRate(),
        heldOut,
        kept ? Map.of() : session.scales(),
        kept ? Map.of() : rounded.grids(),
        reached(trained, pruned));
  }

  /** What must be equal for a checkpoint to be of this run. */
  private static byte[] fingerprint(
      Graph network,
      Dataset train,
      FineTuning how,
      Pruning pruning,
      Objective objective,
      Set<String> quantized,
      Map<String, Integer> levels) {
    MessageDigest digest = CheckpointFile.sha256();
    String words = train.digest() + how + pruning + objective + network.nodes();
    if (!quantized.isEmpty()) {
      words += new TreeSet<>(quantized);
    }
    if (!levels.isEmpty()) {
      words += new TreeMap<>(levels);
    }
    digest.update(words.getBytes(StandardCharsets.UTF_8));
    for (Weight weight : network.weights().values()) {
      digest.update(weight.name().getBytes(StandardCharsets.UTF_8));
      Tensor value = weight.value();
      ByteBuffer bytes = ByteBuffer.allocate(value.values().length * Float.BYTES);
      bytes.asFloatBuffer().put(value.values());
      digest.update(bytes);
    }
    return digest.digest();
  }

  @Override
  public void close() {
    original.ifPresent(Teacher::close);
    session.close();
  }
}
