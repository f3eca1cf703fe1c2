package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Activation.Simple;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.layer.OperationCall.Operand;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.spec.Numbers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The closed list of TensorFlow and Keras 3 operations that stand between layers. Constants are
 * read, code never. Where standard layers mean the same, they are what is written back.
 */
public final class Operations {
  /** The operation's outputs, and what to write in its place. */
  public record Result(List<String> outputs, Optional<Equivalent> equivalent) {
    static Result of(String output, Equivalent equivalent) {
      return new Result(List.of(output), Optional.of(equivalent));
    }

    static Result of(String output) {
      return new Result(List.of(output), Optional.empty());
    }
  }

  private interface Lowering {
    Result lower(OperationCall call);
  }

  private static final Map<String, Lowering> BY_NAME = new HashMap<>();

  static {
    put(c -> binary(c, BinaryKind.ADD), "add", "addv2", "biasadd");
    put(c -> binary(c, BinaryKind.SUBTRACT), "subtract", "sub");
    put(c -> binary(c, BinaryKind.MULTIPLY), "multiply", "mul");
    put(
        c -> binary(c, BinaryKind.DIVIDE),
        "truediv",
        "truedivide",
        "divide",
        "realdiv",
        "div",
        "divnonan");
    put(c -> binary(c, BinaryKind.MAXIMUM), "maximum");
    put(c -> binary(c, BinaryKind.MINIMUM), "minimum");
    put(c -> binary(c, BinaryKind.SQUARED_DIFFERENCE), "squareddifference");
    put(Operations::power, "pow", "power");
    put(Operations::clip, "clip", "clipbyvalue");
    put(Operations::relu, "relu");
    put(c -> activate(c, Simple.RELU6, "relu6"), "relu6");
    put(c -> activate(c, Simple.SIGMOID, "sigmoid"), "sigmoid");
    put(c -> activate(c, Simple.TANH, "tanh"), "tanh");
    put(c -> activate(c, Simple.SILU, "swish"), "silu", "swish");
    put(c -> activate(c, Simple.SELU, "selu"), "selu");
    put(c -> activate(c, Simple.SOFTPLUS, "softplus"), "softplus");
    put(c -> activate(c, Simple.SOFTSIGN, "softsign"), "softsign");
    put(c -> activate(c, Simple.MISH, "mish"), "mish");
    put(c -> activate(c, Simple.EXPONENTIAL, "exponential"), "exp");
    put(c -> activate(c, Simple.HARD_SWISH, "hard_silu"), "hardsilu", "hardswish");
    put(Operations::hardSigmoid, "hardsigmoid");
    put(Operations::elu, "elu");
    put(Operations::gelu, "gelu");
    put(Operations::leakyRelu, "leakyrelu");
    put(Operations::softmax, "softmax", "logsoftmax");
    put(
        c -> unary(c, UnaryKind.NEGATE, Equivalent.of("Rescaling", Equivalent.line(-1, 0))),
        "negative",
        "neg");
    put(c -> unary(c, UnaryKind.SQUARE, Equivalent.of("Multiply").twice()), "square");
    put(c -> Result.of(c.layer().add(new Op.Unary(UnaryKind.ABS), c.x())), "abs", "absolute");
    put(c -> Result.of(c.layer().add(new Op.Unary(UnaryKind.SQRT), c.x())), "sqrt");
    put(c -> Result.of(c.layer().add(new Op.Unary(UnaryKind.RSQRT), c.x())), "rsqrt");
    put(c -> Result.of(c.layer().add(new Op.Unary(UnaryKind.LOG), c.x())), "log");
    put(
        c -> Result.of(c.x(), Equivalent.activation("linear")),
        "identity",
        "stopgradient",
        "cast",
        "converttotensor");
    put(Operations::reshape, "reshape");
    put(Operations::flatten, "flatten");
    put(Operations::transpose, "transpose");
    put(Operations::expandDims, "expanddims");
    put(Operations::squeeze, "squeeze");
    put(c -> reduce(c, ReduceKind.MEAN), "mean", "reducemean");
    put(c -> reduce(c, ReduceKind.MAX), "max", "reducemax", "amax");
    put(c -> reduce(c, ReduceKind.MIN), "min", "reducemin", "amin");
    put(c -> reduce(c, ReduceKind.SUM), "sum", "reducesum");
    put(Operations::concat, "concat", "concatv2", "concatenate");
    put(Operations::pad, "pad", "padv2", "mirrorpad");
    put(Operations::resize, "resize", "resizebilinear", "resizenearestneighbor", "resizeimages");
    put(OperationSlices::item, "getitem", "stridedslice");
    put(OperationSlices::split, "split");
  }

  private Operations() {}

  private static void put(Lowering lowering, String... names) {
    for (String name : names) {
      BY_NAME.put(name, lowering);
    }
  }

  /** {@code math.reduce_mean}, {@code __operators__.add}, {@code AddV2} and {@code GetItem}. */
  private static String canonical(String name) {
    String own = name.substring(name.lastIndexOf('.') + 1);
    return own.replace("_", "").toLowerCase(Locale.ROOT);
  }

  static boolean supports(String name) {
    return BY_NAME.containsKey(canonical(name));
  }

  public static Result lower(String name, OperationCall call) {
    return BY_NAME.get(canonical(name)).lower(call);
  }

  /** What TensorFlowOpLayer wraps; some versions give it as text. */
  static JsonNode nodeDefinition(ObjectNode config) {
    JsonNode definition = config.path("node_def");
    if (!definition.isTextual()) {
      return definition;
    }
    return Json.object(definition.asText(), "node_def");
  }

  private static Result binary(OperationCall call, BinaryKind kind) {
    LayerContext layer = call.layer();
    Operand a =
        call.operand(0, "x", "a", "x1", "value").orElseThrow(() -> call.unsupported("no operand"));
    Operand b =
        call.operand(1, "y", "b", "x2", "bias").orElseThrow(() -> call.unsupported("one operand"));
    if (a.value().isPresent() && b.value().isPresent()) {
      String y = layer.add(new Op.Binary(kind), a.value().get(), b.value().get());
      int rankA = layer.graph().shape(a.value().get()).rank();
      int rankB = layer.graph().shape(b.value().get()).rank();
      Optional<Equivalent> merge = rankA == rankB ? merge(kind) : Optional.empty();
      return new Result(List.of(y), merge);
    }
    boolean constantFirst = a.constant().isPresent();
    String x =
        (constantFirst ? b : a)
            .value()
            .orElseThrow(() -> call.unsupported("operands without a tensor"));
    JsonNode constant =
        (constantFirst ? a : b).constant().orElseThrow(() -> call.unsupported("a list as operand"));
    String c = layer.constant("constant", tensor(call, constant));
    String y =
        constantFirst ? layer.add(new Op.Binary(kind), c, x) : layer.add(new Op.Binary(kind), x, c);
    return new Result(
        List.of(y), withConstant(kind, Numbers.flat(layer.path(), constant), constantFirst));
  }

  private static Tensor tensor(OperationCall call, JsonNode node) {
    List<Integer> dims = new ArrayList<>();
    for (JsonNode at = node; at.isArray() && dims.size() < 8; at = at.path(0)) {
      dims.add(at.size());
    }
    return new Tensor(new Shape(dims), Numbers.flat(call.layer().path(), node));
  }

  private static Optional<Equivalent> merge(BinaryKind kind) {
    return switch (kind) {
      case ADD -> Optional.of(Equivalent.of("Add"));
      case SUBTRACT -> Optional.of(Equivalent.of("Subtract"));
      case MULTIPLY -> Optional.of(Equivalent.of("Multiply"));
      case MAXIMUM -> Optional.of(Equivalent.of("Maximum"));
      case MINIMUM -> Optional.of(Equivalent.of("Minimum"));
      default -> Optional.empty();
    };
  }

  private static Optional<Equivalent> withConstant(
      BinaryKind kind, float[] c, boolean constantFirst) {
    return switch (kind) {
      case ADD -> Optional.of(line(null, c));
      case SUBTRACT ->
          Optional.of(constantFirst ? line(filled(c.length, -1), c) : line(null, scaled(c, -1)));
      case MULTIPLY -> Optional.of(line(c, null));
      case DIVIDE -> constantFirst ? Optional.empty() : Optional.of(line(inverse(c), null));
      case MAXIMUM -> c.length == 1 ? Optional.of(atLeast(c[0])) : Optional.empty();
      case MINIMUM ->
          c.length == 1
              ? Optional.of(
                  Equivalent.of("Rescaling", Equivalent.line(-1, c[0]))
                      .then("ReLU", Equivalent.config())
                      .then("Rescaling", Equivalent.line(-1, c[0])))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Equivalent atLeast(float c) {
    if (c == 0) {
      return Equivalent.of("ReLU");
    }
    return Equivalent.of("Rescaling", Equivalent.line(1, -c))
        .then("ReLU", Equivalent.config())
        .then("Rescaling", Equivalent.line(1, c));
  }

  private static float[] filled(int size, float value) {
    float[] all = new float[size];
    java.util.Arrays.fill(all, value);
    return all;
  }

  private static float[] scaled(float[] c, float by) {
    float[] all = c.clone();
    for (int i = 0; i < all.length; i++) {
      all[i] *= by;
    }
    return all;
  }

  private static float[] inverse(float[] c) {
    float[] all = c.clone();
    for (int i = 0; i < all.length; i++) {
      all[i] = 1 / all[i];
    }
    return all;
  }

  private static Equivalent line(float[] scale, float[] offset) {
    ObjectNode config = Equivalent.config();
    numbers(config, "scale", scale == null ? new float[] {1} : scale);
    numbers(config, "offset", offset == null ? new float[] {0} : offset);
    return Equivalent.of("Rescaling", config);
  }

  private static void numbers(ObjectNode config, String key, float[] values) {
    if (values.length == 1) {
      config.put(key, values[0]);
      return;
    }
    ArrayNode list = config.putArray(key);
    for (float value : values) {
      list.add(value);
    }
  }

  private static Result power(OperationCall call) {
    float exponent =
        call.number(1, "y", "x2").orElseThrow(() -> call.unsupported("a power of a tensor"));
    if (exponent == 2) {
      return unary(call, UnaryKind.SQUARE, Equivalent.of("Multiply").twice());
    }
    if (exponent == 0.5f) {
      return Result.of(call.layer().add(new Op.Unary(UnaryKind.SQRT), call.x()));
    }
    if (exponent == -0.5f) {
      return Result.of(call.layer().add(new Op.Unary(UnaryKind.RSQRT), call.x()));
    }
    throw call.unsupported("the power " + exponent);
  }

  private static Result unary(OperationCall call, UnaryKind kind, Equivalent equivalent) {
    return Result.of(call.layer().add(new Op.Unary(kind), call.x()), equivalent);
  }

  private static Result activate(OperationCall call, Activation function, String name) {
    String y = call.layer().add(new Op.Activate(function), call.x());
    return Result.of(y, Equivalent.activation(name));
  }

  private static Result clip(OperationCall call) {
    float low = call.number(1, "x_min", "clip_value_min").orElse(Float.NEGATIVE_INFINITY);
    float high = call.number(2, "x_max", "clip_value_max").orElse(Float.POSITIVE_INFINITY);
    LayerContext layer = call.layer();
    if (low == 0 && high == 6) {
      return activate(call, Simple.RELU6, "relu6");
    }
    String above =
        layer.add(new Op.Binary(BinaryKind.MAXIMUM), call.x(), layer.constant("low", low));
    String y = layer.add(new Op.Binary(BinaryKind.MINIMUM), above, layer.constant("high", high));
    return Result.of(
        y,
        Equivalent.of("Rescaling", Equivalent.line(1, -low))
            .then("ReLU", Equivalent.config().put("max_value", high - low))
            .then("Rescaling", Equivalent.line(1, low)));
  }

  /** Keras' backend function has the options of the layer. */
  private static Result relu(OperationCall call) {
    float slope = call.number(-1, "alpha", "negative_slope").orElse(0f);
    float max = call.number(-1, "max_value").orElse(Float.POSITIVE_INFINITY);
    float threshold = call.number(-1, "threshold").orElse(0f);
    ObjectNode config =
        Equivalent.config().put("negative_slope", slope).put("threshold", threshold);
    if (max != Float.POSITIVE_INFINITY) {
      config.put("max_value", max);
    }
    Activation function = ActivationLayers.relu(max, slope, threshold);
    String y = call.layer().add(new Op.Activate(function), call.x());
    return Result.of(y, Equivalent.of("ReLU", config));
  }

  private static Result hardSigmoid(OperationCall call) {
    boolean keras3 = call.layer().dialect().major() >= 3;
    Activation function = keras3 ? Simple.HARD_SIGMOID_KERAS3 : Simple.HARD_SIGMOID_KERAS2;
    return activate(call, function, "hard_sigmoid");
  }

  private static Result elu(OperationCall call) {
    float alpha = call.number(1, "alpha").orElse(1f);
    String y = call.layer().add(new Op.Activate(new Activation.Elu(alpha)), call.x());
    return Result.of(y, Equivalent.of("ELU", Equivalent.config().put("alpha", alpha)));
  }

  /** Keras 3's function approximates by default, TensorFlow's does not. */
  private static Result gelu(OperationCall call) {
    boolean keras3 = call.layer().dialect().major() >= 3;
    boolean approximate = call.flag(keras3, 1, "approximate");
    if (!approximate) {
      return activate(call, Simple.GELU_EXACT, "gelu");
    }
    return Result.of(call.layer().add(new Op.Activate(Simple.GELU_TANH), call.x()));
  }

  private static Result leakyRelu(OperationCall call) {
    float alpha = call.number(1, "negative_slope", "alpha").orElse(0.2f);
    String y = call.layer().add(new Op.Activate(new Activation.LeakyRelu(alpha)), call.x());
    return Result.of(y, Equivalent.of("LeakyReLU", Equivalent.config().put("alpha", alpha)));
  }

  private static Result softmax(OperationCall call) {
    int rank = call.shape().rank();
    int axis = call.layer().options().axis(call.integer(1, "axis").orElse(-1), rank, "axis");
    boolean log = canonical(call.layer().type()).contains("log");
    Activation function = log ? new Activation.LogSoftmax(axis) : new Activation.Softmax(axis);
    String y = call.layer().add(new Op.Activate(function), call.x());
    if (log) {
      return axis == rank - 1 ? Result.of(y, Equivalent.activation("log_softmax")) : Result.of(y);
    }
    return Result.of(y, Equivalent.of("Softmax", Equivalent.config().put("axis", axis)));
  }

  private static Result reshape(OperationCall call) {
    List<Integer> shape =
        call.integers(1, "newshape", "shape")
            .orElseThrow(() -> call.unsupported("a shape that is computed"));
    if (shape.isEmpty()) {
      throw call.unsupported("a shape without the batch");
    }
    List<Integer> sample = shape.subList(1, shape.size());
    String y = ShapeLayers.reshaped(call.layer(), call.x(), sample);
    return Result.of(y, asReshape(call, y));
  }

  private static Equivalent asReshape(OperationCall call, String y) {
    return Equivalent.of("Reshape", Equivalent.ints("target_shape", call.layer().sample(y)));
  }

  private static Result flatten(OperationCall call) {
    String y = call.layer().reshape(call.x(), Math.toIntExact(call.shape().size()));
    return Result.of(y, Equivalent.of("Flatten"));
  }

  private static Result transpose(OperationCall call) {
    List<Integer> order =
        call.integers(1, "perm", "axes").orElseThrow(() -> call.unsupported("no order"));
    String y = ShapeLayers.permuted(call.layer(), call.x(), order);
    return Result.of(
        y, Equivalent.of("Permute", Equivalent.ints("dims", order.subList(1, order.size()))));
  }

  private static Result expandDims(OperationCall call) {
    int axis = call.integer(1, "axis", "dim").orElse(-1);
    List<Integer> sample = call.layer().sample(call.x());
    int at = call.layer().options().axis(axis, sample.size() + 2, "axis");
    sample.add(at - 1, 1);
    String y = ShapeLayers.reshaped(call.layer(), call.x(), sample);
    return Result.of(y, asReshape(call, y));
  }

  private static Result squeeze(OperationCall call) {
    int rank = call.shape().rank();
    List<Integer> axes = new ArrayList<>();
    call.integers(1, "axis", "squeeze_dims")
        .ifPresentOrElse(
            l -> l.forEach(a -> axes.add(call.layer().options().axis(a, rank, "axis"))),
            () -> allOnes(call.shape(), axes));
    List<Integer> sample = new ArrayList<>();
    for (int i = 1; i < rank; i++) {
      if (!axes.contains(i)) {
        sample.add(call.shape().dim(i));
      }
    }
    String y = ShapeLayers.reshaped(call.layer(), call.x(), sample);
    return Result.of(y, asReshape(call, y));
  }

  private static void allOnes(Shape shape, List<Integer> axes) {
    for (int i = 1; i < shape.rank(); i++) {
      if (shape.dim(i) == 1) {
        axes.add(i);
      }
    }
  }

  private static Result reduce(OperationCall call, ReduceKind kind) {
    int rank = call.shape().rank();
    List<Integer> axes = new ArrayList<>();
    List<Integer> given =
        call.integers(1, "axis", "reduction_indices")
            .orElseThrow(() -> call.unsupported("a reduction over the batch"));
    given.forEach(a -> axes.add(call.layer().options().axis(a, rank, "axis")));
    java.util.Collections.sort(axes);
    boolean keep = call.flag(false, 2, "keepdims", "keep_dims");
    String y = call.layer().add(new Op.Reduce(kind, axes, keep), call.x());
    boolean image = rank == 4 && axes.equals(List.of(1, 2));
    boolean series = rank == 3 && axes.equals(List.of(1));
    String pool = kind == ReduceKind.MEAN ? "GlobalAveragePooling" : "GlobalMaxPooling";
    if ((image || series) && (kind == ReduceKind.MEAN || kind == ReduceKind.MAX)) {
      ObjectNode config = Equivalent.config().put("keepdims", keep);
      return Result.of(y, Equivalent.of(pool + (image ? "2D" : "1D"), config));
    }
    return Result.of(y);
  }

  private static Result concat(OperationCall call) {
    List<String> parts = new ArrayList<>();
    int axisAt = 1;
    Optional<Operand> first = call.operand(0, "values", "xs");
    if (first.isPresent() && !first.get().list().isEmpty()) {
      parts.addAll(first.get().list());
    } else {
      for (int i = 0; call.operand(i).isPresent(); i++) {
        call.operand(i).get().value().ifPresent(parts::add);
        axisAt = i;
      }
    }
    int axis = call.integer(axisAt, "axis").orElse(-1);
    LayerContext on = call.layer().on(parts.toArray(String[]::new));
    String y = MergeLayers.concatenate(on, axis);
    return Result.of(y, Equivalent.of("Concatenate", Equivalent.config().put("axis", axis)));
  }

  private static Result pad(OperationCall call) {
    JsonNode widths =
        call.option(1, "pad_width", "paddings").orElseThrow(() -> call.unsupported("no widths"));
    String mode = call.option(2, "mode").map(JsonNode::asText).orElse("constant");
    Op.PadMode padMode =
        switch (mode.toLowerCase(Locale.ROOT)) {
          case "reflect" -> Op.PadMode.REFLECT;
          case "symmetric" -> Op.PadMode.SYMMETRIC;
          default -> Op.PadMode.CONSTANT;
        };
    float value = call.number(-1, "constant_values").orElse(0f);
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    int rank = call.shape().rank();
    for (int i = 0; i < rank; i++) {
      before.add(width(call, widths.path(i).path(0)));
      after.add(width(call, widths.path(i).path(1)));
    }
    if (before.get(0) + after.get(0) != 0) {
      throw call.unsupported("padding of the batch");
    }
    String y = call.layer().add(new Op.Pad(before, after, padMode, value), call.x());
    boolean zeros = padMode == Op.PadMode.CONSTANT && value == 0;
    boolean spatial = rank == 4 && before.get(3) + after.get(3) == 0;
    return zeros && spatial
        ? Result.of(y, Equivalent.of("ZeroPadding2D", margins("padding", before, after)))
        : Result.of(y);
  }

  static ObjectNode margins(String key, List<Integer> before, List<Integer> after) {
    ObjectNode config = Equivalent.config();
    ArrayNode all = config.putArray(key);
    for (int i = 1; i <= 2; i++) {
      all.addArray().add(before.get(i)).add(after.get(i));
    }
    return config;
  }

  private static int width(OperationCall call, JsonNode node) {
    if (!node.isInt() || node.asInt() < 0 || node.asInt() > 1 << 16) {
      throw call.unsupported("the padding " + Reason.abbreviated(node.toString()));
    }
    return node.asInt();
  }

  private static Result resize(OperationCall call) {
    List<Integer> size =
        call.integers(1, "size").orElseThrow(() -> call.unsupported("a size that is computed"));
    if (call.flag(false, -1, "antialias")
        || call.flag(false, -1, "crop_to_aspect_ratio", "preserve_aspect_ratio")
        || call.flag(false, -1, "pad_to_aspect_ratio")
        || call.flag(false, -1, "align_corners")) {
      throw call.unsupported("antialias, aspect ratio or aligned corners");
    }
    String method =
        call.option(2, "interpolation", "method").map(JsonNode::asText).orElse("bilinear");
    boolean nearest =
        method.equals("nearest") || canonical(call.layer().type()).contains("nearest");
    if (!nearest && !method.equals("bilinear")) {
      throw call.unsupported("the interpolation " + method);
    }
    if (size.size() != 2 || call.shape().rank() != 4 || size.get(0) < 1 || size.get(1) < 1) {
      throw call.unsupported("the size " + size);
    }
    var kind = nearest ? Op.ResizeMethod.NEAREST : Op.ResizeMethod.BILINEAR;
    String y = ImageLayers.resized(call.layer(), call.x(), kind, size.get(0), size.get(1));
    ObjectNode config = Equivalent.config().put("height", size.get(0)).put("width", size.get(1));
    config.put("interpolation", nearest ? "nearest" : "bilinear");
    return Result.of(y, Equivalent.of("Resizing", config));
  }
}
