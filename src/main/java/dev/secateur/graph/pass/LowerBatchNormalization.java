package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import java.util.List;

/**
 * Batch normalisation at inference is {@code x·scale + offset} with {@code scale = gamma/√(variance
 * + epsilon)} and {@code offset = beta − mean·scale}.
 */
final class LowerBatchNormalization implements Pass {
  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.BatchNormalization normalization) {
        lower(editor, node, normalization.epsilon());
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static void lower(Editor editor, Node node, float epsilon) {
    float[] gamma = values(editor, node, 1);
    float[] beta = values(editor, node, 2);
    float[] mean = values(editor, node, 3);
    float[] variance = values(editor, node, 4);
    float[] scale = new float[gamma.length];
    float[] offset = new float[gamma.length];
    for (int c = 0; c < scale.length; c++) {
      scale[c] = (float) (gamma[c] / Math.sqrt((double) variance[c] + epsilon));
      offset[c] = (float) (beta[c] - (double) mean[c] * scale[c]);
    }
    String factor = editor.constant(node.name() + "/scale", Tensor.of(scale, scale.length));
    String summand = editor.constant(node.name() + "/offset", Tensor.of(offset, offset.length));
    Node scaled =
        new Node(
            node.name() + "/scaled",
            new Op.Binary(Op.BinaryKind.MULTIPLY),
            List.of(node.input(0), factor),
            node.layer());
    editor.write(scaled);
    editor.write(node, new Op.Binary(Op.BinaryKind.ADD), List.of(scaled.name(), summand));
  }

  private static float[] values(Editor editor, Node node, int operand) {
    return editor.constant(node.input(operand)).orElseThrow().values();
  }
}
