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
 * Decides which operators run in integers and how each activation is quantized; {@link Quantizer}
 * carries it out.
 */
final class QuantizationPlan {
  private final Program program;
  private final Calibration calibration;
  private final Integers integers;
  private final Map<Integer, Operator> producers = new HashMap<>();
  private final Map<Integer, Integer> readers = new HashMap<>();
  private final Map<Integer, Affine> activations = new HashMap<>();

  /** The tensor whose own range is the range of each: itself, or what it is quantized as. */
  private final Map<Integer, Integer> owners = new HashMap<>();

  /** Smallest scales of those tensors, where kernels would refuse a smaller one. */
  private final Map<Integer, Float> floors;

  private QuantizationPlan(
      Program program, Calibration calibration, Integers integers, Map<Integer, Float> floors) {
    this.program = program;
    this.calibration = calibration;
    this.integers = integers;
    this.floors = floors;
    for (Operator operator : program.operators()) {
      producers.put(operator.output(), operator);
      operator.inputs().forEach(t -> readers.merge(t, 1, Integer::sum));
    }
    // A network output has a reader that takes it as it is: two, so that it is never read once.
    program.outputs().forEach(o -> readers.merge(o.tensor(), 2, Integer::sum));
  }

  static QuantizationPlan of(Program program, Calibration calibration, Integers integers) {
    Map<Integer, Float> floors = new HashMap<>();
    QuantizationPlan plan = drafted(program, calibration, integers, floors);
    // Each round settles at least one more tensor, as demands run along the operators.
    for (int round = 0; plan.raise(floors) && round < program.tensors().size(); round++) {
      plan = drafted(program, calibration, integers, floors);
    }
    return plan;
  }

  private static QuantizationPlan drafted(
      Program program, Calibration calibration, Integers integers, Map<Integer, Float> floors) {
    QuantizationPlan plan = new QuantizationPlan(program, calibration, integers, floors);
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
    return integers.compute(operator) && isFloat(program, operator.output())
        ? ScaleLimits.demands(operator, this::scale)
        : List.of();
  }

  private float scale(int tensor) {
    return activations.get(tensor).scale();
  }

  /** Operators, by number, whose integer kernels refuse their scales whatever is raised. */
  Set<Integer> refused() {
    Set<Integer> refused = new TreeSet<>();
    for (int i = 0; i < program.operators().size(); i++) {
      if (!demands(program.operators().get(i)).isEmpty()) {
        refused.add(i);
      }
    }
    return refused;
  }

  /** Tensors whose range {@link #of} asks for; the rest follows from them. */
  static List<Integer> watched(Program program) {
    List<Integer> watched = new ArrayList<>();
    for (Operator operator : program.operators()) {
      Rule rule = operator.opcode().int8().rule();
      boolean derived =
          Integers.INT8.compute(operator) && (rule == Rule.AS_INPUT || rule == Rule.FIXED);
      if (!derived && isFloat(program, operator.output())) {
        watched.add(operator.output());
      }
    }
    return watched;
  }

  /** How the integer form of an activation is quantized. */
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
      if (integers.compute(operator) && int8.rule() == Rule.AS_INPUT) {
        putAs(out, operator.inputs().get(0));
      } else if (integers.compute(operator) && int8.rule() == Rule.FIXED) {
        activations.put(out, integers.fixed(operator.opcode()).orElseThrow());
      } else {
        putOwn(out, range(operator));
      }
    }
  }

  /**
   * Of the result. What is not watched, since its int8 kernel says its range, has no more than that
   * where it stays float.
   */
  private Range range(Operator operator) {
    boolean watched = calibration.ranges().containsKey(program.tensor(operator.output()).name());
    return watched
        ? range(operator.output())
        : switch (operator.opcode().int8().rule()) {
          case FIXED -> operator.opcode().int8().fixed().orElseThrow().range();
          case AS_INPUT -> rangeBefore(operator);
          default -> range(operator.output());
        };
  }

  private Range rangeBefore(Operator operator) {
    int source = operator.inputs().get(0);
    return Optional.ofNullable(producers.get(source))
        .map(this::range)
        .orElseGet(() -> range(source));
  }

  private void constant(int tensor) {
    program
        .tensor(tensor)
        .constant()
        .filter(Constant.Floats.class::isInstance)
        .ifPresent(c -> putOwn(tensor, Range.of(((Constant.Floats) c).values())));
  }

  private void putOwn(int tensor, Range range) {
    Affine own = integers.activation(range).atLeast(floors.getOrDefault(tensor, 0f));
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
      if (integers.compute(operator) && operator.opcode().int8().rule() == Rule.AS_OUTPUT) {
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
    if (integers.compute(operator) && rule == Rule.FIXED) {
      return;
    }
    if (integers.compute(operator) && rule == Rule.AS_INPUT) {
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
    if (known && integers.cover(wanted, range(source))) {
      adopt(source, like);
    }
    if (wanted.equals(activations.get(source))) {
      putAs(operator.output(), like);
    }
  }
}
