package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.PoolKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.layer.OperationCall.Operand;
import dev.secateur.keras.layer.Operations.Result;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Operations that gather over axes: reductions, norms, softmaxes, pools and products. */
final class ReductionOperations {
  private ReductionOperations() {}

  static void register(Operations.Registry to) {
    to.put(ReductionOperations::mean, "mean", "reducemean");
    to.put(c -> reduce(c, ReduceKind.MAX), "max", "reducemax", "amax");
    to.put(c -> reduce(c, ReduceKind.MIN), "min", "reducemin", "amin");
    to.put(c -> reduce(c, ReduceKind.SUM), "sum", "reducesum");
    to.put(c -> reduce(c, ReduceKind.PRODUCT), "prod", "reduceprod");
    to.put(c -> quantified(c, ReduceKind.MAX), "any", "reduceany");
    to.put(c -> quantified(c, ReduceKind.MIN), "all", "reduceall");
    to.put(c -> Result.of(variance(c)), "var", "reducevariance");
    to.put(c -> Result.of(c.unary(UnaryKind.SQRT, variance(c))), "std", "reducestd");
    to.put(ReductionOperations::moments, "moments");
    to.put(ReductionOperations::logSumExp, "logsumexp", "reducelogsumexp");
    to.put(c -> extreme(c, true), "argmax");
    to.put(c -> extreme(c, false), "argmin");
    to.put(ReductionOperations::normalize, "normalize");
    to.put(ReductionOperations::l2Normalize, "l2normalize");
    to.put(ReductionOperations::layerNormalization, "layernorm");
    to.put(c -> softmax(c, false), "softmax");
    to.put(c -> softmax(c, true), "logsoftmax");
    to.put(c -> pool(c, PoolKind.MAX), "maxpool", "maxpool1d", "maxpool2d");
    to.put(c -> pool(c, PoolKind.AVERAGE), "averagepool", "avgpool", "avgpool1d", "avgpool2d");
    to.put(ReductionOperations::matMul, "matmul", "batchmatmul", "batchmatmulv2", "dot");
    to.put(ReductionOperations::tensorDot, "tensordot");
    to.put(ReductionOperations::einsum, "einsum");
    to.put(c -> Result.of(KnownValues.shape(c)), "shape");
  }

  private static List<Integer> axes(OperationCall call) {
    return call.axes(1, "axis", "axes", "reduction_indices")
        .orElseThrow(() -> call.unsupported("a reduction over the batch"));
  }

  private static boolean keepsDims(OperationCall call) {
    return call.flag(false, 2, "keepdims", "keep_dims");
  }

  private static String over(
      OperationCall call, ReduceKind kind, List<Integer> axes, boolean keep, String x) {
    return call.add(new Op.Reduce(kind, axes, keep), x);
  }

  /** TensorFlow's mean of integers is cut off to one. */
  private static Result mean(OperationCall call) {
    if (!call.keras3() && ElementwiseOperations.isInteger(call, call.x())) {
      throw call.unsupported("a mean of integers");
    }
    return reduce(call, ReduceKind.MEAN);
  }

  private static Result reduce(OperationCall call, ReduceKind kind) {
    int rank = call.shape().rank();
    List<Integer> axes = axes(call);
    boolean keep = keepsDims(call);
    String y = over(call, kind, axes, keep, call.x());
    boolean image = rank == 4 && axes.equals(List.of(1, 2));
    boolean series = rank == 3 && axes.equals(List.of(1));
    String pool = kind == ReduceKind.MEAN ? "GlobalAveragePooling" : "GlobalMaxPooling";
    if ((image || series) && (kind == ReduceKind.MEAN || kind == ReduceKind.MAX)) {
      ObjectNode config = Equivalent.config().put("keepdims", keep);
      return Result.of(y, Equivalent.of(pool + (image ? "2D" : "1D"), config));
    }
    return Result.of(y);
  }

  /** Whether any or all are not 0. */
  private static Result quantified(OperationCall call, ReduceKind kind) {
    String truth = ElementwiseOperations.truth(call, call.x());
    return Result.of(over(call, kind, axes(call), keepsDims(call), truth));
  }

  private static String variance(OperationCall call) {
    List<Integer> axes = axes(call);
    return variance(call, axes, keepsDims(call));
  }

  /** Of the whole population, as Keras and TensorFlow have it. */
  private static String variance(OperationCall call, List<Integer> axes, boolean keep) {
    String mean = over(call, ReduceKind.MEAN, axes, true, call.x());
    String square = call.binary(BinaryKind.SQUARED_DIFFERENCE, call.x(), mean);
    return over(call, ReduceKind.MEAN, axes, keep, square);
  }

  private static Result moments(OperationCall call) {
    if (call.option(2, "shift").isPresent()) {
      throw call.unsupported("moments with a shift");
    }
    List<Integer> axes = axes(call);
    boolean keep = call.flag(false, 3, "keepdims", "keep_dims");
    String mean = over(call, ReduceKind.MEAN, axes, keep, call.x());
    return new Result(List.of(mean, variance(call, axes, keep)), Optional.empty());
  }

  /** Less the largest value first, so that no exponential overflows. */
  private static Result logSumExp(OperationCall call) {
    List<Integer> axes = axes(call);
    boolean keep = keepsDims(call);
    String most = over(call, ReduceKind.MAX, axes, true, call.x());
    String less = call.binary(BinaryKind.SUBTRACT, call.x(), most);
    String exp = call.add(new Op.Activate(Activation.Simple.EXPONENTIAL), less);
    String log = call.unary(UnaryKind.LOG, over(call, ReduceKind.SUM, axes, true, exp));
    String y = call.binary(BinaryKind.ADD, log, most);
    return Result.of(keep ? y : without(call, y, axes));
  }

  private static String without(OperationCall call, String value, List<Integer> axes) {
    List<Integer> sample = call.layer().sample(value);
    for (int i = axes.size() - 1; i >= 0; i--) {
      sample.remove(axes.get(i) - 1);
    }
    return ShapeLayers.reshaped(call.layer(), value, sample);
  }

  private static Result extreme(OperationCall call, boolean largest) {
    int axis =
        call.axis(
            call.integer(1, "axis", "dimension")
                .orElseThrow(() -> call.unsupported("an index into the whole batch")));
    String y = call.add(new Op.ArgExtreme(largest, axis), call.x());
    if (!call.flag(false, 2, "keepdims")) {
      return Result.of(y);
    }
    List<Integer> sample = call.layer().sample(y);
    sample.add(axis - 1, 1);
    return Result.of(ShapeLayers.reshaped(call.layer(), y, sample));
  }

  /** Keras' {@code x·min(rsqrt(Σx²), 1/ε)} is {@code x·rsqrt(max(Σx², ε²))}, which stays finite. */
  private static Result normalize(OperationCall call) {
    List<Integer> axes = call.axes(1, "axis").orElse(List.of(call.axis(-1)));
    int order = call.integer(2, "order").orElse(2);
    float epsilon = call.number(3, "epsilon").orElse(1e-7f);
    if (order == 2) {
      return Result.of(unitLength(call, axes, epsilon * epsilon));
    }
    if (order != 1) {
      throw call.unsupported("the norm of order " + order);
    }
    String size = call.unary(UnaryKind.ABS, call.x());
    String sum = over(call, ReduceKind.SUM, axes, true, size);
    String safe = call.binary(BinaryKind.MAXIMUM, sum, epsilon);
    return Result.of(call.binary(BinaryKind.DIVIDE, call.x(), safe));
  }

  private static Result l2Normalize(OperationCall call) {
    return Result.of(
        unitLength(
            call,
            call.axes(1, "axis", "dim")
                .orElseThrow(() -> call.unsupported("a norm over the batch")),
            call.number(2, "epsilon").orElse(1e-12f)));
  }

  private static String unitLength(OperationCall call, List<Integer> axes, float least) {
    String square = call.unary(UnaryKind.SQUARE, call.x());
    String sum = over(call, ReduceKind.SUM, axes, true, square);
    String safe = call.binary(BinaryKind.MAXIMUM, sum, least);
    return call.binary(BinaryKind.MULTIPLY, call.x(), call.unary(UnaryKind.RSQRT, safe));
  }

  /** Without scale and offset: these would be weights that an operation does not have. */
  private static Result layerNormalization(OperationCall call) {
    boolean parameters = call.option(1, "gamma").isPresent() || call.option(2, "beta").isPresent();
    if (parameters || call.flag(false, -1, "rms_scaling")) {
      throw call.unsupported("gamma, beta or rms_scaling");
    }
    List<Integer> axes = call.axes(-1, "axis").orElse(List.of(call.axis(-1)));
    float epsilon = call.number(-1, "epsilon").orElse(1e-7f);
    String mean = over(call, ReduceKind.MEAN, axes, true, call.x());
    String spread = call.binary(BinaryKind.ADD, variance(call, axes, true), epsilon);
    String centred = call.binary(BinaryKind.SUBTRACT, call.x(), mean);
    return Result.of(
        call.binary(BinaryKind.MULTIPLY, centred, call.unary(UnaryKind.RSQRT, spread)));
  }

  private static Result softmax(OperationCall call, boolean log) {
    int rank = call.shape().rank();
    List<Integer> axes = call.axes(1, "axis", "dim").orElse(List.of(rank - 1));
    if (axes.size() > 1) {
      return Result.of(softmaxOver(call.layer(), call.x(), axes, log));
    }
    int axis = axes.get(0);
    String y = call.add(new Op.Activate(function(axis, log)), call.x());
    if (log) {
      return axis == rank - 1 ? Result.of(y, Equivalent.activation("log_softmax")) : Result.of(y);
    }
    return Result.of(y, Equivalent.of("Softmax", Equivalent.config().put("axis", axis)));
  }

  private static Activation function(int axis, boolean log) {
    return log ? new Activation.LogSoftmax(axis) : new Activation.Softmax(axis);
  }

  /** Over several axes at once: they are brought to the end and made one, and back. */
  static String softmaxOver(LayerContext layer, String x, List<Integer> axes, boolean log) {
    Shape shape = layer.graph().shape(x);
    List<Integer> order = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
    order.removeAll(axes);
    int kept = order.size();
    order.addAll(axes);
    List<Integer> moved = order.subList(1, order.size()).stream().map(shape::dim).toList();
    List<Integer> joined = new ArrayList<>(moved.subList(0, kept - 1));
    joined.add(axes.stream().mapToInt(shape::dim).reduce(1, Math::multiplyExact));
    String turned = layer.add(new Op.Permute(order), x);
    String flat = ShapeLayers.reshaped(layer, turned, joined);
    String soft = layer.add(new Op.Activate(function(kept, log)), flat);
    List<Integer> back = new ArrayList<>(Collections.nCopies(order.size(), 0));
    for (int i = 0; i < order.size(); i++) {
      back.set(order.get(i), i);
    }
    return layer.add(new Op.Permute(back), ShapeLayers.reshaped(layer, soft, moved));
  }

  /** Over one or two dimensions of space. */
  private static Result pool(OperationCall call, PoolKind kind) {
    Shape x = call.shape();
    int dimensions = x.rank() - 2;
    if (dimensions != 1 && dimensions != 2) {
      throw call.unsupported("a pool of " + x);
    }
    List<Integer> window = spatial(call, 1, dimensions, "pool_size", "ksize", "window_shape");
    List<Integer> strides =
        call.option(2, "strides").isPresent() ? spatial(call, 2, dimensions, "strides") : window;
    String padding = call.text("valid", 3, "padding");
    if (!padding.equals("same") && !padding.equals("valid")) {
      throw call.unsupported(padding.isEmpty() ? "a padding in numbers" : "the padding " + padding);
    }
    Padding mode = padding.equals("same") ? Padding.SAME : Padding.VALID;
    if (dimensions == 2) {
      Size size = new Size(window.get(0), window.get(1));
      Size steps = new Size(strides.get(0), strides.get(1));
      String y = call.add(new Op.Pool2D(kind, size, steps, mode), call.x());
      return Result.of(y, asLayer(kind, "2D", window, strides, padding));
    }
    String row = call.layer().reshape(call.x(), 1, x.dim(1), x.last());
    Size size = new Size(1, window.get(0));
    Size steps = new Size(1, strides.get(0));
    String pooled = call.add(new Op.Pool2D(kind, size, steps, mode), row);
    String y = call.layer().reshape(pooled, call.shape(pooled).dim(2), x.last());
    return Result.of(y, asLayer(kind, "1D", window, strides, padding));
  }

  private static Equivalent asLayer(
      PoolKind kind, String suffix, List<Integer> window, List<Integer> strides, String padding) {
    ObjectNode config = Equivalent.config().put("padding", padding);
    window.forEach(config.putArray("pool_size")::add);
    strides.forEach(config.putArray("strides")::add);
    return Equivalent.of((kind == PoolKind.MAX ? "MaxPooling" : "AveragePooling") + suffix, config);
  }

  /** One number for all dimensions of space, one each, or with the batch's and the channels'. */
  private static List<Integer> spatial(
      OperationCall call, int position, int dimensions, String... names) {
    List<Integer> given =
        call.integers(position, names).orElseThrow(() -> call.unsupported("no " + names[0]));
    List<Integer> sizes = given;
    if (given.size() == 1) {
      sizes = Collections.nCopies(dimensions, given.get(0));
    } else if (given.size() == dimensions + 2) {
      if (given.get(0) != 1 || given.get(dimensions + 1) != 1) {
        throw call.unsupported(names[0] + " " + given);
      }
      sizes = given.subList(1, dimensions + 1);
    }
    if (sizes.size() != dimensions || sizes.stream().anyMatch(s -> s < 1 || s > 1 << 16)) {
      throw call.unsupported(names[0] + " " + given);
    }
    return sizes;
  }

  private static Result matMul(OperationCall call) {
    Operand a = call.operand(0, "a", "x1", "x").orElseThrow(() -> call.unsupported("no operand"));
    Operand b = call.operand(1, "b", "x2", "y").orElseThrow(() -> call.unsupported("one operand"));
    boolean transposeA =
        call.flag(false, 2, "transpose_a") || call.flag(false, 4, "adjoint_a", "adj_x");
    boolean transposeB =
        call.flag(false, 3, "transpose_b") || call.flag(false, 5, "adjoint_b", "adj_y");
    if (b.constant().isPresent()) {
      Tensor matrix = matrix(call, call.tensor(b.constant().get()), transposeB);
      String x = transposeA ? lastTwoSwapped(call, call.tensor(a)) : call.tensor(a);
      return Result.of(timesConstant(call, x, matrix));
    }
    if (a.constant().isPresent()) { // (A·X)ᵀ is Xᵀ·Aᵀ
      Tensor matrix = matrix(call, call.tensor(a.constant().get()), !transposeA);
      String x = transposeB ? call.tensor(b) : lastTwoSwapped(call, call.tensor(b));
      return Result.of(lastTwoSwapped(call, timesConstant(call, x, matrix)));
    }
    String left = call.tensor(a);
    String right = call.tensor(b);
    Shape leftShape = call.shape(left);
    if (leftShape.rank() < 3 || call.shape(right).rank() != leftShape.rank()) {
      throw call.unsupported(
          "the product of " + leftShape + " and " + call.shape(right) + ", across the batch");
    }
    if (Operations.canonical(call.name()).equals("dot")) {
      throw call.unsupported("a dot of two tensors, across the batch");
    }
    return Result.of(call.add(new Op.MatMul(transposeA, transposeB), left, right));
  }

  /** A constant as rows and columns; leading dimensions of one are dropped, a vector stays one. */
  private static Tensor matrix(OperationCall call, Tensor constant, boolean transpose) {
    List<Integer> dims = new ArrayList<>(constant.shape().dims());
    while (dims.size() > 2 && dims.get(0) == 1) {
      dims.remove(0);
    }
    if (dims.isEmpty() || dims.size() > 2) {
      throw call.unsupported("the product with a constant of " + constant.shape());
    }
    Tensor matrix = constant.reshape(new Shape(dims));
    return transpose && dims.size() == 2 ? transposed(matrix) : matrix;
  }

  private static Tensor transposed(Tensor matrix) {
    int rows = matrix.shape().dim(0);
    int columns = matrix.shape().dim(1);
    float[] values = new float[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        values[c * rows + r] = matrix.values()[r * columns + c];
      }
    }
    return Tensor.of(values, columns, rows);
  }

  private static String timesConstant(OperationCall call, String x, Tensor matrix) {
    boolean vector = matrix.shape().rank() == 1;
    Tensor kernel = vector ? matrix.reshape(Shape.of(matrix.shape().dim(0), 1)) : matrix;
    String y = call.add(new Op.Dense(), x, call.layer().constant("matrix", kernel));
    return vector ? without(call, y, List.of(call.shape(y).rank() - 1)) : y;
  }

  private static String lastTwoSwapped(OperationCall call, String x) {
    int rank = call.shape(x).rank();
    if (rank < 3) {
      throw call.unsupported("a transposition of the batch");
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.swap(order, rank - 1, rank - 2);
    return call.add(new Op.Permute(order), x);
  }

  /** The last axis with the first one of a constant. */
  private static Result tensorDot(OperationCall call) {
    JsonNode axes = call.option(2, "axes").orElseThrow(() -> call.unsupported("no axes"));
    int rank = call.shape().rank();
    boolean pair = axes.isArray() && axes.size() == 2;
    int left = pair ? axes.get(0).path(0).asInt(axes.get(0).asInt(0)) : rank - 1;
    int right = pair ? axes.get(1).path(0).asInt(axes.get(1).asInt(0)) : 0;
    boolean one =
        pair
            ? (left == rank - 1 || left == -1) && right == 0 && axes.get(0).size() <= 1
            : axes.isInt() && axes.asInt() == 1;
    Optional<JsonNode> b = call.operand(1, "b", "x2").flatMap(Operand::constant);
    if (!one || b.isEmpty()) {
      throw call.unsupported("a contraction other than of the last axis with a constant's first");
    }
    return Result.of(timesConstant(call, call.x(), matrix(call, call.tensor(b.get()), false)));
  }

  /** {@code …c,cd->…d}: a product of the last axis with a constant matrix. */
  private static Result einsum(OperationCall call) {
    String subscripts = call.text("", -1, "subscripts", "equation").replace(" ", "");
    String[] sides = subscripts.split("->|,", -1);
    Optional<JsonNode> constant = call.operand(1).flatMap(Operand::constant);
    boolean matrix =
        sides.length == 3
            && sides[1].length() == 2
            && sides[0].length() > 1
            && sides[2].length() == sides[0].length()
            && constant.isPresent();
    if (!matrix) {
      throw call.unsupported("the equation " + subscripts);
    }
    int last = sides[0].length() - 1;
    String rest = sides[0].substring(0, last);
    String in = sides[0].substring(last);
    String out = sides[2].substring(last);
    boolean forward = sides[1].equals(in + out);
    boolean backward = sides[1].equals(out + in);
    boolean distinct = !rest.contains(in) && !rest.contains(out) && !in.equals(out);
    if (!sides[2].equals(rest + out) || !distinct || !(forward || backward)) {
      throw call.unsupported("the equation " + subscripts);
    }
    Tensor kernel = matrix(call, call.tensor(constant.get()), backward);
    return Result.of(timesConstant(call, call.x(), kernel));
  }
}
