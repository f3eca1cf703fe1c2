package dev.secateur.train.op;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Lowers a network to TensorFlow ops, for training or for inference. Only ops whose native gradient
 * was seen to work are used: some crash the process ({@code Square}) and some have none.
 */
public final class TensorFlowLowering {
  /** How one kind of op is written in TensorFlow. */
  private interface Rule<O extends Op> {
    Operand<TFloat32> lower(O op, Site site);
  }

  private static final Map<Class<? extends Op>, Rule<?>> RULES = new HashMap<>();

  private static <O extends Op> void rule(Class<O> type, Rule<O> rule) {
    RULES.put(type, rule);
  }

  static {
    rule(Op.Conv2D.class, Convolutions::convolution);
    rule(Op.DepthwiseConv2D.class, Convolutions::depthwise);
    rule(Op.Conv2DTranspose.class, Convolutions::transposed);
    rule(Op.Dense.class, Arithmetic::dense);
    rule(Op.MatMul.class, Arithmetic::matMul);
    rule(Op.BatchNormalization.class, BatchNormalizations::lower);
    rule(Op.Activate.class, ActivationOps::lower);
    rule(Op.Prelu.class, ActivationOps::prelu);
    rule(Op.Pool2D.class, Layouts::pool);
    rule(Op.Reduce.class, Arithmetic::reduce);
    rule(Op.Reshape.class, Layouts::reshape);
    rule(Op.Permute.class, Layouts::permute);
    rule(Op.Pad.class, Layouts::pad);
    rule(Op.Slice.class, Layouts::slice);
    rule(Op.Resize.class, Layouts::resize);
    rule(Op.Concat.class, Layouts::concat);
    rule(Op.Binary.class, Arithmetic::binary);
    rule(Op.Unary.class, Arithmetic::unary);
    rule(Op.Tile.class, Layouts::tile);
    rule(Op.DepthToSpace.class, Layouts::depthToSpace);
    rule(Op.SpaceToDepth.class, Layouts::spaceToDepth);
    rule(Op.Compare.class, Arithmetic::compare);
    rule(Op.Select.class, Arithmetic::select);
    rule(Op.ArgExtreme.class, Arithmetic::argExtreme);
    rule(Op.Noise.class, Noises::lower);
    rule(Op.ActivityRegularization.class, Noises::activityRegularization);
  }

  private final Ops tf;
  private final Optional<Operand<TInt32>> seed;
  private final Map<String, Operand<TFloat32>> values;
  private final BiFunction<String, Operand<TFloat32>, Operand<TFloat32>> made;
  private final Map<String, Operand<TFloat32>> moved = new LinkedHashMap<>();
  private final List<Operand<TFloat32>> penalties = new ArrayList<>();

  private TensorFlowLowering(
      Ops tf,
      Optional<Operand<TInt32>> seed,
      Map<String, Operand<TFloat32>> inputsAndWeights,
      BiFunction<String, Operand<TFloat32>, Operand<TFloat32>> made) {
    this.tf = tf;
    this.seed = seed;
    this.values = new HashMap<>(inputsAndWeights);
    this.made = made;
  }

  public static TensorFlowLowering forInference(
      Ops tf, Graph network, Map<String, Operand<TFloat32>> inputsAndWeights) {
    return forInference(tf, network, inputsAndWeights, (name, x) -> x);
  }

  /**
   * @param made what becomes of each node's value, by its name, before others read it
   */
  public static TensorFlowLowering forInference(
      Ops tf,
      Graph network,
      Map<String, Operand<TFloat32>> inputsAndWeights,
      BiFunction<String, Operand<TFloat32>, Operand<TFloat32>> made) {
    return new TensorFlowLowering(tf, Optional.empty(), inputsAndWeights, made).lower(network);
  }

  /**
   * @param seed two numbers that the noise of this step is drawn from
   */
  public static TensorFlowLowering forTraining(
      Ops tf,
      Graph network,
      Map<String, Operand<TFloat32>> inputsAndWeights,
      Operand<TInt32> seed) {
    return forTraining(tf, network, inputsAndWeights, seed, (name, x) -> x);
  }

  /**
   * @param made what becomes of each node's value, by its name, before others read it
   */
  public static TensorFlowLowering forTraining(
      Ops tf,
      Graph network,
      Map<String, Operand<TFloat32>> inputsAndWeights,
      Operand<TInt32> seed,
      BiFunction<String, Operand<TFloat32>, Operand<TFloat32>> made) {
    return new TensorFlowLowering(tf, Optional.of(seed), inputsAndWeights, made).lower(network);
  }

  private TensorFlowLowering lower(Graph network) {
    Map<String, Shape> shapes = network.shapes();
    for (Node node : network.nodes()) {
      Site site =
          new Site(
              this,
              node,
              node.inputs().stream().map(this::value).toList(),
              node.inputs().stream().map(shapes::get).toList());
      values.put(node.name(), made.apply(node.name(), apply(node.op(), site)));
    }
    return this;
  }

  @SuppressWarnings("unchecked")
  private static <O extends Op> Operand<TFloat32> apply(O op, Site site) {
    return ((Rule<O>) RULES.get(op.getClass())).lower(op, site);
  }

  Ops tf() {
    return tf;
  }

  boolean training() {
    return seed.isPresent();
  }

  /** A seed of its own for each node, and another in each step. */
  Operand<TInt32> seed(Site site) {
    int salt = site.node().name().hashCode();
    return tf.math.add(seed.orElseThrow(), tf.constant(new int[] {salt, 0}));
  }

  /** The value of an input, weight or node. */
  public Operand<TFloat32> value(String name) {
    return values.get(name);
  }

  /** New values of moving statistics, by weight. */
  public Map<String, Operand<TFloat32>> moved() {
    return moved;
  }

  /** Scalars that the layers add to the loss. */
  public List<Operand<TFloat32>> penalties() {
    return penalties;
  }
}
