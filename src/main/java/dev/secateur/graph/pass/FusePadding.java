package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Zero padding before a VALID convolution becomes SAME, where it is exactly the padding that SAME
 * would give.
 */
final class FusePadding implements Pass {
  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      Optional<Op> same = sameInsteadOfValid(node.op());
      Optional<Node> pad =
          same.isPresent()
              ? editor.producer(node.input(0)).filter(p -> p.op() instanceof Op.Pad)
              : Optional.empty();
      if (pad.isPresent() && fits(editor, node, pad.get())) {
        List<String> operands = new ArrayList<>(node.inputs());
        operands.set(0, pad.get().input(0));
        editor.write(node, same.get(), operands);
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static Optional<Op> sameInsteadOfValid(Op op) {
    if (op instanceof Op.Conv2D c && c.padding() == Op.Padding.VALID) {
      return Optional.of(new Op.Conv2D(c.strides(), Op.Padding.SAME, c.dilation(), c.groups()));
    }
    if (op instanceof Op.DepthwiseConv2D c && c.padding() == Op.Padding.VALID) {
      return Optional.of(new Op.DepthwiseConv2D(c.strides(), Op.Padding.SAME, c.dilation()));
    }
    return Optional.empty();
  }

  private static boolean fits(Editor editor, Node node, Node padNode) {
    Op.Pad pad = (Op.Pad) padNode.op();
    if (pad.mode() != Op.PadMode.CONSTANT
        || pad.value() != 0
        || pad.before().get(3) != 0
        || pad.after().get(3) != 0) {
      return false;
    }
    Op.Size strides = strides(node.op());
    Op.Size dilation = dilation(node.op());
    Shape in = editor.shape(padNode.input(0));
    Shape kernel = editor.shape(node.input(1));
    return fits(pad, 1, in.dim(1), kernel.dim(0), strides.height(), dilation.height())
        && fits(pad, 2, in.dim(2), kernel.dim(1), strides.width(), dilation.width());
  }

  private static boolean fits(Op.Pad pad, int axis, int in, int window, int stride, int dilation) {
    int total = Math.max(0, Op.Padding.ofSame(in, window, stride, dilation));
    return pad.before().get(axis) == total / 2 && pad.after().get(axis) == total - total / 2;
  }

  private static Op.Size strides(Op op) {
    return op instanceof Op.Conv2D c ? c.strides() : ((Op.DepthwiseConv2D) op).strides();
  }

  private static Op.Size dilation(Op op) {
    return op instanceof Op.Conv2D c ? c.dilation() : ((Op.DepthwiseConv2D) op).dilation();
  }
}
