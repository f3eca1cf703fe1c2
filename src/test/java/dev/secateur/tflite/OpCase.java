package dev.secateur.tflite;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight.Role;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** A network around one operation with one choice of its options. */
record OpCase(String name, Op op, Graph graph) {
  @Override
  public String toString() {
    return name;
  }

  /** Whether a function in it jumps. */
  boolean hasSteps() {
    return graph.nodes().stream().map(Node::op).anyMatch(OpCase::isStep);
  }

  private static boolean isStep(Op op) {
    boolean rounds =
        op instanceof Op.Unary unary
            && List.of(
                    Op.UnaryKind.SIGN,
                    Op.UnaryKind.FLOOR,
                    Op.UnaryKind.CEIL,
                    Op.UnaryKind.ROUND,
                    Op.UnaryKind.TRUNCATE)
                .contains(unary.kind());
    return rounds
        || op instanceof Op.Compare
        || op instanceof Op.Select
        || op instanceof Op.ArgExtreme;
  }

  private interface Body {
    String apply(Networks network, String x);
  }

  /** The operation is what the body adds last. */
  private static OpCase of(String name, Shape sample, Body body) {
    Networks n = new Networks(name.hashCode());
    int[] dims = new int[sample.rank() + 1];
    for (int i = 0; i < sample.rank(); i++) {
      dims[i + 1] = sample.dim(i);
    }
    String x = n.input(dims);
    Graph graph = n.build(body.apply(n, x));
    return new OpCase(name, graph.nodes().get(graph.nodes().size() - 1).op(), graph);
  }

  private static final Shape IMAGE = Shape.of(8, 6, 4);
  private static final Size TWO = new Size(2, 2);

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    convolutions(cases);
    dense(cases);
    pooling(cases);
    activations(cases);
    movement(cases);
    arithmetic(cases);
    return cases;
  }

  private static void convolutions(List<OpCase> to) {
    for (Op.Padding p : Op.Padding.values()) {
      to.add(conv("conv " + p, p, Size.ONE, Size.ONE, 1, 6));
      to.add(conv("conv strided " + p, p, TWO, Size.ONE, 1, 6));
      to.add(conv("conv unequal strides " + p, p, new Size(2, 1), Size.ONE, 1, 6));
      to.add(conv("conv dilated " + p, p, Size.ONE, TWO, 1, 6));
      to.add(conv("conv in two groups " + p, p, Size.ONE, Size.ONE, 2, 6));
      to.add(conv("conv in two groups, strided " + p, p, TWO, Size.ONE, 2, 8));
      to.add(conv("conv with a group a channel " + p, p, Size.ONE, Size.ONE, 4, 8));
      to.add(depthwise("depthwise " + p, p, Size.ONE, Size.ONE, 1));
      to.add(depthwise("depthwise doubled " + p, p, Size.ONE, Size.ONE, 2));
      to.add(depthwise("depthwise strided " + p, p, TWO, Size.ONE, 1));
      to.add(depthwise("depthwise dilated " + p, p, Size.ONE, TWO, 1));
      to.add(transpose("transposed " + p, p, TWO, Size.ONE, 3));
      to.add(transpose("transposed, even kernel " + p, p, TWO, Size.ONE, 2));
      to.add(transpose("transposed, stride one " + p, p, Size.ONE, Size.ONE, 3));
      to.add(transpose("transposed, dilated " + p, p, Size.ONE, TWO, 3));
    }
    to.add(
        of(
            "conv without bias",
            IMAGE,
            (n, x) ->
                n.add(
                    "op",
                    new Op.Conv2D(Size.ONE, Op.Padding.SAME, Size.ONE, 1),
                    x,
                    n.weight("k", Role.KERNEL, 0.3f, 3, 3, 4, 5))));
    to.add(
        of(
            "conv with relu and reader of both",
            IMAGE,
            (n, x) -> {
              String c = n.conv("c", x, 3, 4, 1, Op.Padding.SAME);
              String r = n.add("r", new Op.Activate(Activation.Simple.RELU), c);
              return n.add("op", new Op.Binary(Op.BinaryKind.ADD), c, r);
            }));
    to.add(of("batch norm alone", IMAGE, (n, x) -> n.batchNorm("op", x)));
    to.add(
        of(
            "batch norm after transposed conv",
            IMAGE,
            (n, x) -> n.batchNorm("op", transposed(n, x, Op.Padding.SAME, TWO, Size.ONE, 3))));
    to.add(
        of(
            "batch norm after depthwise",
            IMAGE,
            (n, x) ->
                n.batchNorm(
                    "op",
                    n.add(
                        "d",
                        new Op.DepthwiseConv2D(Size.ONE, Op.Padding.SAME, Size.ONE),
                        x,
                        n.weight("k", Role.KERNEL, 0.3f, 3, 3, 4, 2)))));
  }

  private static OpCase conv(
      String name, Op.Padding padding, Size strides, Size dilation, int groups, int filters) {
    return of(
        name,
        IMAGE,
        (n, x) ->
            n.add(
                "op",
                new Op.Conv2D(strides, padding, dilation, groups),
                x,
                n.weight("k", Role.KERNEL, 0.3f, 3, 2, 4 / groups, filters),
                n.weight("b", Role.BIAS, 0.3f, filters)));
  }

  private static OpCase depthwise(
      String name, Op.Padding padding, Size strides, Size dilation, int multiplier) {
    return of(
        name,
        IMAGE,
        (n, x) ->
            n.add(
                "op",
                new Op.DepthwiseConv2D(strides, padding, dilation),
                x,
                n.weight("k", Role.KERNEL, 0.3f, 3, 3, 4, multiplier),
                n.weight("b", Role.BIAS, 0.3f, 4 * multiplier)));
  }

  private static OpCase transpose(
      String name, Op.Padding padding, Size strides, Size dilation, int size) {
    return of(name, IMAGE, (n, x) -> transposed(n, x, padding, strides, dilation, size));
  }

  private static String transposed(
      Networks n, String x, Op.Padding padding, Size strides, Size dilation, int size) {
    int window = (size - 1) * dilation.height() + 1;
    boolean same = padding == Op.Padding.SAME;
    int height = 8 * strides.height() + (same ? 0 : Math.max(window - strides.height(), 0));
    int width = 6 * strides.width() + (same ? 0 : Math.max(window - strides.width(), 0));
    return n.add(
        "t",
        new Op.Conv2DTranspose(strides, padding, dilation, height, width),
        x,
        n.weight("tk", Role.KERNEL, 0.3f, size, size, 5, 4),
        n.weight("tb", Role.BIAS, 0.3f, 5));
  }

  private static void dense(List<OpCase> to) {
    to.add(of("dense", Shape.of(12), (n, x) -> n.dense("op", x, 7)));
    to.add(of("dense on an image", IMAGE, (n, x) -> n.dense("op", x, 7)));
    to.add(of("dense on a sequence", Shape.of(5, 4), (n, x) -> n.dense("op", x, 7)));
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        to.add(
            of(
                "matmul" + (a ? " Aᵀ" : "") + (b ? " Bᵀ" : ""),
                a == b ? Shape.of(5, 5) : Shape.of(5, 4),
                (n, x) -> {
                  String y = n.dense("d", x, a == b ? 5 : 4);
                  return n.add("op", new Op.MatMul(a, b), x, y);
                }));
      }
    }
  }

  private static void pooling(List<OpCase> to) {
    for (Op.PoolKind kind : Op.PoolKind.values()) {
      for (Op.Padding p : Op.Padding.values()) {
        to.add(
            of(
                kind + " pool " + p,
                IMAGE,
                (n, x) -> n.add("op", new Op.Pool2D(kind, new Size(3, 2), TWO, p), x)));
      }
    }
    for (Op.ReduceKind kind : Op.ReduceKind.values()) {
      for (boolean keep : new boolean[] {false, true}) {
        to.add(
            of(
                "reduce " + kind + (keep ? " keeping" : "") + " over space",
                IMAGE,
                (n, x) -> n.add("op", new Op.Reduce(kind, List.of(1, 2), keep), x)));
        to.add(
            of(
                "reduce " + kind + (keep ? " keeping" : "") + " over channels",
                IMAGE,
                (n, x) -> n.add("op", new Op.Reduce(kind, List.of(3), keep), x)));
      }
    }
  }

  private static void activations(List<OpCase> to) {
    List<Activation> functions = new ArrayList<>(List.of(Activation.Simple.values()));
    functions.add(new Activation.Elu(1f));
    functions.add(new Activation.Elu(0.7f));
    functions.add(new Activation.LeakyRelu(0.2f));
    functions.add(new Activation.GeneralRelu(Float.POSITIVE_INFINITY, 0, 0));
    functions.add(new Activation.GeneralRelu(6, 0, 0));
    functions.add(new Activation.GeneralRelu(1, 0, 0));
    functions.add(new Activation.GeneralRelu(1, 0.1f, 0));
    functions.add(new Activation.GeneralRelu(Float.POSITIVE_INFINITY, 0.1f, 0));
    functions.add(new Activation.GeneralRelu(1, 0.1f, 0.5f));
    functions.add(new Activation.GeneralRelu(Float.POSITIVE_INFINITY, 0, -0.5f));
    functions.add(new Activation.ThresholdedRelu(0.5f));
    functions.add(new Activation.Softmax(3));
    functions.add(new Activation.Softmax(1));
    functions.add(new Activation.LogSoftmax(3));
    functions.add(new Activation.LogSoftmax(2));
    for (Activation f : functions) {
      to.add(of("activation " + f, IMAGE, (n, x) -> n.add("op", new Op.Activate(f), x)));
    }
    to.add(
        of(
            "prelu a channel",
            IMAGE,
            (n, x) -> n.add("op", new Op.Prelu(), x, n.weight("a", Role.ALPHA, 0.3f, 1, 1, 4))));
    to.add(
        of(
            "prelu an element",
            IMAGE,
            (n, x) -> n.add("op", new Op.Prelu(), x, n.weight("a", Role.ALPHA, 0.3f, 8, 6, 4))));
    to.add(
        of(
            "dropout",
            IMAGE,
            (n, x) ->
                n.conv(
                    "c",
                    n.add("op", new Op.Noise(Op.NoiseKind.DROPOUT, 0.5f), x),
                    3,
                    4,
                    1,
                    Op.Padding.SAME)));
    to.add(noise("noise at the end", new Op.Noise(Op.NoiseKind.GAUSSIAN_NOISE, 0.5f)));
    to.add(noise("activity regularization", new Op.ActivityRegularization(1, 1)));
  }

  private static OpCase noise(String name, Op op) {
    return of(name, IMAGE, (n, x) -> n.add("op", op, n.conv("c", x, 3, 4, 1, Op.Padding.SAME)));
  }

  private static void movement(List<OpCase> to) {
    to.add(of("reshape", IMAGE, (n, x) -> n.add("op", new Op.Reshape(Shape.of(24, 8)), x)));
    to.add(of("flatten", IMAGE, (n, x) -> n.add("op", new Op.Reshape(Shape.of(192)), x)));
    to.add(of("permute", IMAGE, (n, x) -> n.add("op", new Op.Permute(List.of(0, 3, 1, 2)), x)));
    to.add(pad("pad", Op.PadMode.CONSTANT, 0));
    to.add(pad("pad with a value", Op.PadMode.CONSTANT, -2.5f));
    to.add(pad("pad reflected", Op.PadMode.REFLECT, 0));
    to.add(pad("pad symmetric", Op.PadMode.SYMMETRIC, 0));
    to.add(
        of(
            "slice",
            IMAGE,
            (n, x) ->
                n.add(
                    "op",
                    new Op.Slice(List.of(0, 1, 0, 1), List.of(0, 7, 6, 3), List.of(1, 2, 1, 1)),
                    x)));
    to.add(
        slice(
            "slice backwards", List.of(0, 7, 5, 3), List.of(0, -1, 0, -1), List.of(1, -1, -2, -1)));
    to.add(
        slice(
            "channels reversed", List.of(0, 0, 0, 3), List.of(0, 8, 6, -1), List.of(1, 1, 1, -1)));
    to.add(of("depth to space", IMAGE, (n, x) -> n.add("op", new Op.DepthToSpace(2), x)));
    to.add(of("space to depth", IMAGE, (n, x) -> n.add("op", new Op.SpaceToDepth(2), x)));
    for (Op.ResizeMethod method : Op.ResizeMethod.values()) {
      to.add(resize("resize up " + method, new Op.Resize(method, 16, 12, false, true)));
      to.add(resize("resize to odd " + method, new Op.Resize(method, 5, 9, false, true)));
      to.add(resize("resize corners " + method, new Op.Resize(method, 13, 11, true, false)));
      to.add(resize("resize legacy " + method, new Op.Resize(method, 16, 12, false, false)));
    }
    for (int axis = 1; axis <= 3; axis++) {
      int a = axis;
      to.add(
          of(
              "concat on axis " + axis,
              IMAGE,
              (n, x) -> {
                String c = n.conv("c", x, 3, 4, 1, Op.Padding.SAME);
                String s = n.add("s", new Op.Activate(Activation.Simple.SIGMOID), x);
                return n.add("op", new Op.Concat(a), x, c, s);
              }));
    }
    to.add(of("tile", IMAGE, (n, x) -> n.add("op", new Op.Tile(List.of(1, 2, 1, 3)), x)));
    to.add(
        of(
            "five dimensions",
            Shape.of(4, 4, 2, 3),
            (n, x) -> {
              String p = n.add("p", new Op.Permute(List.of(0, 1, 3, 2, 4)), x);
              String w = n.constant("w", new float[] {1, -2, 0.5f}, 3);
              return n.add("op", new Op.Binary(Op.BinaryKind.MULTIPLY), p, w);
            }));
  }

  private static OpCase slice(
      String name, List<Integer> begin, List<Integer> end, List<Integer> strides) {
    return of(name, IMAGE, (n, x) -> n.add("op", new Op.Slice(begin, end, strides), x));
  }

  private static OpCase pad(String name, Op.PadMode mode, float value) {
    List<Integer> before = List.of(0, 1, 2, 0);
    List<Integer> after = List.of(0, 0, 1, 1);
    return of(name, IMAGE, (n, x) -> n.add("op", new Op.Pad(before, after, mode, value), x));
  }

  private static OpCase resize(String name, Op.Resize resize) {
    return of(name, IMAGE, (n, x) -> n.add("op", resize, x));
  }

  private static void arithmetic(List<OpCase> to) {
    for (float bound : new float[] {-0.5f, 0, 0.5f}) {
      for (Op.BinaryKind kind : List.of(Op.BinaryKind.MAXIMUM, Op.BinaryKind.MINIMUM)) {
        to.add(
            of(
                kind + " of a conv with " + bound,
                IMAGE,
                (n, x) -> {
                  String c = n.conv("c", x, 3, 4, 1, Op.Padding.SAME);
                  return n.add("op", new Op.Binary(kind), c, n.constant("w", new float[] {bound}));
                }));
      }
    }
    Op power = new Op.Binary(Op.BinaryKind.POWER);
    to.add(
        of(
            "power",
            IMAGE,
            (n, x) -> n.add("op", power, positive(n, x), n.constant("p", new float[] {1.7f}))));
    to.add(
        of("cube", IMAGE, (n, x) -> n.add("op", power, x, n.constant("three", new float[] {3}))));
    for (Op.BinaryKind kind : EnumSet.complementOf(EnumSet.of(Op.BinaryKind.POWER))) {
      Op op = new Op.Binary(kind);
      to.add(
          of(
              kind + " of two values",
              IMAGE,
              (n, x) -> n.add("op", op, x, positive(n, n.conv("c", x, 3, 4, 1, Op.Padding.SAME)))));
      to.add(
          of(
              kind + " with a channel's constant",
              IMAGE,
              (n, x) -> n.add("op", op, x, n.constant("w", new float[] {1, -2, 0.5f, 3}, 4))));
      to.add(
          of(
              kind + " with a scalar before",
              IMAGE,
              (n, x) -> n.add("op", op, n.constant("w", new float[] {1.1f}), positive(n, x))));
      to.add(
          of(
              kind + " broadcasting over space",
              IMAGE,
              (n, x) ->
                  n.add(
                      "op",
                      op,
                      x,
                      positive(
                          n,
                          n.add("m", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), true), x)))));
    }
    for (Op.CompareKind kind : Op.CompareKind.values()) {
      to.add(
          of(
              "where " + kind,
              IMAGE,
              (n, x) -> {
                String c =
                    n.add("op", new Op.Compare(kind), x, n.constant("w", new float[] {0.1f}));
                return n.add("s", new Op.Select(), c, x, n.constant("v", new float[] {0.2f}));
              }));
      to.add(
          of(
              kind + " as a number",
              IMAGE,
              (n, x) -> {
                String r = n.add("r", new Op.Activate(Activation.Simple.RELU), x);
                String c = n.conv("c", x, 3, 4, 1, Op.Padding.SAME);
                String s = n.add("s", new Op.Activate(Activation.Simple.RELU), c);
                return n.add("op", new Op.Compare(kind), r, s);
              }));
    }
    to.add(
        of(
            "where a number is not zero",
            IMAGE,
            (n, x) -> {
              String r = n.add("r", new Op.Activate(Activation.Simple.RELU), x);
              return n.add("op", new Op.Select(), r, x, n.conv("c", x, 3, 4, 1, Op.Padding.SAME));
            }));
    for (boolean largest : new boolean[] {false, true}) {
      for (int axis = 1; axis <= 3; axis++) {
        Op op = new Op.ArgExtreme(largest, axis);
        to.add(of((largest ? "argmax " : "argmin ") + axis, IMAGE, (n, x) -> n.add("op", op, x)));
      }
    }
    for (Op.UnaryKind kind : Op.UnaryKind.values()) {
      boolean root = kind == Op.UnaryKind.SQRT || kind == Op.UnaryKind.RSQRT;
      boolean wave = kind == Op.UnaryKind.SIN || kind == Op.UnaryKind.COS;
      boolean signed = !root && kind != Op.UnaryKind.LOG && kind != Op.UnaryKind.EXP;
      to.add(
          of(
              "unary " + kind,
              IMAGE,
              (n, x) ->
                  n.add(
                      "op",
                      new Op.Unary(kind),
                      wave ? half(n, x) : signed ? wide(n, x) : positive(n, x))));
    }
  }

  private static String wide(Networks n, String x) {
    return n.add(
        x + "_w", new Op.Binary(Op.BinaryKind.MULTIPLY), x, n.constant("wide", new float[] {2.7f}));
  }

  private static String half(Networks n, String x) {
    return n.add(
        x + "_h", new Op.Binary(Op.BinaryKind.MULTIPLY), x, n.constant("half", new float[] {0.5f}));
  }

  /** Away from zero, so that dividing by it and its root are tame. */
  private static String positive(Networks n, String x) {
    String s = n.add(x + "_s", new Op.Activate(Activation.Simple.SIGMOID), x);
    return n.add(
        x + "_p", new Op.Binary(Op.BinaryKind.ADD), s, n.constant(x + "_half", new float[] {0.5f}));
  }
}
