package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Drops nodes that return their operand at inference, and joins reshapes of reshapes (which the
 * reader leaves around one-dimensional layers).
 */
final class RemoveIdentities implements Pass {
  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Reshape reshape) {
        reshape(editor, node, reshape);
      } else if (isIdentity(node.op(), editor.shape(node.input(0)))) {
        editor.replace(node.name(), node.input(0));
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static void reshape(Editor editor, Node node, Op.Reshape reshape) {
    String source = node.input(0);
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

  private static boolean isIdentity(Op op, Shape in) {
    if (op instanceof Op.Noise || op instanceof Op.ActivityRegularization) {
      return true;
    }
    if (op instanceof Op.Permute permute) {
      return permute.order().equals(IntStream.range(0, in.rank()).boxed().toList());
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
