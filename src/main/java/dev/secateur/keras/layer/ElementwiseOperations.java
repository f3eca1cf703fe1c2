package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Activation.Simple;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.CompareKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.layer.OperationCall.Operand;
import dev.secateur.keras.layer.Operations.Result;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Arithmetic, comparisons, selection and activation functions. Truth is 1 or 0, an integer a whole
 * number: both are told by what makes them.
 */
final class ElementwiseOperations {
  private ElementwiseOperations() {}

  static void register(Operations.Registry to) {
    to.put(c -> binary(c, BinaryKind.ADD), "add", "addv2", "biasadd");
    to.put(c -> binary(c, BinaryKind.SUBTRACT), "subtract", "sub");
    to.put(c -> binary(c, BinaryKind.MULTIPLY), "multiply", "mul");
    to.put(c -> binary(c, BinaryKind.DIVIDE), "truediv", "truedivide", "divide", "realdiv", "div");
    to.put(ElementwiseOperations::divideNoNan, "dividenonan", "divnonan");
    to.put(c -> binary(c, BinaryKind.MAXIMUM), "maximum");
    to.put(c -> binary(c, BinaryKind.MINIMUM), "minimum");
    to.put(c -> binary(c, BinaryKind.SQUARED_DIFFERENCE), "squareddifference");
    to.put(ElementwiseOperations::addAll, "addn");
    to.put(ElementwiseOperations::power, "pow", "power");
    to.put(ElementwiseOperations::clip, "clip", "clipbyvalue");
    comparisons(to);
    to.put(
        c -> unary(c, UnaryKind.NEGATE, Equivalent.of("Rescaling", Equivalent.line(-1, 0))),
        "negative",
        "neg");
    to.put(c -> unary(c, UnaryKind.SQUARE, Equivalent.of("Multiply").twice()), "square");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.ABS, x)), "abs", "absolute");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.SQRT, x)), "sqrt");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.RSQRT, x)), "rsqrt");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.LOG, x)), "log");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.SIN, x)), "sin");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.COS, x)), "cos");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.SIGN, x)), "sign");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.FLOOR, x)), "floor");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.CEIL, x)), "ceil");
    to.put(ElementwiseOperations::round, "round", "rint");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.TRUNCATE, x)), "trunc");
    to.put(c -> composed(c, x -> c.binary(BinaryKind.DIVIDE, 1, x)), "reciprocal", "inv");
    to.put(c -> composed(c, x -> c.unary(UnaryKind.LOG, plus(c, x, 1))), "log1p");
    to.put(c -> composed(c, x -> plus(c, c.unary(UnaryKind.EXP, x), -1)), "expm1");
    to.put(c -> Result.of(c.x(), Equivalent.activation("linear")), "identity", "stopgradient");
    to.put(ElementwiseOperations::cast, "cast", "converttotensor");
    activations(to);
  }

  private static void comparisons(Operations.Registry to) {
    to.put(c -> compare(c, CompareKind.GREATER), "greater");
    to.put(c -> compare(c, CompareKind.GREATER_EQUAL), "greaterequal");
    to.put(c -> compare(c, CompareKind.LESS), "less");
    to.put(c -> compare(c, CompareKind.LESS_EQUAL), "lessequal");
    to.put(c -> compare(c, CompareKind.EQUAL), "equal");
    to.put(c -> compare(c, CompareKind.NOT_EQUAL), "notequal");
    to.put(c -> logical(c, BinaryKind.MINIMUM), "logicaland");
    to.put(c -> logical(c, BinaryKind.MAXIMUM), "logicalor");
    to.put(ElementwiseOperations::exclusive, "logicalxor");
    to.put(
        c -> composed(c, x -> compare(c, CompareKind.EQUAL, truth(c, x), zero(c))), "logicalnot");
    to.put(ElementwiseOperations::where, "where", "wherev2", "selectv2");
  }

  private static void activations(Operations.Registry to) {
    to.put(ElementwiseOperations::relu, "relu");
    to.put(c -> activate(c, Simple.RELU6, "relu6"), "relu6");
    to.put(c -> activate(c, Simple.SIGMOID, "sigmoid"), "sigmoid");
    to.put(c -> activate(c, Simple.TANH, "tanh"), "tanh");
    to.put(ElementwiseOperations::silu, "silu", "swish");
    to.put(c -> activate(c, Simple.SELU, "selu"), "selu");
    to.put(c -> activate(c, Simple.SOFTPLUS, "softplus"), "softplus");
    to.put(c -> activate(c, Simple.SOFTSIGN, "softsign"), "softsign");
    to.put(c -> activate(c, Simple.MISH, "mish"), "mish");
    to.put(c -> activate(c, Simple.EXPONENTIAL, "exponential"), "exp");
    to.put(c -> activate(c, Simple.HARD_SWISH, "hard_silu"), "hardsilu", "hardswish");
    to.put(ElementwiseOperations::hardSigmoid, "hardsigmoid");
    to.put(ElementwiseOperations::elu, "elu");
    to.put(ElementwiseOperations::gelu, "gelu");
    to.put(ElementwiseOperations::leakyRelu, "leakyrelu");
    to.put(ElementwiseOperations::celu, "celu");
    to.put(ElementwiseOperations::glu, "glu");
    to.put(ElementwiseOperations::logSigmoid, "logsigmoid");
    to.put(c -> composed(c, x -> between(c, x, -1, 1)), "hardtanh");
    to.put(c -> composed(c, x -> c.binary(BinaryKind.SUBTRACT, x, tanh(c, x))), "tanhshrink");
    to.put(ElementwiseOperations::softShrink, "softshrink");
    to.put(ElementwiseOperations::hardShrink, "hardshrink");
    to.put(ElementwiseOperations::threshold, "threshold");
    to.put(ElementwiseOperations::squareplus, "squareplus");
  }

  private interface Function {
    String of(String x);
  }

  /** An operation on one tensor that no layer of both versions stands for. */
  private static Result composed(OperationCall call, Function function) {
    return Result.of(function.of(call.x()));
  }

  private static String plus(OperationCall call, String x, double number) {
    return call.binary(BinaryKind.ADD, x, number);
  }

  private static String zero(OperationCall call) {
    return call.layer().constant("zero", 0);
  }

  private static String between(OperationCall call, String x, double low, double high) {
    return call.binary(BinaryKind.MINIMUM, call.binary(BinaryKind.MAXIMUM, x, low), high);
  }

  private static String tanh(OperationCall call, String x) {
    return call.add(new Op.Activate(Simple.TANH), x);
  }

  private static String compare(OperationCall call, CompareKind kind, String a, String b) {
    return call.add(new Op.Compare(kind), a, b);
  }

  private static Result binary(OperationCall call, BinaryKind kind) {
    Operand a =
        call.operand(0, "x", "a", "x1", "value").orElseThrow(() -> call.unsupported("no operand"));
    Operand b =
        call.operand(1, "y", "b", "x2", "bias").orElseThrow(() -> call.unsupported("one operand"));
    String left = call.tensor(a);
    String right = call.tensor(b);
    if (isTruth(call, left) && isTruth(call, right)) {
      throw call.unsupported("arithmetic on two truth values");
    }
    String y = call.binary(kind, left, right);
    if (a.value().isPresent() && b.value().isPresent()) {
      boolean alike = call.shape(left).rank() == call.shape(right).rank();
      return new Result(List.of(y), alike ? merge(kind) : Optional.empty());
    }
    boolean constantFirst = a.constant().isPresent();
    JsonNode constant = (constantFirst ? a : b).constant().orElseThrow();
    Tensor number = call.tensor(constant);
    boolean channels = number.shape().rank() == 0 || number.shape().size() == number.shape().last();
    return new Result(
        List.of(y),
        channels ? withConstant(kind, number.values(), constantFirst) : Optional.empty());
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
    Arrays.fill(all, value);
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

  /** {@code x / y}, 0 where y is 0. */
  private static Result divideNoNan(OperationCall call) {
    String x = call.tensor(0, "x").orElseThrow(() -> call.unsupported("no operand"));
    String y = call.tensor(1, "y").orElseThrow(() -> call.unsupported("one operand"));
    String none = compare(call, CompareKind.EQUAL, y, zero(call));
    String one = call.layer().constant("one", 1);
    String safe = call.add(new Op.Select(), none, one, y);
    String ratio = call.binary(BinaryKind.DIVIDE, x, safe);
    return Result.of(call.add(new Op.Select(), none, zero(call), ratio));
  }

  private static Result addAll(OperationCall call) {
    List<String> all = call.tensors("inputs");
    String sum = all.get(0);
    for (String next : all.subList(1, all.size())) {
      sum = call.binary(BinaryKind.ADD, sum, next);
    }
    boolean merged = all.stream().distinct().count() > 1;
    return merged ? Result.of(sum, Equivalent.of("Add")) : Result.of(sum);
  }

  private static Result power(OperationCall call) {
    Operand base =
        call.operand(0, "x", "x1", "a").orElseThrow(() -> call.unsupported("no operand"));
    Operand exponent = call.operand(1, "y", "x2").orElseThrow(() -> call.unsupported("no power"));
    Optional<Float> number =
        exponent.constant().filter(JsonNode::isNumber).map(JsonNode::floatValue);
    if (base.value().isPresent() && number.isPresent()) {
      float power = number.get();
      if (power == 2) {
        return unary(call, UnaryKind.SQUARE, Equivalent.of("Multiply").twice());
      }
      if (power == 0.5f) {
        return Result.of(call.unary(UnaryKind.SQRT, call.x()));
      }
      if (power == -0.5f) {
        return Result.of(call.unary(UnaryKind.RSQRT, call.x()));
      }
      if (power == 1) {
        return Result.of(call.x(), Equivalent.activation("linear"));
      }
    }
    return Result.of(call.binary(BinaryKind.POWER, call.tensor(base), call.tensor(exponent)));
  }

  private static Result unary(OperationCall call, UnaryKind kind, Equivalent equivalent) {
    return Result.of(call.unary(kind, call.x()), equivalent);
  }

  /** To whole numbers only. */
  private static Result round(OperationCall call) {
    if (call.integer(1, "decimals").orElse(0) != 0) {
      throw call.unsupported("rounding to decimals");
    }
    return Result.of(call.unary(UnaryKind.ROUND, call.x()));
  }

  private static Result clip(OperationCall call) {
    Operand from = bound(call, 1, "x_min", "clip_value_min");
    Operand to = bound(call, 2, "x_max", "clip_value_max");
    Optional<Float> low = from.constant().filter(JsonNode::isNumber).map(JsonNode::floatValue);
    Optional<Float> high = to.constant().filter(JsonNode::isNumber).map(JsonNode::floatValue);
    if (low.isEmpty() || high.isEmpty()) {
      String above = call.binary(BinaryKind.MAXIMUM, call.x(), call.tensor(from));
      return Result.of(call.binary(BinaryKind.MINIMUM, above, call.tensor(to)));
    }
    if (low.get() == 0 && high.get() == 6) {
      return activate(call, Simple.RELU6, "relu6");
    }
    LayerContext layer = call.layer();
    String above = call.binary(BinaryKind.MAXIMUM, call.x(), layer.constant("low", low.get()));
    String y = call.binary(BinaryKind.MINIMUM, above, layer.constant("high", high.get()));
    return Result.of(
        y,
        Equivalent.of("Rescaling", Equivalent.line(1, -low.get()))
            .then("ReLU", Equivalent.config().put("max_value", high.get() - low.get()))
            .then("Rescaling", Equivalent.line(1, low.get())));
  }

  /** In the call, or of Keras 3 in the configuration. */
  private static Operand bound(OperationCall call, int position, String... names) {
    return call.operand(position, names)
        .or(
            () ->
                call.option(-1, names[0])
                    .map(v -> new Operand(Optional.empty(), List.of(), Optional.of(v))))
        .orElseThrow(() -> call.unsupported("clipping without " + names[0]));
  }

  private static Result compare(OperationCall call, CompareKind kind) {
    if (!call.flag(true, -1, "incompatible_shape_error")) {
      throw call.unsupported("a comparison of shapes that do not fit");
    }
    String a = call.tensor(0, "x", "x1").orElseThrow(() -> call.unsupported("no operand"));
    String b = call.tensor(1, "y", "x2").orElseThrow(() -> call.unsupported("one operand"));
    return Result.of(compare(call, kind, a, b));
  }

  private static Result logical(OperationCall call, BinaryKind kind) {
    return Result.of(call.binary(kind, side(call, 0, "x", "x1"), side(call, 1, "y", "x2")));
  }

  private static Result exclusive(OperationCall call) {
    String a = side(call, 0, "x", "x1");
    return Result.of(compare(call, CompareKind.NOT_EQUAL, a, side(call, 1, "y", "x2")));
  }

  private static String side(OperationCall call, int position, String... names) {
    return truth(
        call, call.tensor(position, names).orElseThrow(() -> call.unsupported("no operand")));
  }

  /** 1 where the value is not 0; a truth value is that already. */
  static String truth(OperationCall call, String value) {
    return isTruth(call, value) ? value : compare(call, CompareKind.NOT_EQUAL, value, zero(call));
  }

  /** Whether a value is 1 or 0 because Keras has it as a boolean. */
  static boolean isTruth(OperationCall call, String value) {
    Optional<Node> node = call.layer().graph().node(value);
    if (node.isEmpty()) {
      return false;
    }
    Op op = node.get().op();
    if (op instanceof Op.Binary binary) {
      boolean logical = binary.kind() == BinaryKind.MINIMUM || binary.kind() == BinaryKind.MAXIMUM;
      return logical && node.get().inputs().stream().allMatch(i -> isTruth(call, i));
    }
    return op instanceof Op.Compare || (moves(op) && isTruth(call, node.get().input(0)));
  }

  /** Whether a value is a whole number because Keras has it as an integer. */
  static boolean isInteger(OperationCall call, String value) {
    Optional<Node> node = call.layer().graph().node(value);
    if (node.isEmpty()) {
      return false;
    }
    Op op = node.get().op();
    boolean truncated = op instanceof Op.Unary unary && unary.kind() == UnaryKind.TRUNCATE;
    boolean whole = truncated || op instanceof Op.ArgExtreme;
    return whole || (moves(op) && isInteger(call, node.get().input(0)));
  }

  private static boolean moves(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Slice
        || op instanceof Op.Permute
        || op instanceof Op.Tile
        || op instanceof Op.Concat;
  }

  private static Result where(OperationCall call) {
    String condition =
        call.tensor(0, "condition").orElseThrow(() -> call.unsupported("no condition"));
    Optional<String> a = call.tensor(1, "x", "x1", "t");
    Optional<String> b = call.tensor(2, "y", "x2", "e");
    if (a.isEmpty() || b.isEmpty()) {
      throw call.unsupported("where without values: it counts what is true");
    }
    return Result.of(call.add(new Op.Select(), condition, a.get(), b.get()));
  }

  /**
   * To a float nothing changes. To an integer the fraction is cut off; the small integers wrap
   * around or saturate, as the platform has it, so that they are refused.
   */
  private static Result cast(OperationCall call) {
    String type = call.text("float32", 1, "dtype", "DstT").replace("dt_", "");
    String x = call.x();
    if (OperationCall.isFloat(type) || type.equals("half")) {
      // What is already a float stays as it is; for the rest no layer stands.
      boolean converted = isTruth(call, x) || isInteger(call, x);
      return converted ? Result.of(x) : Result.of(x, Equivalent.activation("linear"));
    }
    if (type.equals("bool")) {
      return Result.of(truth(call, x));
    }
    if (type.equals("int32") || type.equals("int64")) {
      boolean whole = isInteger(call, x) || isTruth(call, x);
      return Result.of(whole ? x : call.unary(UnaryKind.TRUNCATE, x));
    }
    throw call.unsupported("a cast to " + type);
  }

  private static Result activate(OperationCall call, Activation function, String name) {
    return Result.of(call.add(new Op.Activate(function), call.x()), Equivalent.activation(name));
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
    return Result.of(call.add(new Op.Activate(function), call.x()), Equivalent.of("ReLU", config));
  }

  /** TensorFlow's has a factor within the sigmoid. */
  private static Result silu(OperationCall call) {
    float beta = call.number(1, "beta").orElse(1f);
    if (beta == 1) {
      return activate(call, Simple.SILU, "swish");
    }
    String gate =
        call.add(new Op.Activate(Simple.SIGMOID), call.binary(BinaryKind.MULTIPLY, call.x(), beta));
    return Result.of(call.binary(BinaryKind.MULTIPLY, call.x(), gate));
  }

  private static Result hardSigmoid(OperationCall call) {
    Activation function = call.keras3() ? Simple.HARD_SIGMOID_KERAS3 : Simple.HARD_SIGMOID_KERAS2;
    return activate(call, function, "hard_sigmoid");
  }

  private static Result elu(OperationCall call) {
    float alpha = call.number(1, "alpha").orElse(1f);
    String y = call.add(new Op.Activate(new Activation.Elu(alpha)), call.x());
    return Result.of(y, Equivalent.of("ELU", Equivalent.config().put("alpha", alpha)));
  }

  /** Keras 3's function approximates by default, TensorFlow's does not. */
  private static Result gelu(OperationCall call) {
    boolean approximate = call.flag(call.keras3(), 1, "approximate");
    if (!approximate) {
      return activate(call, Simple.GELU_EXACT, "gelu");
    }
    return Result.of(call.add(new Op.Activate(Simple.GELU_TANH), call.x()));
  }

  private static Result leakyRelu(OperationCall call) {
    float alpha = call.number(1, "negative_slope", "alpha").orElse(0.2f);
    String y = call.add(new Op.Activate(new Activation.LeakyRelu(alpha)), call.x());
    return Result.of(y, Equivalent.of("LeakyReLU", Equivalent.config().put("alpha", alpha)));
  }

  /** {@code max(0, x) + min(0, alpha·(exp(x/alpha) − 1))}, as an ELU of {@code x/alpha}. */
  private static Result celu(OperationCall call) {
    float alpha = call.number(1, "alpha").orElse(1f);
    String inner = call.binary(BinaryKind.MULTIPLY, call.x(), 1.0 / alpha);
    String elu = call.add(new Op.Activate(new Activation.Elu(1)), inner);
    return Result.of(call.binary(BinaryKind.MULTIPLY, elu, alpha));
  }

  /** One half of the channels, gated by the sigmoid of the other. */
  private static Result glu(OperationCall call) {
    int axis = call.axis(call.integer(1, "axis").orElse(-1));
    int half = call.shape().dim(axis) / 2;
    if (half * 2 != call.shape().dim(axis)) {
      throw call.unsupported("an odd number of channels to halve");
    }
    String value = OperationSlices.part(call, call.x(), axis, 0, half);
    String gate = OperationSlices.part(call, call.x(), axis, half, half);
    String open = call.add(new Op.Activate(Simple.SIGMOID), gate);
    return Result.of(call.binary(BinaryKind.MULTIPLY, value, open));
  }

  private static Result logSigmoid(OperationCall call) {
    String opposite = call.unary(UnaryKind.NEGATE, call.x());
    String softplus = call.add(new Op.Activate(Simple.SOFTPLUS), opposite);
    return Result.of(call.unary(UnaryKind.NEGATE, softplus));
  }

  /** {@code x − λ} above λ, {@code x + λ} below −λ, else 0. */
  private static Result softShrink(OperationCall call) {
    float lambda = call.number(1, "threshold").orElse(0.5f);
    String middle = between(call, call.x(), -lambda, lambda);
    return Result.of(call.binary(BinaryKind.SUBTRACT, call.x(), middle));
  }

  private static Result hardShrink(OperationCall call) {
    float lambda = call.number(1, "threshold").orElse(0.5f);
    String size = call.unary(UnaryKind.ABS, call.x());
    String bound = call.layer().constant("threshold", lambda);
    String far = compare(call, CompareKind.GREATER, size, bound);
    return Result.of(call.add(new Op.Select(), far, call.x(), zero(call)));
  }

  /** x where it is above the threshold, else the default value. */
  private static Result threshold(OperationCall call) {
    float bound = call.number(1, "threshold").orElse(0f);
    float other = call.number(2, "default_value", "value").orElse(0f);
    String limit = call.layer().constant("threshold", bound);
    String above = compare(call, CompareKind.GREATER, call.x(), limit);
    String value = call.layer().constant("default", other);
    return Result.of(call.add(new Op.Select(), above, call.x(), value));
  }

  /** {@code (x + √(x² + b))/2}. */
  private static Result squareplus(OperationCall call) {
    float b = call.number(1, "b").orElse(4f);
    String sum = plus(call, call.unary(UnaryKind.SQUARE, call.x()), b);
    String root = call.unary(UnaryKind.SQRT, sum);
    String twice = call.binary(BinaryKind.ADD, call.x(), root);
    return Result.of(call.binary(BinaryKind.MULTIPLY, twice, 0.5));
  }
}
