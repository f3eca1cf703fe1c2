package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Joins chains of additions and multiplications by constants, as rescaling and normalising inputs
 * make them, into one multiplication and one addition: each step less is a rounding less in int8.
 */
final class MergeScales implements Pass {
  /** {@code source·scale + offset}, a number a channel, made of {@code steps} operations. */
  private record Affine(String source, double[] scale, double[] offset, int steps) {}

  @Override
  public Graph apply(Graph graph) {
    Editor editor = new Editor(graph);
    Map<String, Affine> chains = new HashMap<>();
    for (Node node : graph.nodes()) {
      Optional<Affine> affine = affine(editor, chains, node);
      affine.ifPresent(a -> chains.put(node.name(), a));
      if (affine.isPresent() && affine.get().steps() > 2) {
        write(editor, node, affine.get());
      } else {
        editor.write(node);
      }
    }
    return editor.build();
  }

  private static Optional<Affine> affine(Editor editor, Map<String, Affine> chains, Node node) {
    if (!(node.op() instanceof Op.Binary binary)) {
      return Optional.empty();
    }
    int side = editor.constant(node.input(1)).isPresent() ? 1 : 0;
    String x = node.input(1 - side);
    Shape shape = editor.shape(x);
    Optional<float[]> constant =
        editor.constant(node.input(side)).flatMap(c -> ChannelConstant.of(c, shape));
    if (constant.isEmpty() || editor.constant(x).isPresent()) {
      return Optional.empty();
    }
    boolean continues = chains.containsKey(x) && editor.readOnce(x);
    Affine before = continues ? chains.get(x) : identity(x, shape.last());
    return then(before, binary.kind(), constant.get(), side == 1);
  }

  private static Affine identity(String x, int channels) {
    double[] ones = new double[channels];
    Arrays.fill(ones, 1);
    return new Affine(x, ones, new double[channels], 0);
  }

  private static Optional<Affine> then(
      Affine before, BinaryKind kind, float[] constant, boolean constantLast) {
    double[] scale = before.scale().clone();
    double[] offset = before.offset().clone();
    for (int c = 0; c < scale.length; c++) {
      switch (kind) {
        case ADD -> offset[c] += constant[c];
        case SUBTRACT -> {
          double sign = constantLast ? 1 : -1;
          scale[c] *= sign;
          offset[c] = sign * (offset[c] - constant[c]);
        }
        case MULTIPLY -> {
          scale[c] *= constant[c];
          offset[c] *= constant[c];
        }
        case DIVIDE -> {
          if (!constantLast) {
            return Optional.empty();
          }
          scale[c] /= constant[c];
          offset[c] /= constant[c];
        }
        default -> {
          return Optional.empty();
        }
      }
    }
    return Optional.of(new Affine(before.source(), scale, offset, before.steps() + 1));
  }

  private static void write(Editor editor, Node node, Affine affine) {
    String scale = editor.constant(node.name() + "/scale", tensor(affine.scale()));
    String offset = editor.constant(node.name() + "/offset", tensor(affine.offset()));
    Node scaled =
        new Node(
            node.name() + "/scaled",
            new Op.Binary(BinaryKind.MULTIPLY),
            List.of(affine.source(), scale),
            node.layer());
    editor.write(scaled);
    editor.write(node, new Op.Binary(BinaryKind.ADD), List.of(scaled.name(), offset));
  }

  private static Tensor tensor(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, floats.length);
  }
}
