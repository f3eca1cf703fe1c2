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

  /**
   * Elements from which on half of their bytes are more than a tensor and an operator. A bias has
   * its kernel's form, however small: XNNPACK leaves layers alone whose weights have two.
   */
  private static final int LEAST_FLOAT16 = 96;

  /** Stands for what is no constant. */
  private static final Constant NONE = new Constant.Int8s(new byte[0]);

  private final Program from;
  private final Scheme scheme;
  private final boolean perTensorDense;
  private final Program to = new Program();

  private final Copies copies;

  /** Constants of the result that are brought back to float32. */
  private final Map<Integer, Integer> floats = new HashMap<>();

  private final Map<Integer, Integer> kernels = new HashMap<>();
  private final Map<Integer, Integer> halves = new HashMap<>();

  private WeightQuantizer(Program from, Scheme scheme, boolean perTensorDense) {
    this.from = from;
    this.scheme = scheme;
    this.perTensorDense = perTensorDense;
    this.copies = new Copies(from, to);
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
    from.inputs().forEach(port -> to.input(port.name(), copies.of(port.tensor())));
    from.operators().forEach(this::rewrite);
    from.outputs().forEach(port -> to.output(port.name(), copies.of(port.tensor())));
    return to;
  }

  private void rewrite(Operator operator) {
    List<Integer> operands = new ArrayList<>();
    boolean hybrid = !operator.floatOnly() && scheme == Scheme.INT8_WEIGHTS && isHybrid(operator);
    for (int i = 0; i < operator.inputs().size(); i++) {
      int tensor = operator.inputs().get(i);
      operands.add(hybrid && i == 1 ? kernel(tensor, operator) : operand(operator, i, tensor));
    }
    int output = copies.of(operator.output());
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
    if (operator.floatOnly()) {
      return copies.of(tensor);
    }
    boolean ofKernel = operator.opcode().int8().rule() == Opcode.Int8.Rule.KERNEL;
    return scheme == Scheme.FLOAT16
        ? inFloat16(tensor, ofKernel ? 1 : LEAST_FLOAT16, operator)
        : ofKernel && index == 1 && isLarge(tensor)
            ? restored(tensor, kernel(tensor, operator), operator)
            : copies.of(tensor);
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

  private int inFloat16(int tensor, int least, Operator operator) {
    Program.Tensor t = from.tensor(tensor);
    if (!(t.constant().orElse(NONE) instanceof Constant.Floats floats)
        || floats.values().length < least
        || !Constant.Halves.hold(floats)) {
      return copies.of(tensor);
    }
    int half =
        halves.computeIfAbsent(
            tensor,
            i ->
                to.constant(
                    t.name(),
                    t.shape(),
                    ScalarType.FLOAT16,
                    new Constant.Halves(floats),
                    Optional.empty()));
    return restored(tensor, half, operator);
  }

  /** As float32 again, once. */
  private int restored(int tensor, int stored, Operator reader) {
    return floats.computeIfAbsent(
        tensor,
        i -> {
          Program.Tensor t = from.tensor(i);
          int restored = to.floats(t.name() + "/float", t.shape());
          to.append(
              new Operator(
                  Opcode.DEQUANTIZE,
                  Attributes.NONE,
                  List.of(stored),
                  restored,
                  reader.layer(),
                  false));
          return restored;
        });
  }
}
