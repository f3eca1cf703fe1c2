package dev.secateur.tflite;

import dev.secateur.tflite.Opcode.Int8.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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

  /** The tensor whose own range is the range of each: itself, or what it is quantized as. */
  private final Map<Integer, Integer> owners = new HashMap<>();

  /** Smallest scales of those tensors, where kernels would refuse a smaller one. */
  private final Map<Integer, Float> floors;

  private QuantizationPlan(Program program, Calibration calibration, Map<Integer, Float> floors) {
    this.program = program;
    this.calibration = calibration;
    this.floors = floors;
    for (Operator operator : program.operators()) {
      producers.put(operator.output(), operator);
      operator.inputs().forEach(t -> readers.merge(t, 1, Integer::sum));
    }
    // A network output has a reader that takes it as it is: two, so that it is never read once.
    program.outputs().forEach(o -> readers.merge(o.tensor(), 2, Integer::sum));
  }

  static QuantizationPlan of(Program program, Calibration calibration) {
    Map<Integer, Float> floors = new HashMap<>();
    QuantizationPlan plan = drafted(program, calibration, floors);
    // Each round settles at least one more tensor, as demands run along the operators.
    for (int round = 0; plan.raise(floors) && round < program.tensors().size(); round++) {
      plan = drafted(program, calibration, floors);
    }
    return plan;
  }

  private static QuantizationPlan drafted(
      Program program, Calibration calibration, Map<Integer, Float> floors) {
    QuantizationPlan plan = new QuantizationPlan(program, calibration, floors);
    plan.forward();
    plan.backward();
    return plan;
  }

  /** Raises the floors to what the kernels demand of this plan; whether any rose. */
  private boolean raise(Map<Integer, Float> floors) {
    boolean rose = false;
    for (Operator operator : program.operators()) {
      for (ScaleLimits.Demand demand : demands(operator)) {
        Integer owner = owners.get(demand.tensor());
        if (owner != null
            && demand.scale() <= Affine.LARGEST_SCALE
            && floors.getOrDefault(owner, 0f) < demand.scale()) {
          floors.put(owner, demand.scale());
          rose = true;
        }
      }
    }
    return rose;
  }

  private List<ScaleLimits.Demand> demands(Operator operator) {
    return isInt8(operator) && isFloat(program, operator.output())
        ? ScaleLimits.demands(operator, this::scale)
        : List.of();
  }

  private float scale(int tensor) {
    return activations.get(tensor).scale();
  }

  /** Operators, by number, whose int8 kernels refuse their scales whatever is raised. */
  Set<Integer> refused() {
    Set<Integer> refused = new TreeSet<>();
    for (int i = 0; i < program.operators().size(); i++) {
      if (!demands(program.operators().get(i)).isEmpty()) {
        refused.add(i);
      }
    }
    return refused;
  }

  /** Whether the operator has an int8 kernel and may use it. */
  static boolean isInt8(Operator operator) {
    Rule rule = operator.opcode().int8().rule();
    return !operator.floatOnly() && rule != Rule.NONE && rule != Rule.INTEGER;
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
    program.inputs().forEach(i -> putOwn(i.tensor(), range(i.tensor())));
    for (Operator operator : program.operators()) {
      int out = operator.output();
      operator.inputs().forEach(this::constant);
      if (!isFloat(program, out)) {
        continue;
      }
      Opcode.Int8 int8 = operator.opcode().int8();
      if (isInt8(operator) && int8.rule() == Rule.AS_INPUT) {
        putAs(out, operator.inputs().get(0));
      } else if (isInt8(operator) && int8.rule() == Rule.FIXED) {
        activations.put(out, int8.fixed().orElseThrow());
      } else {
        putOwn(out, range(out));
      }
    }
  }

  private void constant(int tensor) {
    program
        .tensor(tensor)
        .constant()
        .filter(Constant.Floats.class::isInstance)
        .ifPresent(c -> putOwn(tensor, Range.of(((Constant.Floats) c).values())));
  }

  private void putOwn(int tensor, Range range) {
    Affine own = Affine.activation(range).atLeast(floors.getOrDefault(tensor, 0f));
    activations.put(tensor, own);
    owners.put(tensor, tensor);
  }

  private void putAs(int tensor, int like) {
    activations.put(tensor, activations.get(like));
    Optional.ofNullable(owners.get(like)).ifPresent(owner -> owners.put(tensor, owner));
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
        operator.inputs().forEach(t -> adopt(t, operator.output()));
      }
    }
  }

  private void adopt(int tensor, int wanted) {
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
    putAs(tensor, wanted);
  }

  /** Through an operator that keeps the scale, unless its operand would be clipped. */
  private void adoptThrough(Operator operator, int like) {
    Affine wanted = activations.get(like);
    int source = operator.inputs().get(0);
    boolean known = calibration.ranges().containsKey(program.tensor(source).name());
    if (known && covers(wanted, range(source))) {
      adopt(source, like);
    }
    if (wanted.equals(activations.get(source))) {
      putAs(operator.output(), like);
    }
  }

  private static boolean covers(Affine affine, Range range) {
    float step = affine.scale() / 2;
    float low = (-128 - affine.zeroPoint()) * affine.scale() - step;
    float high = (127 - affine.zeroPoint()) * affine.scale() + step;
    return low <= range.min() && range.max() <= high;
  }
}
