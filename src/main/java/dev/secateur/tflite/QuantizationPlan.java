package dev.secateur.tflite;

import dev.secateur.tflite.Opcode.Int8.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which operators run in int8 and how each activation is quantized; {@link Quantizer}
 * carries it out.
 */
final class QuantizationPlan {
  private final Program program;
  private final Calibration calibration;
  private final Map<Integer, Operator> producers = new HashMap<>();
  private final Map<Integer, Integer> readers = new HashMap<>();
  private final Map<Integer, Affine> activations = new HashMap<>();

  private QuantizationPlan(Program program, Calibration calibration) {
    this.program = program;
    this.calibration = calibration;
    for (Operator operator : program.operators()) {
      producers.put(operator.output(), operator);
      operator.inputs().forEach(t -> readers.merge(t, 1, Integer::sum));
    }
    // A network output has a reader that takes it as it is: two, so that it is never read once.
    program.outputs().forEach(o -> readers.merge(o.tensor(), 2, Integer::sum));
  }

  static QuantizationPlan of(Program program, Calibration calibration) {
    QuantizationPlan plan = new QuantizationPlan(program, calibration);
    plan.forward();
    plan.backward();
    return plan;
  }

  /** Whether the operator has an int8 kernel and may use it. */
  static boolean isInt8(Operator operator) {
    Rule rule = operator.opcode().int8().rule();
    return !operator.floatOnly() && rule != Rule.NONE && rule != Rule.SHAPE;
  }

  /** Tensors whose range {@link #of} asks for; the rest follows from them. */
  static List<Integer> watched(Program program) {
    List<Integer> watched = new ArrayList<>();
    for (Operator operator : program.operators()) {
      Rule rule = operator.opcode().int8().rule();
      boolean derived = isInt8(operator) && (rule == Rule.AS_INPUT || rule == Rule.FIXED);
      if (!derived && isFloat(program, operator.output())) {
        watched.add(operator.output());
      }
    }
    return watched;
  }

  /** How the int8 form of an activation is quantized. */
  Affine activation(int tensor) {
    return activations.get(tensor);
  }

  private static boolean isFloat(Program program, int tensor) {
    return program.tensor(tensor).type() == ScalarType.FLOAT32;
  }

  private void forward() {
    program.inputs().forEach(i -> activations.put(i.tensor(), own(i.tensor())));
    for (Operator operator : program.operators()) {
      int out = operator.output();
      if (!isFloat(program, out)) {
        continue;
      }
      Opcode.Int8 int8 = operator.opcode().int8();
      if (isInt8(operator) && int8.rule() == Rule.AS_INPUT) {
        activations.put(out, activations.get(operator.inputs().get(0)));
      } else if (isInt8(operator) && int8.rule() == Rule.FIXED) {
        activations.put(out, int8.fixed().orElseThrow());
      } else {
        activations.put(out, own(out));
      }
    }
  }

  private Affine own(int tensor) {
    return Affine.activation(range(tensor));
  }

  private Range range(int tensor) {
    String name = program.tensor(tensor).name();
    Range range = calibration.ranges().get(name);
    if (range == null) {
      throw new TfliteException(
          name + " has no range: the calibration is of another network than this one");
    }
    return range;
  }

  /** What feeds only a concatenation and the like is made at that result's scale at once. */
  private void backward() {
    List<Operator> operators = program.operators();
    for (int i = operators.size() - 1; i >= 0; i--) {
      Operator operator = operators.get(i);
      if (isInt8(operator) && operator.opcode().int8().rule() == Rule.AS_OUTPUT) {
        Affine wanted = activations.get(operator.output());
        operator.inputs().forEach(t -> adopt(t, wanted));
      }
    }
  }

  private void adopt(int tensor, Affine wanted) {
    Optional<Operator> producer = Optional.ofNullable(producers.get(tensor));
    if (producer.isEmpty() || !isFloat(program, tensor) || readers.get(tensor) != 1) {
      return;
    }
    Operator operator = producer.get();
    Rule rule = operator.opcode().int8().rule();
    if (isInt8(operator) && rule == Rule.FIXED) {
      return;
    }
    if (isInt8(operator) && rule == Rule.AS_INPUT) {
      adoptThrough(operator, wanted);
      return;
    }
    activations.put(tensor, wanted);
  }

  /** Through an operator that keeps the scale, unless its operand would be clipped. */
  private void adoptThrough(Operator operator, Affine wanted) {
    int source = operator.inputs().get(0);
    boolean known = calibration.ranges().containsKey(program.tensor(source).name());
    if (known && covers(wanted, range(source))) {
      adopt(source, wanted);
    }
    if (wanted.equals(activations.get(source))) {
      activations.put(operator.output(), wanted);
    }
  }

  private static boolean covers(Affine affine, Range range) {
    float step = affine.scale() / 2;
    float low = (-128 - affine.zeroPoint()) * affine.scale() - step;
    float high = (127 - affine.zeroPoint()) * affine.scale() + step;
    return low <= range.min() && range.max() <= high;
  }
}
