package dev.secateur.tflite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps statistics in float: what leads to a root, a logarithm or a divisor, the factors of a sum
 * of products, and the product that a root normalises. A variance in int8 has few steps near zero,
 * where its root is steepest, so that layer normalisation would lose most of its precision there.
 * The official converter quantizes these as well.
 */
final class FloatStatistics {
  private final Program program;
  private final Map<Integer, Integer> producers = new HashMap<>();
  private final Map<Integer, List<Integer>> readers = new HashMap<>();
  private final Set<Integer> floats = new HashSet<>();

  private FloatStatistics(Program program) {
    this.program = program;
    for (int i = 0; i < program.operators().size(); i++) {
      int index = i;
      Operator operator = program.operators().get(i);
      producers.put(operator.output(), i);
      Set<Integer> read = new HashSet<>(operator.inputs());
      read.forEach(t -> readers.computeIfAbsent(t, k -> new ArrayList<>()).add(index));
    }
  }

  /** The program with such operators marked as float-only. */
  static Program mark(Program program) {
    FloatStatistics statistics = new FloatStatistics(program);
    statistics.find();
    return program.withFloatOnly(statistics.floats);
  }

  private void find() {
    for (int i = 0; i < program.operators().size(); i++) {
      Operator operator = program.operators().get(i);
      switch (operator.opcode()) {
        case RSQRT, SQRT, LOG -> {
          floats.add(i);
          upstream(operator.inputs().get(0));
          normalised(operator.output());
        }
        case DIV -> upstream(operator.inputs().get(1));
        case SUM -> product(i, operator.inputs().get(0));
        default -> {}
      }
    }
    for (int i = program.operators().size() - 1; i >= 0; i--) {
      if (isCentring(i)) {
        floats.add(i);
      }
    }
  }

  /** A mean, or a value less its mean, that only what is float already reads. */
  private boolean isCentring(int index) {
    Operator operator = program.operators().get(index);
    List<Integer> reading = readers.getOrDefault(operator.output(), List.of());
    boolean output = program.outputs().stream().anyMatch(o -> o.tensor() == operator.output());
    return (operator.opcode() == Opcode.SUB || operator.opcode() == Opcode.MEAN)
        && !output
        && !reading.isEmpty()
        && floats.containsAll(reading);
  }

  /** Follows a value to where it is made by what statistics are made of. */
  private void upstream(int tensor) {
    Integer producer = producers.get(tensor);
    boolean output = program.outputs().stream().anyMatch(o -> o.tensor() == tensor);
    if (producer == null || output || readers.get(tensor).size() != 1 || !isStatistic(producer)) {
      return;
    }
    floats.add(producer);
    program.operators().get(producer).inputs().forEach(this::upstream);
  }

  private boolean isStatistic(int index) {
    Operator operator = program.operators().get(index);
    return switch (operator.opcode()) {
      case MEAN, SUM, SQUARED_DIFFERENCE, ABS, SQRT, RSQRT -> true;
      case ADD, SUB, MAXIMUM, MINIMUM -> operator.inputs().stream().anyMatch(this::isConstant);
      // A square; another product may be a layer's output.
      case MUL -> operator.inputs().get(0).equals(operator.inputs().get(1));
      default -> false;
    };
  }

  private boolean isConstant(int tensor) {
    return program.tensor(tensor).constant().isPresent();
  }

  /** The products that a root goes into, as long as they make one value. */
  private void normalised(int root) {
    for (int reader : readers.getOrDefault(root, List.of())) {
      Operator operator = program.operators().get(reader);
      if (operator.opcode() == Opcode.MUL) {
        floats.add(reader);
      }
    }
  }

  private void product(int sum, int tensor) {
    Integer producer = producers.get(tensor);
    if (producer != null
        && readers.get(tensor).size() == 1
        && program.operators().get(producer).opcode() == Opcode.MUL) {
      floats.add(sum);
      floats.add(producer);
    }
  }
}
