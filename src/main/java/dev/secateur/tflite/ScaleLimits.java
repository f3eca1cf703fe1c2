package dev.secateur.tflite;

import java.util.ArrayList;
import java.util.List;

/**
 * The quotients of scales that int8 kernels take. Outside, XNNPACK does not prepare, and built-in
 * kernels end the process: their multipliers are checked by assertions.
 *
 * <p>Each limit is met by raising the smaller scale, which loses nothing: an operand whose whole
 * range is below a step of the result never moves it, and a result far finer than its operands
 * holds nothing but their rounding. Activations that are always zero, as pruning makes them, meet
 * these limits every day.
 */
final class ScaleLimits {
  private final Scales scales;
  private final List<Demand> demands = new ArrayList<>();

  /** The least scale that an operator takes for a tensor which has a smaller one. */
  record Demand(int tensor, float scale) {}

  /** Scales as functions of tensors. */
  interface Scales {
    float of(int tensor);
  }

  private ScaleLimits(Scales scales) {
    this.scales = scales;
  }

  static List<Demand> demands(Operator operator, Scales scales) {
    ScaleLimits limits = new ScaleLimits(scales);
    limits.check(operator);
    return limits.demands;
  }

  private void check(Operator operator) {
    int out = operator.output();
    List<Integer> in = operator.inputs();
    switch (operator.opcode()) {
      case ADD, SUB -> in.forEach(t -> quotient(t, out, 0x1p-9, 0x1p7));
      case MEAN -> quotient(in.get(0), out, 0x1p-7, 0x1p7);
      case MUL -> product(in.get(0), in.get(1), out);
      case SQUARED_DIFFERENCE -> square(in, out);
      case HARD_SWISH -> require(out, scale(in.get(0)) * 0x1p-6);
      // Microcontrollers' kernels want 2⁻²⁶ and more; the result has steps of 2⁻⁸ and 2⁻⁴.
      case SOFTMAX, LOG_SOFTMAX -> require(in.get(0), 0x1p-20);
      default -> {}
    }
  }

  /** {@code low ≤ scale(operand) / scale(result) ≤ high}. */
  private void quotient(int operand, int result, double low, double high) {
    require(result, scale(operand) / high);
    require(operand, scale(result) * low);
  }

  private void product(int a, int b, int result) {
    require(result, scale(a) * scale(b) * 0x1p-7);
    require(a, scale(result) * 0x1p-15 / scale(b));
  }

  private void square(List<Integer> operands, int result) {
    double largest = operands.stream().mapToDouble(this::scale).max().orElseThrow();
    require(result, largest * largest * 0x1p-11);
  }

  private double scale(int tensor) {
    return scales.of(tensor);
  }

  private void require(int tensor, double least) {
    // What rounding to float takes away is no reason to raise again.
    if (scale(tensor) < least * (1 - 1e-6)) {
      demands.add(new Demand(tensor, (float) least));
    }
  }
}
