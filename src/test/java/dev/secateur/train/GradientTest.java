package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Target;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.FineTuning;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op lowers, and the gradient that training follows is the slope of the loss. */
class GradientTest {
  private static final int BATCH = 6;

  /**
   * One op to check.
   *
   * @param x shape of its first operand, batch unknown
   * @param weights its further operands
   */
  record Case(String name, Op op, Shape x, List<Weight> weights, boolean positive) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final Random RANDOM = new Random(7);
  private static final Size ONE = Size.ONE;
  private static final Shape IMAGE = Shape.of(-1, 6, 5, 4);
  private static final Shape VECTOR = Shape.of(-1, 8);

  /** Constant between their steps: no gradient passes. */
  private static final Set<Op.UnaryKind> STEPS =
      Set.of(
          Op.UnaryKind.SIGN,
          Op.UnaryKind.FLOOR,
          Op.UnaryKind.CEIL,
          Op.UnaryKind.ROUND,
          Op.UnaryKind.TRUNCATE);

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Padding padding : Padding.values()) {
      add(cases, new Op.Conv2D(ONE, padding, ONE, 1), IMAGE, kernel(3, 3, 4, 6), bias(6));
      add(cases, new Op.Conv2D(new Size(2, 1), padding, ONE, 1), IMAGE, kernel(3, 2, 4, 6));
      add(cases, new Op.Conv2D(ONE, padding, new Size(2, 1), 1), IMAGE, kernel(3, 3, 4, 2));
      add(cases, new Op.Conv2D(new Size(2, 2), padding, ONE, 2), IMAGE, kernel(3, 3, 2, 6));
      add(cases, new Op.Conv2D(ONE, padding, ONE, 4), IMAGE, kernel(3, 3, 1, 8), bias(8));
      add(cases, new Op.DepthwiseConv2D(ONE, padding, ONE), IMAGE, kernel(3, 3, 4, 2), bias(8));
      add(cases, new Op.DepthwiseConv2D(new Size(2, 2), padding, ONE), IMAGE, kernel(3, 3, 4, 1));
      add(cases, new Op.DepthwiseConv2D(ONE, padding, new Size(2, 2)), IMAGE, kernel(2, 2, 4, 1));
      add(cases, new Op.DepthwiseConv2D(new Size(1, 2), padding, ONE), IMAGE, kernel(3, 3, 4, 2));
    }
    add(
        cases,
        new Op.Conv2DTranspose(new Size(2, 2), Padding.SAME, ONE, 12, 10),
        IMAGE,
        kernel(3, 3, 2, 4),
        bias(2));
    add(
        cases,
        new Op.Conv2DTranspose(new Size(2, 2), Padding.VALID, ONE, 13, 11),
        IMAGE,
        kernel(3, 3, 2, 4));
    add(
        cases,
        new Op.Conv2DTranspose(ONE, Padding.SAME, new Size(2, 2), 6, 5),
        IMAGE,
        kernel(2, 2, 2, 4));
    add(cases, new Op.Dense(), VECTOR, kernel(8, 5), bias(5));
    add(cases, new Op.Dense(), IMAGE, kernel(4, 3), bias(3));
    for (boolean frozen : new boolean[] {false, true}) {
      for (Shape x : List.of(IMAGE, VECTOR, Shape.of(-1, 1, 7, 4))) {
        int c = x.last();
        add(
            cases,
            new Op.BatchNormalization(1e-3f, 0.9f, frozen),
            x,
            weight("gamma", Weight.Role.GAMMA, c),
            weight("beta", Weight.Role.BETA, c),
            statistic("mean", Weight.Role.MOVING_MEAN, c),
            statistic("variance", Weight.Role.MOVING_VARIANCE, c));
      }
    }
    for (Activation.Simple simple : Activation.Simple.values()) {
      add(cases, new Op.Activate(simple), IMAGE);
    }
    for (Activation function :
        List.of(
            new Activation.Elu(1f),
            new Activation.Elu(0.3f),
            new Activation.LeakyRelu(0.2f),
            new Activation.GeneralRelu(1f, 0.1f, 0f),
            new Activation.GeneralRelu(Float.POSITIVE_INFINITY, 0f, 0f),
            new Activation.ThresholdedRelu(-9f),
            new Activation.Softmax(3),
            new Activation.Softmax(1),
            new Activation.LogSoftmax(3))) {
      add(cases, new Op.Activate(function), IMAGE);
    }
    add(cases, new Op.Activate(new Activation.Softmax(1)), VECTOR);
    add(cases, new Op.Prelu(), IMAGE, weight("alpha", Weight.Role.ALPHA, 1, 1, 4));
    add(cases, new Op.Prelu(), IMAGE, weight("alpha", Weight.Role.ALPHA, 6, 5, 4));
    for (Op.PoolKind kind : Op.PoolKind.values()) {
      add(cases, new Op.Pool2D(kind, new Size(2, 2), new Size(2, 2), Padding.VALID), IMAGE);
      add(cases, new Op.Pool2D(kind, new Size(3, 2), new Size(1, 2), Padding.SAME), IMAGE);
    }
    for (Op.ReduceKind kind :
        List.of(Op.ReduceKind.MEAN, Op.ReduceKind.SUM, Op.ReduceKind.MAX, Op.ReduceKind.MIN)) {
      add(cases, new Op.Reduce(kind, List.of(1, 2), false), IMAGE);
      add(cases, new Op.Reduce(kind, List.of(3), true), IMAGE);
    }
    add(cases, new Op.Reshape(Shape.of(10, 12)), IMAGE);
    add(cases, new Op.Permute(List.of(0, 3, 1, 2)), IMAGE);
    List<Integer> before = List.of(0, 1, 2, 0);
    List<Integer> after = List.of(0, 2, 0, 1);
    add(cases, new Op.Pad(before, after, Op.PadMode.CONSTANT, 0f), IMAGE);
    add(cases, new Op.Pad(before, after, Op.PadMode.CONSTANT, -2f), IMAGE);
    add(cases, new Op.Pad(before, after, Op.PadMode.REFLECT, 0f), IMAGE);
    add(cases, new Op.Pad(before, after, Op.PadMode.SYMMETRIC, 0f), IMAGE);
    add(cases, new Op.Slice(List.of(0, 1, 0, 1), List.of(0, 6, 5, 3), List.of(1, 2, 1, 1)), IMAGE);
    for (Op.ResizeMethod method : Op.ResizeMethod.values()) {
      add(cases, new Op.Resize(method, 12, 10, false, true), IMAGE);
      add(cases, new Op.Resize(method, 12, 10, false, false), IMAGE);
      add(cases, new Op.Resize(method, 9, 7, true, false), IMAGE);
      add(cases, new Op.Resize(method, 4, 3, false, true), IMAGE);
    }
    add(cases, new Op.Tile(List.of(1, 3, 1, 2)), IMAGE);
    for (Op.BinaryKind kind : EnumSet.complementOf(EnumSet.of(Op.BinaryKind.POWER))) {
      add(cases, new Op.Binary(kind), IMAGE, positive("other", 4));
      add(cases, new Op.Binary(kind), IMAGE, positive("other", 6, 1, 4));
    }
    for (Op.UnaryKind kind : Op.UnaryKind.values()) {
      if (!STEPS.contains(kind)) {
        cases.add(new Case(kind + "", new Op.Unary(kind), IMAGE, List.of(), true));
      }
    }
    add(cases, new Op.ActivityRegularization(0.01f, 0.02f), IMAGE);
    for (Op.NoiseKind kind : Op.NoiseKind.values()) {
      add(cases, new Op.Noise(kind, 0.3f), IMAGE);
    }
    List<Integer> backwards = List.of(1, -2, -1, -1);
    add(cases, new Op.Slice(List.of(0, 5, 4, 3), List.of(0, 0, -1, -1), backwards), IMAGE);
    add(cases, new Op.DepthToSpace(2), IMAGE);
    add(cases, new Op.SpaceToDepth(2), Shape.of(-1, 6, 4, 3));
    Op product = new Op.Reduce(Op.ReduceKind.PRODUCT, List.of(3), false);
    cases.add(new Case(product + "", product, IMAGE, List.of(), true));
    Op power = new Op.Binary(Op.BinaryKind.POWER);
    cases.add(new Case(power + "", power, IMAGE, List.of(positive("other", 4)), true));
    return cases;
  }

  private static void add(List<Case> cases, Op op, Shape x, Weight... weights) {
    cases.add(new Case(op + " on " + x, op, x, List.of(weights), false));
  }

  @Test
  void everyOpHasACase() {
    Set<Class<?>> checked = new HashSet<>();
    cases().forEach(c -> checked.add(c.op().getClass()));
    // These two join values that depend on the input, and have tests of their own.
    checked.add(Op.Concat.class);
    checked.add(Op.MatMul.class);
    steps().forEach(op -> checked.add(op.getClass()));
    checked.add(Op.Select.class);
    assertThat(checked).containsExactlyInAnyOrder(Op.class.getPermittedSubclasses());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void trainingFollowsTheSlopeOfTheLoss(Case one) {
    RANDOM.setSeed(one.name().hashCode());
    GraphBuilder builder = new GraphBuilder("gradient");
    String x = shifted(builder, one.x(), one.positive());
    List<String> operands = new ArrayList<>(List.of(x));
    one.weights().forEach(w -> operands.add(builder.weight(w)));
    check(classified(builder, builder.add("op", one.op(), operands)));
  }

  @Test
  void concatenationSendsEachPartItsSlope() {
    GraphBuilder builder = new GraphBuilder("concat");
    String x = shifted(builder, IMAGE, false);
    String y = builder.add("y", new Op.Activate(Activation.Simple.TANH), x);
    check(classified(builder, builder.add("op", new Op.Concat(2), x, y, x)));
  }

  static Stream<Op.MatMul> products() {
    return Stream.of(new Op.MatMul(false, true), new Op.MatMul(true, false));
  }

  @ParameterizedTest
  @MethodSource("products")
  void productsOfTwoValuesSendBothTheirSlope(Op.MatMul op) {
    GraphBuilder builder = new GraphBuilder("matmul");
    String x = shifted(builder, Shape.of(-1, 5, 4), false);
    String y = builder.add("y", new Op.Activate(Activation.Simple.TANH), x);
    check(classified(builder, builder.add("op", op, x, y)));
  }

  static Stream<Op> steps() {
    List<Op> steps = new ArrayList<>();
    STEPS.forEach(kind -> steps.add(new Op.Unary(kind)));
    for (Op.CompareKind kind : Op.CompareKind.values()) {
      steps.add(new Op.Compare(kind));
    }
    steps.add(new Op.ArgExtreme(true, 3));
    steps.add(new Op.ArgExtreme(false, 3));
    return steps.stream();
  }

  /** Beside another path, so that there is a gradient at all. */
  @ParameterizedTest
  @MethodSource("steps")
  void stepsLetNoGradientPass(Op step) {
    GraphBuilder builder = new GraphBuilder("step");
    String x = shifted(builder, IMAGE, false);
    String mean = builder.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(3), false), x);
    String other = builder.weight(Weight.constant("other", Tensor.scalar(0.1f)));
    List<String> operands = step instanceof Op.Compare ? List.of(mean, other) : List.of(x);
    String y = builder.add("y", step, operands);
    if (builder.shape(y).rank() == 4) {
      y = builder.add("less", new Op.Reduce(Op.ReduceKind.MEAN, List.of(3), false), y);
    }
    String tamed = builder.weight(Weight.constant("tamed", Tensor.scalar(0f)));
    String zero = builder.add("zero", new Op.Binary(Op.BinaryKind.MULTIPLY), y, tamed);
    check(classified(builder, builder.add("op", new Op.Binary(Op.BinaryKind.ADD), mean, zero)));
  }

  @Test
  void aSelectionSendsEachSideItsSlope() {
    GraphBuilder builder = new GraphBuilder("select");
    String x = shifted(builder, IMAGE, false);
    String y = builder.add("y", new Op.Activate(Activation.Simple.TANH), x);
    String mean = builder.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(3), true), y);
    // A condition that does not depend on what is trained, so that it stays while the weight moves.
    String input = "input";
    String zero = builder.weight(Weight.constant("zero", Tensor.scalar(0f)));
    String c = builder.add("c", new Op.Compare(Op.CompareKind.GREATER), input, zero);
    check(classified(builder, builder.add("op", new Op.Select(), c, y, mean)));
  }

  /** An input plus a trained weight, so that the gradient to the op's operand is seen. */
  private static String shifted(GraphBuilder builder, Shape shape, boolean positive) {
    String input = builder.input("input", shape);
    int[] sample = Arrays.copyOfRange(shape.toArray(), 1, shape.rank());
    String shift = builder.weight(weight("shift", Weight.Role.BIAS, sample));
    String sum = builder.add("shifted", new Op.Binary(Op.BinaryKind.ADD), input, shift);
    String bent = builder.add("bent", new Op.Activate(new Activation.Elu(0.5f)), sum);
    return positive
        ? builder.add("positive", new Op.Activate(Activation.Simple.SOFTPLUS), bent)
        : bent;
  }

  private static Graph classified(GraphBuilder builder, String value) {
    int size = (int) builder.shape(value).size();
    String flat = builder.add("flat", new Op.Reshape(Shape.of(size)), value);
    String kernel =
        builder.weight(
            new Weight(
                "head", Weight.Role.KERNEL, random(1 / Math.sqrt(size), size, 3), true, 0, 0));
    String logits = builder.add("logits", new Op.Dense(), flat, kernel);
    String softmax = builder.add("softmax", new Op.Activate(new Activation.Softmax(1)), logits);
    return builder.output("y", softmax).build();
  }

  private static void check(Graph network) {
    Target classes =
        new Target("y", Target.Form.CLASSES, Shape.of(-1), new Target.Content(false, false, true));
    Objective objective =
        Objective.resolve(network, FineTuning.TUTORIAL, List.of(), List.of(classes));
    Tensor x = random(1, network.inputs().get(0).shape().withBatch(BATCH).toArray());
    try (TrainingSession session =
            new TrainingSession(network, objective, FineTuning.Optimizer.SGD, List.of(), 1);
        Feed feed =
            new Feed(
                BATCH,
                List.of(NativeTensors.of(x)),
                List.of(NativeTensors.of(Tensor.of(new float[] {0, 1, 2, 0, 1, 2}, BATCH))),
                List.of())) {
      for (Weight weight : network.weights().values()) {
        if (weight.trainable()) {
          checkSlope(session, feed, network, weight);
        }
      }
    }
  }

  /** Compares the gradient with central differences along it. */
  private static void checkSlope(TrainingSession session, Feed feed, Graph network, Weight weight) {
    write(session, network, weight.name(), weight.value().values());
    session.step(feed, 1, 1, 0);
    float[] start = weight.value().values();
    Map<String, float[]> state = new HashMap<>();
    session.read(state::put);
    float[] after = state.get(weight.name());
    double[] gradient = new double[start.length];
    double norm = 0;
    for (int i = 0; i < start.length; i++) {
      gradient[i] = (double) start[i] - after[i];
      norm += gradient[i] * gradient[i];
    }
    norm = Math.sqrt(norm);
    assertThat(norm).as("gradient of %s", weight.name()).isGreaterThan(1e-5);
    double eps = 5e-3;
    double slope =
        (lossAt(session, feed, network, weight, gradient, eps / norm)
                - lossAt(session, feed, network, weight, gradient, -eps / norm))
            / (2 * eps);
    assertThat(slope)
        .as("slope of the loss along the gradient of %s", weight.name())
        .isCloseTo(norm, org.assertj.core.data.Offset.offset(0.03 * norm + 1e-4));
  }

  private static double lossAt(
      TrainingSession session,
      Feed feed,
      Graph network,
      Weight weight,
      double[] direction,
      double scale) {
    float[] moved = weight.value().values().clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += (float) (scale * direction[i]);
    }
    write(session, network, weight.name(), moved);
    return session.step(feed, 1, 0, 0).loss();
  }

  /** Puts the session into its first state, but for one weight. */
  private static void write(TrainingSession session, Graph network, String name, float[] value) {
    session.write(n -> n.equals(name) ? value : network.weights().get(n).value().values());
  }

  private static Weight kernel(int... dims) {
    return weight("kernel", Weight.Role.KERNEL, dims);
  }

  private static Weight bias(int size) {
    return weight("bias", Weight.Role.BIAS, size);
  }

  private static Weight weight(String name, Weight.Role role, int... dims) {
    return new Weight(name, role, random(0.5, dims), true, 0, 0);
  }

  private static Weight statistic(String name, Weight.Role role, int size) {
    Tensor value = random(0.1, size);
    for (int i = 0; i < size; i++) {
      value.values()[i] = 0.5f + Math.abs(value.values()[i]);
    }
    return new Weight(name, role, value, false, 0, 0);
  }

  private static Weight positive(String name, int... dims) {
    Tensor value = random(0.2, dims);
    for (int i = 0; i < value.values().length; i++) {
      value.values()[i] = 1f + Math.abs(value.values()[i]);
    }
    return new Weight(name, Weight.Role.ALPHA, value, true, 0, 0);
  }

  private static Tensor random(double scale, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * RANDOM.nextGaussian());
    }
    return new Tensor(shape, values);
  }
}
