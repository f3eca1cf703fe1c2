package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Folds multiplication by, and addition of, a constant per channel into the convolution or dense
 * layer before, if nothing else reads that layer's output. With {@link LowerBatchNormalization}
 * this folds batch normalisation. Zeros of the kernel stay zero.
 */
final class FoldScaleIntoKernel implements Pass {
  /** Ends the name of a bias that was made, after that of the node that was folded. */
  private static final String BIAS = "/bias";

  static boolean isBias(String constant) {
    return constant.endsWith(BIAS);
  }

  /** The node that was folded when a bias was made. */
  static String folded(String bias) {
    return bias.substring(0, bias.length() - BIAS.length());
  }

  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      if (!fold(editor, node)) {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static boolean fold(Editor editor, Node node) {
    if (!(node.op() instanceof Op.Binary binary)) {
      return false;
    }
    int side = editor.constant(node.input(1)).isPresent() ? 1 : 0;
    Optional<Tensor> constant = editor.constant(node.input(side));
    String operand = node.input(1 - side);
    Optional<Node> linear = linearBefore(editor, operand);
    if (constant.isEmpty() || linear.isEmpty()) {
      return false;
    }
    Shape out = editor.shape(operand);
    Optional<float[]> channels = ChannelConstant.of(constant.get(), out);
    boolean commutes =
        binary.kind() == Op.BinaryKind.ADD || binary.kind() == Op.BinaryKind.MULTIPLY;
    if (channels.isEmpty() || !(commutes || side == 1)) {
      return false;
    }
    float[] c = channels.get();
    switch (binary.kind()) {
      case ADD -> write(editor, node, linear.get(), ones(c.length), c);
      case SUBTRACT -> write(editor, node, linear.get(), ones(c.length), negated(c));
      case MULTIPLY -> write(editor, node, linear.get(), c, new float[c.length]);
      case DIVIDE -> write(editor, node, linear.get(), inverted(c), new float[c.length]);
      default -> {
        return false;
      }
    }
    editor.replace(node.name(), operand);
    return true;
  }

  /**
   * The layer that makes {@code value}, also behind reshapes that keep the channels
   * (one-dimensional layers have them), if nothing else reads what lies between.
   */
  private static Optional<Node> linearBefore(Editor editor, String value) {
    String current = value;
    while (editor.readOnce(current)) {
      Optional<Node> producer = editor.producer(current);
      if (producer.filter(FoldScaleIntoKernel::isLinear).isPresent()) {
        return producer;
      }
      Optional<Node> reshape = producer.filter(p -> p.op() instanceof Op.Reshape);
      if (reshape.isEmpty()
          || editor.shape(current).last() != editor.shape(reshape.get().input(0)).last()) {
        return Optional.empty();
      }
      current = reshape.get().input(0);
    }
    return Optional.empty();
  }

  private static boolean isLinear(Node node) {
    return node.op() instanceof Op.Conv2D
        || node.op() instanceof Op.DepthwiseConv2D
        || node.op() instanceof Op.Conv2DTranspose
        || node.op() instanceof Op.Dense;
  }

  private static void write(Editor editor, Node node, Node linear, float[] scale, float[] offset) {
    List<String> operands = new ArrayList<>(linear.inputs());
    Tensor kernel = editor.constant(linear.input(1)).orElseThrow();
    Optional<float[]> bias =
        operands.size() > 2
            ? editor.constant(operands.get(2)).map(Tensor::values)
            : Optional.empty();
    float[] folded = new float[scale.length];
    for (int c = 0; c < folded.length; c++) {
      folded[c] = (bias.isPresent() ? bias.get()[c] * scale[c] : 0) + offset[c];
    }
    if (!isOne(scale)) {
      Tensor scaled = scaled(kernel, linear.op(), scale);
      operands.set(1, editor.changed(node.name() + "/kernel", linear.input(1), scaled));
    }
    String sum = editor.constant(node.name() + BIAS, Tensor.of(folded, folded.length));
    if (operands.size() > 2) {
      operands.set(2, sum);
    } else {
      operands.add(sum);
    }
    editor.write(linear, linear.op(), operands);
  }

  /** Kernels end in their output channels, but for the transposed one: (h,w,O,I). */
  private static Tensor scaled(Tensor kernel, Op op, float[] scale) {
    int inner = op instanceof Op.Conv2DTranspose ? kernel.shape().last() : 1;
    float[] from = kernel.values();
    float[] to = new float[from.length];
    int i = 0;
    while (i < from.length) {
      for (float factor : scale) {
        for (int k = 0; k < inner; k++, i++) {
          to[i] = from[i] * factor;
        }
      }
    }
    return new Tensor(kernel.shape(), to);
  }

  private static boolean isOne(float[] values) {
    for (float v : values) {
      if (v != 1f) {
        return false;
      }
    }
    return true;
  }

  private static float[] ones(int n) {
    float[] ones = new float[n];
    Arrays.fill(ones, 1f);
    return ones;
  }

  private static float[] negated(float[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = -values[i];
    }
    return result;
  }

  private static float[] inverted(float[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = 1f / values[i];
    }
    return result;
  }
}
