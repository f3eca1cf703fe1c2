package dev.secateur.keras.layer;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.layer.OperationCall.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;

/**
 * Arithmetic on shapes: an operation whose operands are all known before the network runs is worked
 * out here. The size of the batch, which is not known, is NaN, and so is what is computed from it.
 */
final class KnownValues {
  private static final Map<String, DoubleBinaryOperator> ARITHMETIC =
      Map.ofEntries(
          Map.entry("add", Double::sum),
          Map.entry("addv2", Double::sum),
          Map.entry("subtract", (a, b) -> a - b),
          Map.entry("sub", (a, b) -> a - b),
          Map.entry("multiply", (a, b) -> a * b),
          Map.entry("mul", (a, b) -> a * b),
          Map.entry("truediv", (a, b) -> a / b),
          Map.entry("divide", (a, b) -> a / b),
          Map.entry("realdiv", (a, b) -> a / b),
          Map.entry("floordiv", (a, b) -> Math.floor(a / b)),
          Map.entry("floordivide", (a, b) -> Math.floor(a / b)),
          Map.entry("floormod", (a, b) -> a - b * Math.floor(a / b)),
          Map.entry("maximum", Math::max),
          Map.entry("minimum", Math::min));

  private KnownValues() {}

  /** {@code tf.shape(x)}. */
  static String shape(OperationCall call) {
    Shape shape = call.shape();
    float[] dims = new float[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i) == Shape.UNKNOWN ? Float.NaN : shape.dim(i);
    }
    return call.layer().constant("shape", Tensor.of(dims, dims.length));
  }

  /** The result, if all operands are known and the operation is one on shapes. */
  static Optional<String> worked(OperationCall call, String operation) {
    List<String> references = call.references();
    boolean known =
        !references.isEmpty() && references.stream().allMatch(r -> call.known(r).isPresent());
    if (!known) {
      return Optional.empty();
    }
    DoubleBinaryOperator arithmetic = ARITHMETIC.get(operation);
    Optional<Tensor> result =
        arithmetic != null
            ? Optional.of(elementwise(call, arithmetic))
            : switch (operation) {
              case "getitem", "stridedslice" -> Optional.of(item(call));
              case "stack", "pack", "concat", "concatv2" -> Optional.of(joined(call));
              case "cast", "identity" -> Optional.of(operand(call, 0, "x"));
              case "prod", "reduceprod" -> Optional.of(product(call));
              default -> Optional.empty();
            };
    return result.map(r -> call.layer().constant("shape", r));
  }

  private static Tensor operand(OperationCall call, int position, String... names) {
    return number(call, call.operand(position, names).orElseThrow());
  }

  private static Tensor number(OperationCall call, Operand operand) {
    return operand
        .value()
        .flatMap(call::known)
        .or(() -> operand.constant().map(call::tensor))
        .orElseThrow(() -> call.unsupported("a shape of this kind"));
  }

  private static Tensor elementwise(OperationCall call, DoubleBinaryOperator arithmetic) {
    Tensor a = operand(call, 0, "x", "a", "x1", "value");
    Tensor b = operand(call, 1, "y", "b", "x2");
    Tensor longer = a.values().length >= b.values().length ? a : b;
    boolean fits =
        a.values().length == b.values().length
            || Math.min(a.values().length, b.values().length) == 1;
    if (!fits || longer.shape().rank() > 1) {
      throw call.unsupported("arithmetic on shapes of unequal length");
    }
    float[] result = new float[longer.values().length];
    for (int i = 0; i < result.length; i++) {
      float left = a.values()[a.values().length == 1 ? 0 : i];
      float right = b.values()[b.values().length == 1 ? 0 : i];
      result[i] = (float) arithmetic.applyAsDouble(left, right);
    }
    return new Tensor(longer.shape(), result);
  }

  private static Tensor item(OperationCall call) {
    Tensor x = operand(call, 0, "input", "input_", "x");
    if (x.shape().rank() != 1) {
      throw call.unsupported("an index into a single number");
    }
    OperationSlices.Cut cut = OperationSlices.cut(call, List.of(x.values().length));
    OperationSlices.Range range = cut.ranges().get(0);
    float[] taken = new float[range.size()];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = x.values()[range.begin() + i * range.step()];
    }
    return new Tensor(new Shape(cut.result()), taken);
  }

  private static Tensor joined(OperationCall call) {
    if (call.integer(-1, "axis").orElse(0) != 0) {
      throw call.unsupported("shapes joined along another axis");
    }
    List<Float> all = new ArrayList<>();
    List<Operand> parts = new ArrayList<>();
    Operand first = call.operand(0, "values", "x", "xs").orElseThrow();
    if (first.list().isEmpty()) {
      for (int i = 0; call.operand(i).isPresent(); i++) {
        parts.add(call.operand(i).orElseThrow());
      }
    } else {
      parts.addAll(first.list());
    }
    for (Operand part : parts) {
      for (float value : number(call, part).values()) {
        all.add(value);
      }
    }
    float[] values = new float[all.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = all.get(i);
    }
    return Tensor.of(values, values.length);
  }

  private static Tensor product(OperationCall call) {
    float product = 1;
    for (float value : operand(call, 0, "input_tensor", "x", "input").values()) {
      product *= value;
    }
    return Tensor.scalar(product);
  }
}
