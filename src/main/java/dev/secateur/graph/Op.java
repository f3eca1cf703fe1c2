package dev.secateur.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The closed set of operations. Each is a record of its attributes and knows the shape of its
 * output; how it is computed is up to the rooms that lower it.
 */
public sealed interface Op {
  /**
   * Output shape from operand shapes (batch {@link Shape#UNKNOWN}).
   *
   * @throws GraphException if the operands do not fit
   */
  Shape infer(List<Shape> in);

  /** Index of the operand that magnitude pruning sparsifies, if any. */
  default Optional<Integer> prunableOperand() {
    return Optional.empty();
  }

  /** As in Keras and TensorFlow: SAME gives ceil(in/stride), the odd pixel at the end. */
  enum Padding {
    SAME,
    VALID;

    int outputSize(int in, int window, int stride, int dilation) {
      int effective = (window - 1) * dilation + 1;
      int out = this == SAME ? (in + stride - 1) / stride : (in - effective + stride) / stride;
      if (out < 1) {
        throw new GraphException("window " + effective + " does not fit into size " + in);
      }
      return out;
    }

    /**
     * Elements that SAME adds to both ends of a dimension together. Below zero where it adds none
     * and does not read the last elements either: a window below the stride.
     */
    public static int ofSame(int in, int window, int stride, int dilation) {
      int out = (in + stride - 1) / stride;
      return (out - 1) * stride + (window - 1) * dilation + 1 - in;
    }
  }

  /** Height and width of a window, stride or dilation. */
  record Size(int height, int width) {
    public static final Size ONE = new Size(1, 1);
  }

  /** x (N,H,W,I), kernel (h,w,I/groups,O), optional bias (O) → (N,H',W',O). */
  record Conv2D(Size strides, Padding padding, Size dilation, int groups) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      Shape k = in.get(1);
      require(k.rank() == 4 && x.last() == k.dim(2) * groups, "kernel " + k + " on input " + x);
      require(k.dim(3) % groups == 0, "kernel " + k + " in " + groups + " groups");
      return Op.window(x, k.dim(0), k.dim(1), strides, padding, dilation, k.dim(3));
    }

    @Override
    public Optional<Integer> prunableOperand() {
      return Optional.of(1);
    }
  }

  /** x (N,H,W,I), kernel (h,w,I,M), optional bias (I·M) → (N,H',W',I·M). */
  record DepthwiseConv2D(Size strides, Padding padding, Size dilation) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      Shape k = in.get(1);
      require(k.rank() == 4 && x.last() == k.dim(2), "depthwise kernel " + k + " on input " + x);
      return Op.window(x, k.dim(0), k.dim(1), strides, padding, dilation, k.dim(2) * k.dim(3));
    }
  }

  /**
   * x (N,H,W,I), kernel (h,w,O,I), optional bias (O) → (N,outputHeight,outputWidth,O). The output
   * size is the reader's, from Keras' rule with its output padding.
   */
  record Conv2DTranspose(
      Size strides, Padding padding, Size dilation, int outputHeight, int outputWidth)
      implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      Shape k = in.get(1);
      require(k.rank() == 4 && x.last() == k.dim(3), "transposed kernel " + k + " on input " + x);
      return Shape.of(x.dim(0), outputHeight, outputWidth, k.dim(2));
    }

    @Override
    public Optional<Integer> prunableOperand() {
      return Optional.of(1);
    }
  }

  /** x (N,…,I), kernel (I,O), optional bias (O) → (N,…,O). */
  record Dense() implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = in.get(0);
      Shape k = in.get(1);
      require(k.rank() == 2 && x.last() == k.dim(0), "dense kernel " + k + " on input " + x);
      return x.with(-1, k.dim(1));
    }

    @Override
    public Optional<Integer> prunableOperand() {
      return Optional.of(1);
    }
  }

  /**
   * a (N,…,i,k), b (N,…,k,j) → (N,…,i,j), either transposed in its last two dimensions first; the
   * dimensions before are equal, not broadcast.
   */
  record MatMul(boolean transposeA, boolean transposeB) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape a = in.get(0);
      Shape b = in.get(1);
      int rows = a.dim(transposeA ? -1 : -2);
      int inner = a.dim(transposeA ? -2 : -1);
      require(
          a.rank() >= 3
              && a.rank() == b.rank()
              && a.dims().subList(0, a.rank() - 2).equals(b.dims().subList(0, b.rank() - 2))
              && inner == b.dim(transposeB ? -1 : -2),
          a + " times " + b);
      return a.with(-2, rows).with(-1, b.dim(transposeB ? -2 : -1));
    }
  }

  /**
   * x (N,…,C), gamma, beta, moving mean, moving variance (each C; absent scale and centre are
   * constants one and zero) → as x. Normalises the last axis.
   *
   * @param momentum of the moving averages: {@code m ← momentum·m + (1 − momentum)·batch}
   * @param frozen the layer is not trainable: it uses its moving statistics in training too
   */
  record BatchNormalization(float epsilon, float momentum, boolean frozen) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      for (Shape parameter : in.subList(1, 5)) {
        require(
            parameter.rank() == 1 && parameter.dim(0) == in.get(0).last(),
            "parameter " + parameter + " on input " + in.get(0));
      }
      return in.get(0);
    }
  }

  /** x → function(x), same shape. */
  record Activate(Activation function) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return in.get(0);
    }
  }

  /** x (N,…), alpha (broadcasts over a sample) → x where positive, alpha·x elsewhere. */
  record Prelu() implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return in.get(0);
    }
  }

  enum PoolKind {
    MAX,
    /** Padding does not count. */
    AVERAGE
  }

  /** x (N,H,W,C) → (N,H',W',C). */
  record Pool2D(PoolKind kind, Size window, Size strides, Padding padding) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      return Op.window(x, window.height(), window.width(), strides, padding, Size.ONE, x.last());
    }
  }

  enum ReduceKind {
    MEAN,
    SUM,
    MAX,
    MIN,
    PRODUCT
  }

  /** x → x reduced over {@code axes} (positive, never the batch's 0). */
  record Reduce(ReduceKind kind, List<Integer> axes, boolean keepDims) implements Op {
    public Reduce {
      axes = List.copyOf(axes);
    }

    @Override
    public Shape infer(List<Shape> in) {
      List<Integer> out = new ArrayList<>();
      for (int i = 0; i < in.get(0).rank(); i++) {
        if (!axes.contains(i)) {
          out.add(in.get(0).dim(i));
        } else if (keepDims) {
          out.add(1);
        }
      }
      return new Shape(out);
    }
  }

  /** x → the same values; {@code sample} is the shape without the batch, all known. */
  record Reshape(Shape sample) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      require(in.get(0).size() == sample.size(), in.get(0) + " into " + sample);
      List<Integer> out = new ArrayList<>();
      out.add(in.get(0).dim(0));
      out.addAll(sample.dims());
      return new Shape(out);
    }
  }

  /** Output dimension i is input dimension {@code order[i]}; {@code order[0]} is 0. */
  record Permute(List<Integer> order) implements Op {
    public Permute {
      order = List.copyOf(order);
    }

    @Override
    public Shape infer(List<Shape> in) {
      require(order.size() == in.get(0).rank() && order.get(0) == 0, "order " + order);
      return new Shape(order.stream().map(in.get(0)::dim).toList());
    }
  }

  enum PadMode {
    CONSTANT,
    REFLECT,
    SYMMETRIC
  }

  /** Adds {@code before[i]} and {@code after[i]} elements to dimension i (0 for the batch). */
  record Pad(List<Integer> before, List<Integer> after, PadMode mode, float value) implements Op {
    public Pad {
      before = List.copyOf(before);
      after = List.copyOf(after);
    }

    @Override
    public Shape infer(List<Shape> in) {
      Shape out = in.get(0);
      require(before.size() == out.rank() && after.size() == out.rank(), "padding of " + out);
      for (int i = 1; i < out.rank(); i++) {
        out = out.with(i, out.dim(i) + before.get(i) + after.get(i));
      }
      return out;
    }
  }

  /**
   * Every {@code strides[i]}-th element from {@code begin[i]} up to, not including, {@code end[i]},
   * a dimension each; the batch's entries are ignored (all of it is kept). A negative stride goes
   * backwards; its end is −1 where it takes the first element too.
   */
  record Slice(List<Integer> begin, List<Integer> end, List<Integer> strides) implements Op {
    public Slice {
      begin = List.copyOf(begin);
      end = List.copyOf(end);
      strides = List.copyOf(strides);
    }

    @Override
    public Shape infer(List<Shape> in) {
      Shape out = in.get(0);
      require(
          begin.size() == out.rank() && end.size() == out.rank() && strides.size() == out.rank(),
          "slice of " + out);
      for (int i = 1; i < out.rank(); i++) {
        int from = begin.get(i);
        int to = end.get(i);
        int stride = strides.get(i);
        boolean within = from >= 0 && from < out.dim(i);
        boolean forward = stride > 0 && from < to && to <= out.dim(i);
        boolean backward = stride < 0 && from > to && to >= -1;
        require(
            within && (forward || backward),
            "slice " + begin + " to " + end + " by " + strides + " of " + out);
        out = out.with(i, (Math.abs(to - from) + Math.abs(stride) - 1) / Math.abs(stride));
      }
      return out;
    }
  }

  /** x (N,H,W,b²·C) → (N,b·H,b·W,C): each pixel's channels become a block of {@code block}². */
  record DepthToSpace(int block) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      require(block > 0 && x.last() % (block * block) == 0, x + " in blocks of " + block);
      return Shape.of(x.dim(0), x.dim(1) * block, x.dim(2) * block, x.last() / (block * block));
    }
  }

  /** x (N,b·H,b·W,C) → (N,H,W,b²·C): the reverse of {@link DepthToSpace}. */
  record SpaceToDepth(int block) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      Shape x = image(in.get(0));
      require(
          block > 0 && x.dim(1) % block == 0 && x.dim(2) % block == 0,
          x + " in blocks of " + block);
      return Shape.of(x.dim(0), x.dim(1) / block, x.dim(2) / block, x.last() * block * block);
    }
  }

  enum ResizeMethod {
    NEAREST,
    BILINEAR
  }

  /**
   * x (N,H,W,C) → (N,height,width,C).
   *
   * @param halfPixel sample at pixel centres (as {@code tf.image.resize} does)
   */
  record Resize(ResizeMethod method, int height, int width, boolean alignCorners, boolean halfPixel)
      implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return image(in.get(0)).with(1, height).with(2, width);
    }
  }

  /** Two or more values joined along {@code axis} (positive, not the batch's). */
  record Concat(int axis) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      int sum = 0;
      for (Shape s : in) {
        require(
            s.rank() == in.get(0).rank() && s.with(axis, 0).equals(in.get(0).with(axis, 0)),
            "cannot join " + in + " along axis " + axis);
        sum += s.dim(axis);
      }
      return in.get(0).with(axis, sum);
    }
  }

  enum BinaryKind {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MAXIMUM,
    MINIMUM,
    SQUARED_DIFFERENCE,
    /** The first to the power of the second. */
    POWER
  }

  /** Two operands with NumPy broadcasting; either may be a weight, aligned at the last axis. */
  record Binary(BinaryKind kind) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return broadcast(in.get(0), in.get(1));
    }
  }

  enum CompareKind {
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    EQUAL,
    NOT_EQUAL
  }

  /** Two operands with NumPy broadcasting → 1 where they compare so, else 0. */
  record Compare(CompareKind kind) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return broadcast(in.get(0), in.get(1));
    }
  }

  /** condition, a, b with NumPy broadcasting → a where the condition is not 0, else b. */
  record Select() implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return broadcast(in.get(0), broadcast(in.get(1), in.get(2)));
    }
  }

  /**
   * x → the index along {@code axis} (positive, not the batch's) of its largest or smallest value,
   * the first of equal ones, as a number.
   */
  record ArgExtreme(boolean largest, int axis) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      List<Integer> out = new ArrayList<>(in.get(0).dims());
      out.remove(axis);
      return new Shape(out);
    }
  }

  enum UnaryKind {
    NEGATE,
    ABS,
    SQUARE,
    SQRT,
    RSQRT,
    EXP,
    LOG,
    SIN,
    COS,
    SIGN,
    FLOOR,
    CEIL,
    /** To the nearest integer, halves to the even one. */
    ROUND,
    /** Towards zero, as a cast to an integer does; exact for |x| below 2³¹. */
    TRUNCATE
  }

  record Unary(UnaryKind kind) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return in.get(0);
    }
  }

  /** Dimension i repeated {@code multiples[i]} times as a whole (1 for the batch). */
  record Tile(List<Integer> multiples) implements Op {
    public Tile {
      multiples = List.copyOf(multiples);
    }

    @Override
    public Shape infer(List<Shape> in) {
      Shape out = in.get(0);
      require(multiples.size() == out.rank(), "tile of " + out);
      for (int i = 1; i < out.rank(); i++) {
        out = out.with(i, out.dim(i) * multiples.get(i));
      }
      return out;
    }
  }

  enum NoiseKind {
    /** Zero with probability rate, else x/(1 − rate); one draw an element. */
    DROPOUT,
    /** As dropout, but one draw a channel. */
    SPATIAL_DROPOUT,
    /** Adds a normal with standard deviation rate. */
    GAUSSIAN_NOISE,
    /** Multiplies by a normal with mean one and variance rate/(1 − rate). */
    GAUSSIAN_DROPOUT,
    ALPHA_DROPOUT
  }

  /** Identity at inference. */
  record Noise(NoiseKind kind, float rate) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return in.get(0);
    }
  }

  /** Identity; adds {@code (l1·Σ|x| + l2·Σx²)/batch} to the training loss. */
  record ActivityRegularization(float l1, float l2) implements Op {
    @Override
    public Shape infer(List<Shape> in) {
      return in.get(0);
    }
  }

  private static Shape image(Shape x) {
    require(x.rank() == 4, "needs (batch, height, width, channels), not " + x);
    return x;
  }

  private static Shape window(
      Shape x, int h, int w, Size strides, Padding padding, Size dilation, int channels) {
    return Shape.of(
        x.dim(0),
        padding.outputSize(x.dim(1), h, strides.height(), dilation.height()),
        padding.outputSize(x.dim(2), w, strides.width(), dilation.width()),
        channels);
  }

  private static Shape broadcast(Shape a, Shape b) {
    if (a.rank() < b.rank()) {
      return broadcast(b, a);
    }
    Shape out = a;
    for (int i = 1; i <= b.rank(); i++) {
      int x = a.dim(-i);
      int y = b.dim(-i);
      require(x == y || x == 1 || y == 1, "cannot broadcast " + a + " and " + b);
      out = out.with(-i, x == 1 ? y : x);
    }
    return out;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new GraphException(what);
    }
  }
}
