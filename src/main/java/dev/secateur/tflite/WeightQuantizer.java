package dev.secateur.tflite;

import dev.secateur.plan.Scheme;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rewrites a float program so that its weights take less room, while activations stay float32.
 * Needs no ranges.
 *
 * <p>A weight whose operator does not take the smaller form is brought back to float32 by a
 * DEQUANTIZE, which the runtime carries out once. What is so small that this operator would take
 * more room than it saves stays as it is.
 */
final class WeightQuantizer {
  /** Elements of a kernel from which on the official converter quantizes it as well. */
  private static final int LEAST_INT8 = 1024;

  /** Elements from which on half of their bytes are more than a tensor and an operator. */
  private static final int LEAST_FLOAT16 = 96;

  private final Program from;
  private final Scheme scheme;
  private final boolean perTensorDense;
  private final Program to = new Program();

  /** Tensors of the result that are what they were, by number. */
  private final Map<Integer, Integer> copies = new HashMap<>();

  /** Constants of the result that are brought back to float32. */
  private final Map<Integer, Integer> floats = new HashMap<>();

  private final Map<Integer, Integer> kernels = new HashMap<>();

  private WeightQuantizer(Program from, Scheme scheme, boolean perTensorDense) {
    this.from = from;
    this.scheme = scheme;
    this.perTensorDense = perTensorDense;
  }

  static Program float16(Program program) {
    return new WeightQuantizer(program, Scheme.FLOAT16, false).rewritten();
  }

  /**
   * @param perTensorDense whether a dense layer's kernel has one scale
   */
  static Program int8(Program program, boolean perTensorDense) {
    return new WeightQuantizer(program, Scheme.INT8_WEIGHTS, perTensorDense).rewritten();
  }

  private Program rewritten() {
    from.inputs().forEach(port -> to.input(port.name(), asFloat(port.tensor(), port.name())));
    from.operators().forEach(this::rewrite);
    from.outputs().forEach(port -> to.output(port.name(), asFloat(port.tensor(), port.name())));
    return to;
  }

  private void rewrite(Operator operator) {
    List<Integer> operands = new ArrayList<>();
    boolean hybrid = !operator.floatOnly() && scheme == Scheme.INT8_WEIGHTS && isHybrid(operator);
    for (int i = 0; i < operator.inputs().size(); i++) {
      int tensor = operator.inputs().get(i);
      operands.add(hybrid && i == 1 ? kernel(tensor, operator) : operand(operator, i, tensor));
    }
    int output = asFloat(operator.output(), operator.layer());
    Attributes attributes =
        hybrid ? operator.attributes().quantizingInputs() : operator.attributes();
    to.append(
        new Operator(
            operator.opcode(),
            attributes,
            operands,
            output,
            operator.layer(),
            operator.floatOnly()));
  }

  /** Whether the operator quantizes its activations itself, where its kernel is int8. */
  private boolean isHybrid(Operator operator) {
    boolean known =
        switch (operator.opcode()) {
          case CONV_2D -> !isGrouped(operator);
          case DEPTHWISE_CONV_2D, FULLY_CONNECTED -> true;
          default -> false;
        };
    return known && isLarge(operator.inputs().get(1));
  }

  private boolean isGrouped(Operator operator) {
    return from.tensor(operator.inputs().get(0)).shape().last()
        != from.tensor(operator.inputs().get(1)).shape().last();
  }

  private static int axis(Operator operator) {
    return operator.opcode() == Opcode.DEPTHWISE_CONV_2D ? 3 : 0;
  }

  private boolean isLarge(int tensor) {
    return from.tensor(tensor).constant().filter(c -> c.size() >= 4 * LEAST_INT8).isPresent();
  }

  private int operand(Operator operator, int index, int tensor) {
    boolean kernel = operator.opcode().int8().rule() == Opcode.Int8.Rule.KERNEL && index == 1;
    if (operator.floatOnly()) {
      return copy(tensor);
    }
    return scheme == Scheme.INT8_WEIGHTS && kernel && isLarge(tensor)
        ? floats.computeIfAbsent(
            tensor, t -> restored(kernel(t, operator), from.tensor(t), operator.layer()))
        : asFloat(tensor, operator.layer());
  }

  private int kernel(int tensor, Operator operator) {
    boolean perTensor = perTensorDense && operator.opcode() == Opcode.FULLY_CONNECTED;
    return kernels.computeIfAbsent(
        tensor,
        t -> {
          Program.Tensor kernel = from.tensor(t);
          KernelQuantizer quantizer =
              KernelQuantizer.ofWeights(
                  (Constant.Floats) kernel.constant().orElseThrow(), perTensor);
          return to.constant(
              kernel.name(),
              kernel.shape(),
              ScalarType.INT8,
              quantizer.weights(),
              Optional.of(quantizer.weightQuantization(axis(operator))));
        });
  }

  private int asFloat(int tensor, String layer) {
    Program.Tensor t = from.tensor(tensor);
    return scheme == Scheme.FLOAT16 && fitsFloat16(t)
        ? floats.computeIfAbsent(tensor, i -> restored(half(t), t, layer))
        : copy(tensor);
  }

  private int copy(int tensor) {
    return copies.computeIfAbsent(
        tensor,
        i -> {
          Program.Tensor t = from.tensor(i);
          return t.constant().isPresent()
              ? to.constant(t.name(), t.shape(), t.type(), t.constant().get(), Optional.empty())
              : to.value(t.name(), t.shape(), t.type(), Optional.empty());
        });
  }

  private int restored(int stored, Program.Tensor as, String layer) {
    int restored = to.floats(as.name() + "/float", as.shape());
    to.append(
        new Operator(Opcode.DEQUANTIZE, Attributes.NONE, List.of(stored), restored, layer, false));
    return restored;
  }

  private static boolean fitsFloat16(Program.Tensor tensor) {
    return tensor.constant().orElse(Constant.Floats.of()) instanceof Constant.Floats floats
        && floats.values().length >= LEAST_FLOAT16
        && Constant.Halves.hold(floats);
  }

  private int half(Program.Tensor tensor) {
    Constant.Floats floats = (Constant.Floats) tensor.constant().orElseThrow();
    return to.constant(
        tensor.name(),
        tensor.shape(),
        ScalarType.FLOAT16,
        new Constant.Halves(floats),
        Optional.empty());
  }
}
