package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Node;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.FineTuning;
import dev.secateur.prune.Masks;
import dev.secateur.train.op.FakeQuantization;
import dev.secateur.train.op.Penalties;
import dev.secateur.train.op.TensorFlowLowering;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.NoOp;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The network as a TensorFlow graph that trains itself: weights, masks and optimizer slots are
 * variables, and one run of the session is one step: mask the weights, forward, backward, update in
 * place. One thread at a time.
 */
final class TrainingSession implements AutoCloseable {
  /** A batch's loss, and how many of its samples have their class right. */
  record Outcome(float loss, float correct) {}

  private static final String MASK = "|mask";
  private static final String SCALE = "|scale";
  private static final String ZERO_POINT = "|zero-point";
  private static final String STEPS = "|steps";

  private final Graph network;
  private final Objective objective;
  private final List<String> pruned;
  private final List<String> masks;
  private final org.tensorflow.Graph graph = new org.tensorflow.Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(tf);
  private final List<Placeholder<TFloat32>> scalars = new ArrayList<>();
  private final List<TFloat32> scalarFeeds = new ArrayList<>();
  private final Placeholder<TInt32> seed;
  private final TInt32 seedFeed = NativeTensors.of(new int[2]);
  private final List<Placeholder<TFloat32>> inputs = new ArrayList<>();
  private final List<Placeholder<TFloat32>> given = new ArrayList<>();
  private final List<Placeholder<TFloat32>> originals = new ArrayList<>();
  private final Losses losses;
  private final Operand<TFloat32> trainingLoss;
  private final Operand<TFloat32> trainingCorrect;
  private final Operand<TFloat32> inferenceLoss;
  private final Operand<TFloat32> inferenceCorrect;
  private final NoOp train;
  private final List<String> quantized;

  /** The largest level of each kernel that stands on a grid when the network is quantized. */
  private final Map<String, Integer> levels;

  /** Kernels that have one step for all channels. */
  private final Set<String> oneStep = new HashSet<>();

  private final Optional<Quantized> aware;
  private final Session session;

  /**
   * Of a network that computes in float32 and does not learn to be quantized.
   *
   * @param pruned weights that have a mask
   */
  TrainingSession(
      Graph network,
      Objective objective,
      FineTuning.Optimizer optimizer,
      List<String> pruned,
      int threads) {
    this(
        network,
        objective,
        optimizer,
        pruned,
        Set.of(),
        Map.of(),
        FineTuning.Precision.FLOAT32,
        threads);
  }

  /**
   * @param quantized values that {@link #quantize} gives scales; empty for a network that does not
   *     learn to be quantized
   * @param levels the largest of each kernel that {@link #round} puts on a grid
   * @param precision of what a step computes with; the variables are float32
   */
  TrainingSession(
      Graph network,
      Objective objective,
      FineTuning.Optimizer optimizer,
      List<String> pruned,
      Set<String> quantized,
      Map<String, Integer> levels,
      FineTuning.Precision precision,
      int threads) {
    this.network = network;
    this.objective = objective;
    this.pruned = List.copyOf(pruned);
    this.quantized = quantized.stream().sorted().toList();
    this.levels = new TreeMap<>(levels);
    this.masks = pruned.stream().map(TrainingSession::mask).toList();
    this.losses = new Losses(tf, objective);
    network.inputs().forEach(i -> inputs.add(placeholder(i.shape())));
    objective.targets().forEach(t -> given.add(placeholder(t.shape())));
    this.seed = tf.placeholder(TInt32.class, Placeholder.shape(org.tensorflow.ndarray.Shape.of(2)));
    for (int i = 0; i < 3; i++) {
      scalars.add(
          tf.placeholder(TFloat32.class, Placeholder.shape(org.tensorflow.ndarray.Shape.scalar())));
      scalarFeeds.add(TFloat32.scalarOf(0));
    }
    defineWeights();

    List<Op> maskings = new ArrayList<>();
    Map<String, Operand<TFloat32>> values = trainedValues(maskings);
    TensorFlowLowering training = TensorFlowLowering.forTraining(tf, network, values, seed);
    List<Operand<TFloat32>> heads = heads(training);
    List<Operand<TFloat32>> targets = targets();
    Operand<TInt32> classes = classes(targets);
    this.trainingLoss = penalized(training, losses.loss(heads, targets), values);
    this.trainingCorrect = correct(heads, classes);
    this.train = trainOp(optimizer, training, trainingLoss, values, maskings);
    this.aware =
        this.quantized.isEmpty()
            ? Optional.empty()
            : Optional.of(aware(optimizer, values, targets, classes, maskings));

    List<Operand<TFloat32>> inference =
        heads(TensorFlowLowering.forInference(tf, network, inferenceValues()));
    this.inferenceLoss = losses.loss(inference, targets);
    this.inferenceCorrect = correct(inference, classes);

    this.session = new Session(graph, NativeTensors.config(threads, precision));
    initialize();
  }

  private void defineWeights() {
    for (Weight weight : network.weights().values()) {
      if (weight.role() != Weight.Role.CONSTANT) {
        variables.define(weight.name(), weight.shape());
      }
    }
    pruned.forEach(name -> variables.define(mask(name), variables.shape(name)));
    for (String value : quantized) {
      variables.define(value + SCALE, Shape.of(1));
      variables.define(value + ZERO_POINT, Shape.of(1));
    }
    levels
        .keySet()
        .forEach(name -> variables.define(name + STEPS, Shape.of(variables.shape(name).last())));
  }

  /**
   * A network that is quantized as it will be, in training with batch normalisation as at
   * inference.
   *
   * @param inferenceLoss without what only training does
   */
  private record Quantized(
      Operand<TFloat32> loss,
      Operand<TFloat32> correct,
      NoOp train,
      Operand<TFloat32> inferenceLoss,
      Operand<TFloat32> inferenceCorrect) {}

  private Quantized aware(
      FineTuning.Optimizer optimizer,
      Map<String, Operand<TFloat32>> values,
      List<Operand<TFloat32>> targets,
      Operand<TInt32> classes,
      List<Op> maskings) {
    FakeQuantization fake = new FakeQuantization(tf);
    TensorFlowLowering training =
        TensorFlowLowering.forTraining(
            tf,
            FrozenStatistics.of(network),
            rounded(fake, values),
            seed,
            (name, x) -> quantized(fake, name, x));
    List<Operand<TFloat32>> heads = heads(training);
    Operand<TFloat32> loss = penalized(training, losses.loss(heads, targets), values);
    List<Operand<TFloat32>> inference =
        heads(
            TensorFlowLowering.forInference(
                tf,
                network,
                rounded(fake, inferenceValues()),
                (name, x) -> quantized(fake, name, x)));
    return new Quantized(
        loss,
        correct(heads, classes),
        trainOp(optimizer, training, loss, values, maskings),
        losses.loss(inference, targets),
        correct(inference, classes));
  }

  /** The same values, inputs and kernels rounded. */
  private Map<String, Operand<TFloat32>> rounded(
      FakeQuantization fake, Map<String, Operand<TFloat32>> values) {
    Map<String, Operand<TFloat32>> rounded = new HashMap<>(values);
    network
        .inputs()
        .forEach(i -> rounded.computeIfPresent(i.name(), (name, x) -> quantized(fake, name, x)));
    for (Node node : network.nodes()) {
      if (FakeQuantization.hasKernel(node) && network.weight(node.input(1)).isPresent()) {
        rounded.computeIfPresent(node.input(1), (name, kernel) -> rounded(fake, node, kernel));
      }
    }
    return rounded;
  }

  private Operand<TFloat32> rounded(FakeQuantization fake, Node node, Operand<TFloat32> kernel) {
    String name = node.input(1);
    return levels.containsKey(name)
        ? fake.kernel(kernel, variables.read(name + STEPS), levels.get(name))
        : fake.kernel(node, kernel);
  }

  private Operand<TFloat32> quantized(FakeQuantization fake, String name, Operand<TFloat32> x) {
    return quantized.contains(name)
        ? fake.value(x, variables.read(name + SCALE), variables.read(name + ZERO_POINT))
        : x;
  }

  /** Sets scales of the quantized values, which keep them from then on. */
  void quantize(Map<String, Quantizing.Scale> scales) {
    List<String> names = new ArrayList<>();
    quantized.stream()
        .filter(scales::containsKey)
        .forEach(value -> names.addAll(List.of(value + SCALE, value + ZERO_POINT)));
    variables.write(
        session,
        names,
        name -> {
          boolean scale = name.endsWith(SCALE);
          String value = name.substring(0, name.length() - (scale ? SCALE : ZERO_POINT).length());
          Quantizing.Scale of = scales.get(value);
          return new float[] {scale ? of.scale() : of.zeroPoint()};
        });
  }

  /** Sets the weights to a network's. */
  void write(Graph like) {
    variables.write(session, weights(), name -> like.weights().get(name).value().values());
  }

  /** Sets the weights to a network's, and the steps of its grids, which stay from then on. */
  void round(Quantizing.Rounded start) {
    write(start.network());
    start
        .grids()
        .forEach(
            (kernel, grid) -> {
              if (grid.steps().size() == 1) {
                oneStep.add(kernel);
              }
            });
    variables.write(
        session,
        levels.keySet().stream().map(name -> name + STEPS).toList(),
        name -> {
          float[] steps = new float[size(name)];
          Grid grid = start.grids().get(name.substring(0, name.length() - STEPS.length()));
          for (int c = 0; c < steps.length; c++) {
            steps[c] = grid.step(c);
          }
          return steps;
        });
  }

  /** The network as it is now, and the grids, on which its kernels then stand. */
  Quantizing.Rounded rounded(Graph like) {
    Graph trained = trained(like);
    Map<String, Grid> grids = new HashMap<>();
    Map<String, Tensor> kernels = new HashMap<>();
    variables.read(
        session,
        levels.keySet().stream().map(name -> name + STEPS).toList(),
        (name, steps) -> {
          String kernel = name.substring(0, name.length() - STEPS.length());
          Grid grid = new Grid(levels.get(kernel), steps(kernel, steps));
          grids.put(kernel, grid);
          kernels.put(kernel, grid.nearest(trained.weights().get(kernel).value()));
        });
    return new Quantizing.Rounded(trained.withWeights(kernels), grids);
  }

  private List<Float> steps(String kernel, float[] steps) {
    List<Float> all = new ArrayList<>();
    for (float step : steps) {
      all.add(step);
    }
    return oneStep.contains(kernel) ? all.subList(0, 1) : all;
  }

  /** The scales as they were set. */
  Map<String, Quantizing.Scale> scales() {
    Map<String, float[]> read = new HashMap<>();
    List<String> names = new ArrayList<>();
    quantized.forEach(value -> names.addAll(List.of(value + SCALE, value + ZERO_POINT)));
    variables.read(session, names, read::put);
    Map<String, Quantizing.Scale> scales = new LinkedHashMap<>();
    for (String value : quantized) {
      scales.put(
          value,
          new Quantizing.Scale(
              read.get(value + SCALE)[0], Math.round(read.get(value + ZERO_POINT)[0])));
    }
    return scales;
  }

  private static String mask(String weight) {
    return weight + MASK;
  }

  private static String unmasked(String mask) {
    return mask.substring(0, mask.length() - MASK.length());
  }

  /** What a step computes with: pruned weights are masked in place first. */
  private Map<String, Operand<TFloat32>> trainedValues(List<Op> maskings) {
    Map<String, Operand<TFloat32>> values = plainValues();
    for (String name : pruned) {
      Op masking = tf.assignVariableOp(variables.handle(name), masked(name));
      maskings.add(masking);
      Ops after = tf.withControlDependencies(masking);
      values.put(name, after.readVariableOp(variables.handle(name), TFloat32.class));
    }
    return values;
  }

  private Map<String, Operand<TFloat32>> inferenceValues() {
    Map<String, Operand<TFloat32>> values = plainValues();
    pruned.forEach(name -> values.put(name, masked(name)));
    return values;
  }

  private Operand<TFloat32> masked(String name) {
    return tf.math.mul(variables.read(name), variables.read(mask(name)));
  }

  private Map<String, Operand<TFloat32>> plainValues() {
    Map<String, Operand<TFloat32>> values = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      values.put(network.inputs().get(i).name(), inputs.get(i));
    }
    for (Weight weight : network.weights().values()) {
      values.put(
          weight.name(),
          weight.role() == Weight.Role.CONSTANT
              ? constant(weight.value())
              : variables.read(weight.name()));
    }
    return values;
  }

  private Operand<TFloat32> constant(Tensor value) {
    try (TFloat32 copy = NativeTensors.of(value)) {
      return tf.constantOf(copy);
    }
  }

  private List<Operand<TFloat32>> heads(TensorFlowLowering lowering) {
    return objective.heads().stream().map(h -> lowering.value(h.value())).toList();
  }

  private Placeholder<TFloat32> placeholder(Shape shape) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(NativeTensors.shape(shape)));
  }

  private List<Operand<TFloat32>> targets() {
    return switch (objective.source()) {
      case INPUT -> List.of(inputs.get(0));
      case SET ->
          IntStream.range(0, given.size())
              .mapToObj(
                  i ->
                      losses.target(
                          objective.heads().get(i), objective.targets().get(i), given.get(i)))
              .toList();
      case ORIGINAL -> {
        objective.heads().forEach(h -> originals.add(placeholder(h.shape())));
        yield List.copyOf(originals);
      }
    };
  }

  /** The right classes or, without targets, the original's. */
  private Operand<TInt32> classes(List<Operand<TFloat32>> targets) {
    if (objective.classes() == 0) {
      return tf.constant(new int[0]);
    }
    return given.isEmpty()
        ? losses.predicted(targets.get(0))
        : losses.classes(objective.targets().get(0), given.get(0));
  }

  private Operand<TFloat32> correct(List<Operand<TFloat32>> heads, Operand<TInt32> classes) {
    return objective.classes() == 0 ? tf.constant(0f) : losses.correct(heads.get(0), classes);
  }

  private Operand<TFloat32> penalized(
      TensorFlowLowering training, Operand<TFloat32> loss, Map<String, Operand<TFloat32>> values) {
    List<Operand<TFloat32>> terms = new ArrayList<>(training.penalties());
    for (Weight weight : network.weights().values()) {
      if (weight.trainable()) {
        Penalties.of(tf, values.get(weight.name()), weight.l1(), weight.l2()).ifPresent(terms::add);
      }
    }
    return terms.stream().reduce(loss, tf.math::add);
  }

  private NoOp trainOp(
      FineTuning.Optimizer optimizer,
      TensorFlowLowering training,
      Operand<TFloat32> loss,
      Map<String, Operand<TFloat32>> values,
      List<Op> maskings) {
    List<Op> all = new ArrayList<>(maskings);
    training
        .moved()
        .forEach((name, value) -> all.add(tf.assignVariableOp(variables.handle(name), value)));
    List<String> trainable = trainable();
    if (!trainable.isEmpty()) {
      Output<?>[] sources =
          trainable.stream().map(n -> values.get(n).asOutput()).toArray(Output<?>[]::new);
      Output<?>[] gradients = graph.addGradients(loss.asOutput(), sources);
      Updates updates = new Updates(tf, optimizer, variables, scalars);
      for (int i = 0; i < sources.length; i++) {
        all.add(updates.apply(trainable.get(i), gradients[i].expect(TFloat32.class)));
      }
    }
    return tf.withControlDependencies(all).noOp();
  }

  /** Trainable weights that the heads depend on. */
  private List<String> trainable() {
    Set<String> reached = new HashSet<>();
    objective.heads().forEach(h -> reached.add(h.value()));
    List<Node> nodes = network.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (reached.contains(nodes.get(i).name())) {
        reached.addAll(nodes.get(i).inputs());
      }
    }
    return network.weights().values().stream()
        .filter(w -> w.trainable() && learns(w.role()) && reached.contains(w.name()))
        .map(Weight::name)
        .toList();
  }

  private static boolean learns(Weight.Role role) {
    return switch (role) {
      case KERNEL, BIAS, GAMMA, BETA, ALPHA -> true;
      case MOVING_MEAN, MOVING_VARIANCE, CONSTANT -> false;
    };
  }

  private void initialize() {
    write(name -> network.weight(name).map(w -> w.value().values()).orElseGet(() -> initial(name)));
  }

  /** Masks keep everything at first, scales are one; slots start at zero. */
  private float[] initial(String name) {
    float[] value = new float[Math.toIntExact(variables.shape(name).size())];
    if (name.endsWith(MASK) || name.endsWith(SCALE) || name.endsWith(STEPS)) {
      java.util.Arrays.fill(value, 1f);
    }
    return value;
  }

  /**
   * One step of training.
   *
   * @param step counted from 1
   */
  Outcome step(Feed feed, int step, double learningRate, long runSeed) {
    return step(feed, step, learningRate, runSeed, false);
  }

  /**
   * @param quantizes whether the network is quantized in this step
   */
  Outcome step(Feed feed, int step, double learningRate, long runSeed, boolean quantizes) {
    float[] powers = Updates.powers(step);
    scalarFeeds.get(0).setFloat((float) learningRate);
    scalarFeeds.get(1).setFloat(powers[0]);
    scalarFeeds.get(2).setFloat(powers[1]);
    seedFeed.setInt(Long.hashCode(runSeed), 0);
    seedFeed.setInt(step, 1);
    Optional<Quantized> as = quantizes ? aware : Optional.empty();
    Session.Runner runner =
        fed(feed).feed(seed, seedFeed).addTarget(as.map(Quantized::train).orElse(train));
    for (int i = 0; i < scalars.size(); i++) {
      runner.feed(scalars.get(i), scalarFeeds.get(i));
    }
    return outcome(
        runner
            .fetch(as.map(Quantized::loss).orElse(trainingLoss))
            .fetch(as.map(Quantized::correct).orElse(trainingCorrect)));
  }

  /**
   * Loss (without penalties) and hits at inference; quantized, where the network learns to be: that
   * is how it will be used.
   */
  Outcome evaluate(Feed feed) {
    return outcome(
        fed(feed)
            .fetch(aware.map(Quantized::inferenceLoss).orElse(inferenceLoss))
            .fetch(aware.map(Quantized::inferenceCorrect).orElse(inferenceCorrect)));
  }

  private Session.Runner fed(Feed feed) {
    Session.Runner runner = session.runner();
    for (int i = 0; i < inputs.size(); i++) {
      runner.feed(inputs.get(i), feed.inputs().get(i));
    }
    for (int i = 0; i < given.size(); i++) {
      runner.feed(given.get(i), feed.targets().get(i));
    }
    for (int i = 0; i < originals.size(); i++) {
      runner.feed(originals.get(i), feed.original().get(i));
    }
    return runner;
  }

  private static Outcome outcome(Session.Runner runner) {
    try (Result result = runner.run()) {
      return new Outcome(
          ((TFloat32) result.get(0)).getFloat(), ((TFloat32) result.get(1)).getFloat());
    }
  }

  /** Computes the masks of all pruned weights anew. */
  void prune(float sparsity) {
    Map<String, float[]> weights = new HashMap<>();
    variables.read(session, pruned, weights::put);
    variables.write(session, masks, mask -> Masks.of(weights.get(unmasked(mask)), sparsity));
  }

  /** Masks what is zero now, and nothing else. */
  void maskZeros() {
    Map<String, float[]> weights = new HashMap<>();
    variables.read(session, pruned, weights::put);
    variables.write(session, masks, mask -> nonZeros(weights.get(unmasked(mask))));
  }

  private static float[] nonZeros(float[] weights) {
    float[] mask = new float[weights.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = weights[i] == 0f ? 0f : 1f;
    }
    return mask;
  }

  /** Fraction of masked positions over all pruned weights. */
  double sparsity() {
    long[] zerosAndAll = new long[2];
    variables.read(
        session,
        masks,
        (name, mask) -> {
          zerosAndAll[1] += mask.length;
          for (float m : mask) {
            zerosAndAll[0] += m == 0f ? 1 : 0;
          }
        });
    return zerosAndAll[1] == 0 ? 0 : (double) zerosAndAll[0] / zerosAndAll[1];
  }

  /** Everything that a step changes, in a fixed order. */
  <E extends Exception> void read(Variables.Sink<E> sink) throws E {
    variables.read(session, variables.names(), sink);
  }

  /** Sets everything that a step changes, in the order in which it is read. */
  <E extends Exception> void write(Variables.Values<E> values) throws E {
    variables.write(session, variables.names(), values);
  }

  int size(String name) {
    return Math.toIntExact(variables.shape(name).size());
  }

  /** The network with the weights as they are now, masks applied. */
  Graph trained() {
    return trained(network);
  }

  /** The same of a network with the same weights. */
  Graph trained(Graph like) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    variables.read(
        session,
        weights(),
        (name, value) -> values.put(name, new Tensor(variables.shape(name), value)));
    variables.read(
        session,
        masks,
        (name, mask) -> {
          float[] value = values.get(unmasked(name)).values();
          for (int i = 0; i < mask.length; i++) {
            value[i] = mask[i] == 0f ? 0f : value[i];
          }
        });
    return like.withWeights(values);
  }

  private List<String> weights() {
    return network.weights().values().stream()
        .filter(w -> w.role() != Weight.Role.CONSTANT)
        .map(Weight::name)
        .toList();
  }

  @Override
  public void close() {
    session.close();
    graph.close();
    scalarFeeds.forEach(TFloat32::close);
    seedFeed.close();
  }
}
