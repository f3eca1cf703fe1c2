package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.List;
import java.util.Optional;

/**
 * Drops nodes that return their operand at inference, joins reshapes of reshapes (which the reader
 * leaves around one-dimensional layers) and permutations of permutations; a permutation that leaves
 * the numbers in their order is a reshape.
 */
final class RemoveIdentities implements Pass {
  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Reshape reshape) {
        reshape(editor, node, node.input(0), reshape);
      } else if (node.op() instanceof Op.Permute permute) {
        permute(editor, node, permute);
      } else if (isIdentity(node.op(), editor.shape(node.input(0)))) {
        editor.replace(node.name(), node.input(0));
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static void reshape(Editor editor, Node node, String operand, Op.Reshape reshape) {
    String source = operand;
    while (editor.producer(source).filter(p -> p.op() instanceof Op.Reshape).isPresent()) {
      source = editor.producer(source).orElseThrow().input(0);
    }
    Shape shape = editor.shape(source);
    if (shape.dims().subList(1, shape.rank()).equals(reshape.sample().dims())) {
      editor.replace(node.name(), source);
    } else {
      editor.write(node, reshape, List.of(source));
    }
  }

  private static void permute(Editor editor, Node node, Op.Permute permute) {
    String source = node.input(0);
    List<Integer> order = permute.order();
    Optional<Node> before = editor.producer(source).filter(p -> p.op() instanceof Op.Permute);
    if (before.isPresent()) {
      List<Integer> first = ((Op.Permute) before.get().op()).order();
      order = order.stream().map(first::get).toList();
      source = before.get().input(0);
    }
    Op.Permute joined = new Op.Permute(order);
    Shape shape = editor.shape(source);
    if (onlyMovesOnes(joined, shape)) {
      Shape moved = joined.infer(List.of(shape));
      Op.Reshape reshape = new Op.Reshape(new Shape(moved.dims().subList(1, moved.rank())));
      reshape(editor, node, source, reshape);
    } else {
      editor.write(node, joined, List.of(source));
    }
  }

  /** Whether the numbers stay in their order. */
  private static boolean onlyMovesOnes(Op.Permute permute, Shape in) {
    List<Integer> moved = permute.order().stream().filter(axis -> in.dim(axis) != 1).toList();
    return moved.equals(moved.stream().sorted().toList());
  }

  private static boolean isIdentity(Op op, Shape in) {
    if (op instanceof Op.Noise || op instanceof Op.ActivityRegularization) {
      return true;
    }
    if (op instanceof Op.Slice slice && slice.strides().stream().anyMatch(s -> s < 0)) {
      return false;
    }
    if (op instanceof Op.Pad || op instanceof Op.Slice || op instanceof Op.Tile) {
      // The shape stays only where nothing is added, cut or repeated; a slice could not even step.
      return op.infer(List.of(in)).equals(in);
    }
    return false;
  }
}
