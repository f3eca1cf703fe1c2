package dev.secateur.tflite;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import java.util.List;
import java.util.Random;

/** Generated networks whose channels go together in every way. */
public final class ChannelNetworks {
  private static final Op.Size TWO = new Op.Size(2, 2);

  private ChannelNetworks() {}

  /** A network of random parts: residual, gated, joined, grouped, reshaped. */
  public static Graph of(int seed) {
    Networks n = new Networks(seed);
    Random random = new Random(seed);
    GraphBuilder b = n.builder();
    String x = n.convBnRelu("stem", n.input(1, 8, 8, 3), 3, 8, 1);
    for (int i = 0; i < 6; i++) {
      x = part(n, random, "part" + i, x);
    }
    if (random.nextBoolean()) {
      x = n.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), x);
    } else {
      x = n.add("flatten", new Op.Reshape(Shape.of((int) b.shape(x).size())), x);
    }
    x = n.dense("hidden", x, 12);
    x = n.add("act", new Op.Activate(Activation.Simple.RELU), x);
    x = n.dense("head", x, 5);
    return n.build(n.add("softmax", new Op.Activate(new Activation.Softmax(1)), x));
  }

  private static String part(Networks n, Random random, String name, String x) {
    GraphBuilder b = n.builder();
    Shape shape = b.shape(x);
    int channels = shape.last();
    switch (random.nextInt(9)) {
      case 0:
        String branch = n.convBnRelu(name + "a", x, 3, 4 + random.nextInt(8), 1);
        branch =
            n.batchNorm(name + "n", n.conv(name + "b", branch, 1, channels, 1, Op.Padding.SAME));
        return n.add(name, new Op.Binary(Op.BinaryKind.ADD), x, branch);
      case 1:
        String gate = n.add(name + "m", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), x);
        gate = n.add(name + "r", new Op.Reshape(Shape.of(1, 1, channels)), gate);
        gate = n.conv(name + "s", gate, 1, 3, 1, Op.Padding.SAME);
        gate = n.conv(name + "e", gate, 1, random.nextBoolean() ? channels : 1, 1, Op.Padding.SAME);
        gate = n.add(name + "g", new Op.Activate(Activation.Simple.SIGMOID), gate);
        return n.add(name, new Op.Binary(Op.BinaryKind.MULTIPLY), x, gate);
      case 2:
        String other = n.convBnRelu(name + "a", x, 3, 5, 1);
        return n.add(name, new Op.Concat(3), x, other, x);
      case 3:
        int multiplier = 1 + random.nextInt(2);
        return n.add(
            name,
            new Op.DepthwiseConv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE),
            x,
            n.weight(name + "/k", Weight.Role.KERNEL, 0.4f, 3, 3, channels, multiplier),
            n.weight(name + "/b", Weight.Role.BIAS, 0.1f, channels * multiplier));
      case 4:
        int groups = channels % 4 == 0 ? 4 : 1;
        return n.add(
            name,
            new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, groups),
            x,
            n.weight(name + "/k", Weight.Role.KERNEL, 0.4f, 3, 3, channels / groups, 12),
            n.weight(name + "/b", Weight.Role.BIAS, 0.1f, 12));
      case 5:
        if (shape.dim(1) % 2 == 1) {
          return n.convBnRelu(name, x, 3, 8, 1);
        }
        return random.nextBoolean()
            ? n.add(name, new Op.SpaceToDepth(2), x)
            : n.add(name, new Op.Pool2D(Op.PoolKind.MAX, TWO, TWO, Op.Padding.SAME), x);
      case 6:
        int side = shape.dim(1);
        return n.add(
            name,
            new Op.Conv2DTranspose(TWO, Op.Padding.SAME, Op.Size.ONE, 2 * side, 2 * shape.dim(2)),
            x,
            n.weight(name + "/k", Weight.Role.KERNEL, 0.3f, 3, 3, 6, channels),
            n.weight(name + "/b", Weight.Role.BIAS, 0.1f, 6));
      case 7:
        String flat = n.add(name + "f", new Op.Reshape(Shape.of((int) shape.size())), x);
        String wide = n.dense(name + "d", flat, 4 * 6);
        return n.add(name, new Op.Reshape(Shape.of(2, 2, 6)), wide);
      default:
        return n.convBnRelu(name, x, 1 + 2 * random.nextInt(2), 4 + random.nextInt(12), 1);
    }
  }
}
