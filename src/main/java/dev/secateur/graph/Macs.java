package dev.secateur.graph;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Multiplications and additions that a network's kernels take for one sample: of convolutions,
 * transposed convolutions, dense layers and matrix products. What is counted per element beside
 * these (activations, additions, pooling) is not.
 */
public final class Macs {
  private Macs() {}

  /** By node, in the network's order; nodes that take none are left out. */
  public static Map<String, Long> of(Graph network) {
    Map<String, Shape> shapes = network.shapes();
    Map<String, Long> macs = new LinkedHashMap<>();
    for (Node node : network.nodes()) {
      long taken = of(node, shapes);
      if (taken > 0) {
        macs.put(node.name(), taken);
      }
    }
    return macs;
  }

  /** Of the whole network. */
  public static long total(Graph network) {
    return of(network).values().stream().mapToLong(Long::longValue).sum();
  }

  private static long of(Node node, Map<String, Shape> shapes) {
    Shape out = shapes.get(node.name());
    if (node.op() instanceof Op.Conv2DTranspose) {
      Shape in = shapes.get(node.input(0));
      return in.size() / in.last() * shapes.get(node.input(1)).size();
    }
    if (node.op() instanceof Op.Conv2D || node.op() instanceof Op.Dense) {
      return out.size() / out.last() * shapes.get(node.input(1)).size();
    }
    if (node.op() instanceof Op.DepthwiseConv2D) {
      Shape kernel = shapes.get(node.input(1));
      return out.size() * kernel.dim(0) * kernel.dim(1);
    }
    if (node.op() instanceof Op.MatMul product) {
      Shape a = shapes.get(node.input(0));
      return out.size() * a.dim(product.transposeA() ? -2 : -1);
    }
    return 0;
  }
}
