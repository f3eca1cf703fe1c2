package dev.secateur.graph.pass;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Recognises the hard swish {@code x·relu6(x + 3)/6} and the hard sigmoid {@code relu6(x + 3)/6}
 * that it is made of, in the ways in which Keras' applications write them.
 */
final class FuseHardSwish implements Pass {
  private static final float TOLERANCE = 1e-6f;

  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      Optional<String> sigmoidOf = hardSigmoid(editor, node);
      Optional<String> swishOf = hardSwish(editor, node);
      if (swishOf.isPresent()) {
        activate(editor, node, Activation.Simple.HARD_SWISH, swishOf.get());
      } else if (sigmoidOf.isPresent()) {
        activate(editor, node, Activation.Simple.HARD_SIGMOID_KERAS3, sigmoidOf.get());
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static void activate(Editor editor, Node node, Activation function, String x) {
    editor.write(node, new Op.Activate(function), List.of(x));
  }

  /** x, if the node is relu6(x + 3)·(1/6) or relu6(x + 3)/6. */
  private static Optional<String> hardSigmoid(Editor editor, Node node) {
    return sixth(editor, node).flatMap(relu6 -> shiftedRelu6(editor, relu6));
  }

  /** x, if the node is x·hard_sigmoid(x), or (x·relu6(x + 3)) by six. */
  private static Optional<String> hardSwish(Editor editor, Node node) {
    Optional<String> product = sixth(editor, node);
    if (product.isPresent()) {
      return editor.producer(product.get()).flatMap(n -> factorOf(editor, n, false));
    }
    return factorOf(editor, node, true);
  }

  private static Optional<String> factorOf(Editor editor, Node node, boolean complete) {
    if (!is(node, Op.BinaryKind.MULTIPLY)) {
      return Optional.empty();
    }
    for (int side = 0; side < 2; side++) {
      String x = editor.current(node.input(side));
      String gate = node.input(1 - side);
      Optional<String> of =
          complete
              ? editor
                  .producer(gate)
                  .filter(g -> g.op().equals(activate(Activation.Simple.HARD_SIGMOID_KERAS3)))
                  .map(g -> g.input(0))
              : shiftedRelu6(editor, gate);
      if (of.filter(x::equals).isPresent()) {
        return of;
      }
    }
    return Optional.empty();
  }

  /** The value that the node multiplies by 1/6 or divides by 6. */
  private static Optional<String> sixth(Editor editor, Node node) {
    if (is(node, Op.BinaryKind.DIVIDE) && isScalar(editor, node.input(1), 6f)) {
      return Optional.of(node.input(0));
    }
    for (int side = 0; side < 2; side++) {
      if (is(node, Op.BinaryKind.MULTIPLY) && isScalar(editor, node.input(side), 1f / 6)) {
        return Optional.of(node.input(1 - side));
      }
    }
    return Optional.empty();
  }

  /** x, if {@code value} is relu6(x + 3). */
  private static Optional<String> shiftedRelu6(Editor editor, String value) {
    return editor
        .producer(value)
        .filter(n -> n.op() instanceof Op.Activate a && isRelu6(a.function()))
        .flatMap(n -> editor.producer(n.input(0)))
        .filter(n -> is(n, Op.BinaryKind.ADD))
        .flatMap(
            n ->
                isScalar(editor, n.input(1), 3f)
                    ? Optional.of(n.input(0))
                    : isScalar(editor, n.input(0), 3f)
                        ? Optional.of(n.input(1))
                        : Optional.empty());
  }

  private static boolean isRelu6(Activation function) {
    return function == Activation.Simple.RELU6
        || function.equals(new Activation.GeneralRelu(6, 0, 0));
  }

  private static Op activate(Activation function) {
    return new Op.Activate(function);
  }

  private static boolean is(Node node, Op.BinaryKind kind) {
    return node.op() instanceof Op.Binary binary && binary.kind() == kind;
  }

  private static boolean isScalar(Editor editor, String name, float value) {
    Optional<float[]> values = editor.constant(name).map(Tensor::values);
    return values.isPresent()
        && values.get().length == 1
        && Math.abs(values.get()[0] - value) < TOLERANCE;
  }
}
