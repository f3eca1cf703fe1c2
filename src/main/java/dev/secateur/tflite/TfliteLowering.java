package dev.secateur.tflite;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import dev.secateur.graph.pass.Passes;
import dev.secateur.tflite.Attributes.Fused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Lowers a network to float32 TFLite operators. */
final class TfliteLowering {
  private final Graph graph;
  private final Map<String, Shape> shapes;
  private final Program program = new Program();

  /** Tensor of each input, node and (when first read as it is) weight. */
  private final Map<String, Integer> tensors = new HashMap<>();

  /** Comparisons, by the name of the value 1 or 0 that is made of them when it is first read. */
  private final Map<String, Condition> conditions = new HashMap<>();

  private record Condition(int tensor, String layer) {}

  private TfliteLowering(Graph graph) {
    this.graph = graph;
    this.shapes = graph.shapes();
  }

  static Program lower(Graph original) {
    Graph graph = Passes.forInference(original);
    TfliteLowering lowering = new TfliteLowering(graph);
    lowering.run();
    return FuseActivations.apply(lowering.program);
  }

  private void run() {
    for (Graph.Input input : graph.inputs()) {
      int tensor = program.floats(input.name(), input.shape());
      tensors.put(input.name(), tensor);
      program.input(input.name(), tensor);
    }
    for (Node node : graph.nodes()) {
      try {
        lower(node);
      } catch (RuntimeException e) {
        throw new TfliteException("layer " + node.layer() + ": " + e.getMessage(), e);
      }
    }
    for (Graph.Output output : graph.outputs()) {
      program.output(output.name(), tensor(output.value()));
    }
  }

  private void lower(Node node) {
    Op op = node.op();
    if (op instanceof Op.Conv2D conv) {
      conv(node, conv);
    } else if (op instanceof Op.DepthwiseConv2D depthwise) {
      depthwise(node, depthwise);
    } else if (op instanceof Op.Conv2DTranspose transpose) {
      transposeConv(node, transpose);
    } else if (op instanceof Op.Dense) {
      dense(node);
    } else if (op instanceof Op.MatMul matMul) {
      Attributes adjoint = new Attributes.BatchMatMul(matMul.transposeA(), matMul.transposeB());
      emit(node, Opcode.BATCH_MATMUL, adjoint, operands(node));
    } else if (op instanceof Op.Activate activate) {
      new ActivationLowering(this, node).lower(activate.function());
    } else if (op instanceof Op.Prelu) {
      emit(node, Opcode.PRELU, Attributes.NONE, operands(node));
    } else if (op instanceof Op.Pool2D pool) {
      pool(node, pool);
    } else if (op instanceof Op.Reduce reduce) {
      reduce(node, reduce);
    } else if (op instanceof Op.Binary binary) {
      binary(node, binary.kind());
    } else if (op instanceof Op.Unary unary) {
      unary(node, unary.kind());
    } else if (op instanceof Op.Compare compare) {
      compare(node, compare.kind());
    } else if (op instanceof Op.Select) {
      emit(node, Opcode.SELECT_V2, Attributes.NONE, selected(node));
    } else if (op instanceof Op.ArgExtreme extreme) {
      argExtreme(node, extreme);
    } else {
      lowerMovement(node, op);
    }
  }

  /** The ops that only move values. */
  private void lowerMovement(Node node, Op op) {
    if (op instanceof Op.Reshape) {
      reshape(node, node.name(), x(node), shapes.get(node.name()));
    } else if (op instanceof Op.Permute permute) {
      transpose(node, node.name(), x(node), permute.order());
    } else if (op instanceof Op.Pad pad) {
      pad(node, pad);
    } else if (op instanceof Op.Slice slice) {
      slice(node, slice);
    } else if (op instanceof Op.Resize resize) {
      resize(node, resize);
    } else if (op instanceof Op.Concat concat) {
      Attributes axis = new Attributes.Concatenation(concat.axis());
      emit(node, Opcode.CONCATENATION, axis, operands(node));
    } else if (op instanceof Op.Tile tile) {
      int multiples = ints(node, "multiples", array(tile.multiples()));
      emit(node, Opcode.TILE, Attributes.NONE, List.of(x(node), multiples));
    } else if (op instanceof Op.DepthToSpace move) {
      Attributes block = new Attributes.DepthToSpace(move.block());
      emit(node, Opcode.DEPTH_TO_SPACE, block, operands(node));
    } else if (op instanceof Op.SpaceToDepth move) {
      Attributes block = new Attributes.SpaceToDepth(move.block());
      emit(node, Opcode.SPACE_TO_DEPTH, block, operands(node));
    } else {
      throw new TfliteException(op + " has no lowering");
    }
  }

  private void conv(Node node, Op.Conv2D conv) {
    Shape kernel = shapes.get(node.input(1));
    int in = shapes.get(node.input(0)).last();
    Op.Size strides = conv.strides();
    Op.Size dilation = conv.dilation();
    if (conv.groups() == in && in > 1) {
      // One input channel a group: exactly a depthwise convolution, which every runtime has.
      int multiplier = kernel.dim(3) / in;
      depthwise(node, conv.padding(), strides, dilation, multiplier);
      return;
    }
    Padded x = padded(node, conv.padding(), strides, dilation);
    int outer = kernel.dim(0) * kernel.dim(1) * kernel.dim(2);
    Constant data = new Constant.Floats(weight(node.input(1)), outer, kernel.dim(3), 1, true);
    Shape ohwi = Shape.of(kernel.dim(3), kernel.dim(0), kernel.dim(1), kernel.dim(2));
    Attributes attributes =
        new Attributes.Conv(
            x.same(),
            strides.height(),
            strides.width(),
            dilation.height(),
            dilation.width(),
            Fused.NONE);
    int filter = constant(node.input(1), ohwi, data);
    List<Integer> operands = List.of(x.tensor(), filter, bias(node, kernel.dim(3)));
    emit(node, Opcode.CONV_2D, attributes, operands);
  }

  /** What a convolution reads, and whether it pads that itself. */
  private record Padded(int tensor, boolean same) {}

  /**
   * SAME as PAD and VALID where the window, dilated, is so far below the stride that the last
   * elements are not read: XNNPACK (of TFLite 2.18 to 2.21) gives nonsense for these.
   */
  private Padded padded(Node node, Op.Padding padding, Op.Size strides, Op.Size dilation) {
    Shape in = shapes.get(node.input(0));
    Shape kernel = shapes.get(node.input(1));
    int height = Op.Padding.ofSame(in.dim(1), kernel.dim(0), strides.height(), dilation.height());
    int width = Op.Padding.ofSame(in.dim(2), kernel.dim(1), strides.width(), dilation.width());
    if (padding == Op.Padding.VALID || height >= 0 && width >= 0) {
      return new Padded(x(node), padding == Op.Padding.SAME);
    }
    int tall = Math.max(0, height);
    int wide = Math.max(0, width);
    if (tall + wide == 0) {
      return new Padded(x(node), false);
    }
    int[] amounts = {0, 0, tall / 2, tall - tall / 2, wide / 2, wide - wide / 2, 0, 0};
    int padded =
        result(node.name() + "/padded", in.with(1, in.dim(1) + tall).with(2, in.dim(2) + wide));
    List<Integer> operands = List.of(x(node), paddings(node, amounts));
    emit(node, Opcode.PAD, Attributes.NONE, operands, padded);
    return new Padded(padded, false);
  }

  private void depthwise(Node node, Op.DepthwiseConv2D conv) {
    int multiplier = shapes.get(node.input(1)).dim(3);
    depthwise(node, conv.padding(), conv.strides(), conv.dilation(), multiplier);
  }

  private void depthwise(
      Node node, Op.Padding padding, Op.Size strides, Op.Size dilation, int multiplier) {
    Padded x = padded(node, padding, strides, dilation);
    Shape kernel = shapes.get(node.input(1));
    int taps = kernel.dim(0) * kernel.dim(1);
    int channels = kernel.dim(2) * kernel.dim(3);
    Constant data = new Constant.Floats(weight(node.input(1)), taps, channels, 1, false);
    Attributes attributes =
        new Attributes.Depthwise(
            x.same(),
            strides.height(),
            strides.width(),
            multiplier,
            dilation.height(),
            dilation.width(),
            Fused.NONE);
    Shape hwc = Shape.of(1, kernel.dim(0), kernel.dim(1), channels);
    int filter = constant(node.input(1), hwc, data);
    List<Integer> operands = List.of(x.tensor(), filter, bias(node, channels));
    emit(node, Opcode.DEPTHWISE_CONV_2D, attributes, operands);
  }

  /** The runtime wants the output's shape as a tensor; its batch is read from the input. */
  private void transposeConv(Node node, Op.Conv2DTranspose conv) {
    Shape kernel = shapes.get(node.input(1));
    int out = kernel.dim(2);
    int in = kernel.dim(3);
    DilatedKernel dilated = DilatedKernel.of(weight(node.input(1)), kernel, conv.dilation());
    int taps = dilated.height() * dilated.width();
    Constant data = new Constant.Floats(dilated.values(), taps, out, in, true);
    int filter =
        constant(node.input(1), Shape.of(out, dilated.height(), dilated.width(), in), data);
    Shape result = shapes.get(node.name());
    int shape = dynamicShape(node, x(node), result);
    boolean same = conv.padding() == Op.Padding.SAME;
    Attributes attributes =
        new Attributes.TransposeConv(
            same, conv.strides().height(), conv.strides().width(), Fused.NONE);
    emit(node, Opcode.TRANSPOSE_CONV, attributes, List.of(shape, filter, x(node), bias(node, out)));
  }

  /** A tensor that holds {@code shape} with the batch of {@code like}. */
  private int dynamicShape(Node node, int like, Shape shape) {
    int rank = program.tensor(like).shape().rank();
    int dims = program.value(node.name() + "/dims", Shape.of(rank), ScalarType.INT32, none());
    emit(node, Opcode.SHAPE, new Attributes.ShapeAsInt32(), List.of(like), dims);
    int zero = ints(node, "zero", 0);
    int one = ints(node, "one", 1);
    int batch = program.value(node.name() + "/batch", Shape.of(), ScalarType.INT32, none());
    emit(
        node,
        Opcode.STRIDED_SLICE,
        new Attributes.StridedSlice(0, 0, 1),
        List.of(dims, zero, one, one),
        batch);
    List<Integer> parts = new ArrayList<>(List.of(batch));
    for (int i = 1; i < shape.rank(); i++) {
      Constant size = Constant.Int32s.of(shape.dim(i));
      String name = node.name() + "/size" + i;
      parts.add(program.constant(name, Shape.of(), ScalarType.INT32, size, none()));
    }
    int result =
        program.value(node.name() + "/shape", Shape.of(shape.rank()), ScalarType.INT32, none());
    emit(node, Opcode.PACK, new Attributes.Pack(shape.rank()), parts, result);
    return result;
  }

  /** Operands of a higher rank become rows and back: not every kernel keeps their dimensions. */
  private void dense(Node node) {
    Shape in = shapes.get(node.input(0));
    Shape kernel = shapes.get(node.input(1));
    int units = kernel.dim(1);
    Constant data = new Constant.Floats(weight(node.input(1)), kernel.dim(0), units, 1, true);
    int filter = constant(node.input(1), Shape.of(units, kernel.dim(0)), data);
    Attributes attributes = new Attributes.FullyConnected(Fused.NONE);
    int bias = bias(node, units);
    if (in.rank() == 2) {
      emit(node, Opcode.FULLY_CONNECTED, attributes, List.of(x(node), filter, bias));
      return;
    }
    int rows = reshape(node, node.name() + "/rows", x(node), Shape.of(-1, in.last()));
    int product = result(node.name() + "/product", Shape.of(-1, units));
    emit(node, Opcode.FULLY_CONNECTED, attributes, List.of(rows, filter, bias), product);
    reshape(node, node.name(), product, shapes.get(node.name()));
  }

  private int reshape(Node node, String name, int from, Shape shape) {
    int dims = ints(node, name + "/shape", shape.toArray());
    int result = result(name, shape);
    emit(node, Opcode.RESHAPE, Attributes.NONE, List.of(from, dims), result);
    return result;
  }

  private void pool(Node node, Op.Pool2D pool) {
    Attributes attributes =
        new Attributes.Pool(
            pool.padding() == Op.Padding.SAME,
            pool.strides().height(),
            pool.strides().width(),
            pool.window().height(),
            pool.window().width(),
            Fused.NONE);
    boolean max = pool.kind() == Op.PoolKind.MAX;
    Opcode opcode = max ? Opcode.MAX_POOL_2D : Opcode.AVERAGE_POOL_2D;
    emit(node, opcode, attributes, List.of(x(node)));
  }

  private void reduce(Node node, Op.Reduce reduce) {
    Opcode opcode =
        switch (reduce.kind()) {
          case MEAN -> Opcode.MEAN;
          case SUM -> Opcode.SUM;
          case MAX -> Opcode.REDUCE_MAX;
          case MIN -> Opcode.REDUCE_MIN;
          case PRODUCT -> Opcode.REDUCE_PROD;
        };
    int axes = ints(node, "axes", array(reduce.axes()));
    emit(node, opcode, new Attributes.Reducer(reduce.keepDims()), List.of(x(node), axes));
  }

  private void binary(Node node, Op.BinaryKind kind) {
    List<Integer> operands = operands(node);
    switch (kind) {
      case ADD -> emit(node, Opcode.ADD, new Attributes.Add(Fused.NONE), operands);
      case SUBTRACT -> emit(node, Opcode.SUB, new Attributes.Sub(Fused.NONE), operands);
      case MULTIPLY -> emit(node, Opcode.MUL, new Attributes.Mul(Fused.NONE), operands);
      case DIVIDE -> divide(node, operands);
      case MAXIMUM -> emit(node, Opcode.MAXIMUM, Attributes.NONE, spread(node, operands));
      case MINIMUM -> emit(node, Opcode.MINIMUM, Attributes.NONE, spread(node, operands));
      case SQUARED_DIFFERENCE -> emit(node, Opcode.SQUARED_DIFFERENCE, Attributes.NONE, operands);
      case POWER -> emit(node, Opcode.POW, Attributes.NONE, operands);
    }
  }

  /**
   * Scalars as a vector of the channels: XNNPACK (of TFLite 2.21) makes a bound of a convolution of
   * a scalar, and fails if the range that is left does not hold zero.
   */
  private List<Integer> spread(Node node, List<Integer> operands) {
    int channels = shapes.get(node.name()).last();
    List<Integer> result = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Optional<Weight> weight = graph.weight(node.input(i));
      if (weight.isPresent() && weight.get().shape().size() == 1) {
        float[] values = new float[channels];
        Arrays.fill(values, weight.get().value().values()[0]);
        String name = node.name() + "/bound";
        result.add(constant(name, Shape.of(channels), Constant.Floats.of(values)));
      } else {
        result.add(operands.get(i));
      }
    }
    return result;
  }

  /** Division by a constant is a product, which has an int8 kernel. */
  private void divide(Node node, List<Integer> operands) {
    Optional<Weight> divisor = graph.weight(node.input(1));
    if (divisor.isEmpty()) {
      emit(node, Opcode.DIV, new Attributes.Div(Fused.NONE), operands);
      return;
    }
    float[] inverse = divisor.get().value().values().clone();
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = 1f / inverse[i];
    }
    String name = node.name() + "/inverse";
    int factor = constant(name, divisor.get().shape(), Constant.Floats.of(inverse));
    emit(node, Opcode.MUL, new Attributes.Mul(Fused.NONE), List.of(operands.get(0), factor));
  }

  /** Negation and squares become products, which have an int8 kernel. */
  private void unary(Node node, Op.UnaryKind kind) {
    Attributes product = new Attributes.Mul(Fused.NONE);
    List<Integer> x = List.of(x(node));
    switch (kind) {
      case NEGATE -> emit(node, Opcode.MUL, product, List.of(x(node), scalar(node, "minus", -1f)));
      case SQUARE -> emit(node, Opcode.MUL, product, List.of(x(node), x(node)));
      case ABS -> emit(node, Opcode.ABS, Attributes.NONE, x);
      case SQRT -> emit(node, Opcode.SQRT, Attributes.NONE, x);
      case RSQRT -> emit(node, Opcode.RSQRT, Attributes.NONE, x);
      case EXP -> emit(node, Opcode.EXP, Attributes.NONE, x);
      case LOG -> emit(node, Opcode.LOG, Attributes.NONE, x);
      case SIN -> emit(node, Opcode.SIN, Attributes.NONE, x);
      case COS -> emit(node, Opcode.COS, Attributes.NONE, x);
      case SIGN -> emit(node, Opcode.SIGN, Attributes.NONE, x);
      case FLOOR -> emit(node, Opcode.FLOOR, Attributes.NONE, x);
      case CEIL -> emit(node, Opcode.CEIL, Attributes.NONE, x);
      case ROUND -> emit(node, Opcode.ROUND, Attributes.NONE, x);
      case TRUNCATE -> {
        int integer = value(node, "/integer", shapes.get(node.name()), ScalarType.INT32);
        Attributes cast = new Attributes.Cast(ScalarType.FLOAT32, ScalarType.INT32);
        emit(node, Opcode.CAST, cast, x, integer);
        asFloat(node.name(), node.layer(), integer);
      }
    }
  }

  private void compare(Node node, Op.CompareKind kind) {
    Opcode opcode =
        switch (kind) {
          case GREATER -> Opcode.GREATER;
          case GREATER_EQUAL -> Opcode.GREATER_EQUAL;
          case LESS -> Opcode.LESS;
          case LESS_EQUAL -> Opcode.LESS_EQUAL;
          case EQUAL -> Opcode.EQUAL;
          case NOT_EQUAL -> Opcode.NOT_EQUAL;
        };
    int condition = value(node, "/condition", shapes.get(node.name()), ScalarType.BOOL);
    emit(node, opcode, Attributes.NONE, operands(node), condition);
    conditions.put(node.name(), new Condition(condition, node.layer()));
  }

  private List<Integer> selected(Node node) {
    Optional<Condition> known = Optional.ofNullable(conditions.get(node.input(0)));
    int condition;
    if (known.isPresent()) {
      condition = known.get().tensor();
    } else {
      condition = value(node, "/condition", shapes.get(node.input(0)), ScalarType.BOOL);
      List<Integer> operands = List.of(x(node), scalar(node, "zero", 0));
      emit(node, Opcode.NOT_EQUAL, Attributes.NONE, operands, condition);
    }
    return List.of(condition, tensor(node.input(1)), tensor(node.input(2)));
  }

  private void argExtreme(Node node, Op.ArgExtreme extreme) {
    int index = value(node, "/index", shapes.get(node.name()), ScalarType.INT32);
    List<Integer> operands = List.of(x(node), ints(node, "axis", extreme.axis()));
    if (extreme.largest()) {
      emit(node, Opcode.ARG_MAX, new Attributes.ArgMax(), operands, index);
    } else {
      emit(node, Opcode.ARG_MIN, new Attributes.ArgMin(), operands, index);
    }
    asFloat(node.name(), node.layer(), index);
  }

  /** The tensor {@code name} of the numbers that an integer or a condition stands for. */
  private int asFloat(String name, String layer, int from) {
    Program.Tensor source = program.tensor(from);
    int number = result(name, source.shape());
    Attributes cast = new Attributes.Cast(source.type(), ScalarType.FLOAT32);
    program.append(new Operator(Opcode.CAST, cast, List.of(from), number, layer, false));
    return number;
  }

  private int value(Node node, String suffix, Shape shape, ScalarType type) {
    return program.value(node.name() + suffix, shape, type, none());
  }

  private void pad(Node node, Op.Pad pad) {
    int rank = pad.before().size();
    int[] amounts = new int[2 * rank];
    for (int i = 1; i < rank; i++) {
      amounts[2 * i] = pad.before().get(i);
      amounts[2 * i + 1] = pad.after().get(i);
    }
    int paddings = paddings(node, amounts);
    if (pad.mode() != Op.PadMode.CONSTANT) {
      Attributes mode = new Attributes.MirrorPad(pad.mode() == Op.PadMode.REFLECT);
      emit(node, Opcode.MIRROR_PAD, mode, List.of(x(node), paddings));
    } else if (pad.value() == 0) {
      emit(node, Opcode.PAD, Attributes.NONE, List.of(x(node), paddings));
    } else {
      int value = scalar(node, "value", pad.value());
      emit(node, Opcode.PADV2, Attributes.NONE, List.of(x(node), paddings, value));
    }
  }

  /** Elements before and after, a dimension each. */
  private int paddings(Node node, int[] amounts) {
    Shape shape = Shape.of(amounts.length / 2, 2);
    Constant data = Constant.Int32s.of(amounts);
    return program.constant(node.name() + "/paddings", shape, ScalarType.INT32, data, none());
  }

  private void slice(Node node, Op.Slice slice) {
    int begin = ints(node, "begin", array(slice.begin()));
    int end = ints(node, "end", array(slice.end()));
    int[] steps = array(slice.strides());
    steps[0] = 1;
    int strides = ints(node, "strides", steps);
    int endMask = 1; // all of the batch; an end of −1 would count from the end
    for (int i = 1; i < slice.end().size(); i++) {
      endMask |= slice.end().get(i) < 0 ? 1 << i : 0;
    }
    Attributes masks = new Attributes.StridedSlice(1, endMask, 0);
    emit(node, Opcode.STRIDED_SLICE, masks, List.of(x(node), begin, end, strides));
  }

  private void resize(Node node, Op.Resize resize) {
    List<Integer> operands = List.of(x(node), ints(node, "size", resize.height(), resize.width()));
    boolean corners = resize.alignCorners();
    boolean half = resize.halfPixel();
    if (resize.method() == Op.ResizeMethod.NEAREST) {
      Attributes attributes = new Attributes.ResizeNearest(corners, half);
      emit(node, Opcode.RESIZE_NEAREST_NEIGHBOR, attributes, operands);
    } else {
      Attributes attributes = new Attributes.ResizeBilinear(corners, half);
      emit(node, Opcode.RESIZE_BILINEAR, attributes, operands);
    }
  }

  /** Appends a transpose of {@code from} whose result is {@code name}; returns its tensor. */
  int transpose(Node node, String name, int from, List<Integer> order) {
    Shape in = program.tensor(from).shape();
    Shape out = new Shape(order.stream().map(in::dim).toList());
    int perm = ints(node, name + "/perm", array(order));
    int result = result(name, out);
    emit(node, Opcode.TRANSPOSE, Attributes.NONE, List.of(from, perm), result);
    return result;
  }

  // What lowering is written with, here and in ActivationLowering.

  int x(Node node) {
    return tensor(node.input(0));
  }

  private List<Integer> operands(Node node) {
    return node.inputs().stream().map(this::tensor).toList();
  }

  private int tensor(String name) {
    Integer known = tensors.get(name);
    if (known != null) {
      return known;
    }
    Condition condition = conditions.get(name);
    if (condition != null) {
      return asFloat(name, condition.layer(), condition.tensor());
    }
    Weight weight = graph.weight(name).orElseThrow();
    int tensor = constant(name, weight.shape(), Constant.Floats.of(weight.value().values()));
    tensors.put(name, tensor);
    return tensor;
  }

  /** The node's own output tensor, or an intermediate one of {@code name}. */
  int result(String name, Shape shape) {
    int tensor = program.floats(name, shape);
    tensors.put(name, tensor);
    return tensor;
  }

  void emit(Node node, Opcode opcode, Attributes attributes, List<Integer> operands) {
    int out = result(node.name(), shapes.get(node.name()));
    emit(node, opcode, attributes, operands, out);
  }

  void emit(Node node, Opcode opcode, Attributes attributes, List<Integer> operands, int out) {
    program.append(new Operator(opcode, attributes, operands, out, node.layer(), false));
  }

  void emitFloat(Node node, Opcode opcode, Attributes attributes, List<Integer> in, int out) {
    program.append(new Operator(opcode, attributes, in, out, node.layer(), true));
  }

  Program program() {
    return program;
  }

  int scalar(Node node, String name, float value) {
    return constant(node.name() + "/" + name, Shape.of(), Constant.Floats.of(value));
  }

  private int ints(Node node, String name, int... values) {
    return program.constant(
        node.name() + "/" + name,
        Shape.of(values.length),
        ScalarType.INT32,
        Constant.Int32s.of(values),
        none());
  }

  private int constant(String name, Shape shape, Constant data) {
    return program.constant(name, shape, ScalarType.FLOAT32, data, none());
  }

  private int bias(Node node, int channels) {
    if (node.inputs().size() > 2) {
      return tensor(node.input(2));
    }
    // TFLite allows no bias, but older delegates do not: the converter writes zeros as well.
    return constant(
        node.name() + "/bias", Shape.of(channels), Constant.Floats.of(new float[channels]));
  }

  private float[] weight(String name) {
    return graph
        .weight(name)
        .orElseThrow(() -> new TfliteException(name + " must be a weight"))
        .value()
        .values();
  }

  private static Optional<Affine> none() {
    return Optional.empty();
  }

  private static int[] array(List<Integer> values) {
    return IntStream.range(0, values.size()).map(values::get).toArray();
  }
}
