package dev.secateur.tflite;

import dev.secateur.tflite.Attributes.Fused;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Moves RELU and RELU6 into the operator before, if it can do them on its way out and nothing else
 * reads its result.
 */
final class FuseActivations {
  private final Program from;
  private final Map<Integer, Integer> readers = new HashMap<>();
  private final Map<Integer, Integer> producers = new HashMap<>();

  private FuseActivations(Program from) {
    this.from = from;
    for (int i = 0; i < from.operators().size(); i++) {
      Operator operator = from.operators().get(i);
      operator.inputs().forEach(t -> readers.merge(t, 1, Integer::sum));
      producers.put(operator.output(), i);
    }
    from.outputs().forEach(o -> readers.merge(o.tensor(), 1, Integer::sum));
  }

  static Program apply(Program program) {
    return new FuseActivations(program).fuse();
  }

  private Program fuse() {
    List<Operator> operators = new ArrayList<>(from.operators());
    Set<Integer> gone = new HashSet<>();
    for (int i = 0; i < operators.size(); i++) {
      Operator relu = operators.get(i);
      Optional<Fused> activation = activation(relu);
      Integer producer = producers.get(relu.inputs().get(0));
      if (activation.isEmpty() || producer == null || readers.get(relu.inputs().get(0)) != 1) {
        continue;
      }
      Operator before = operators.get(producer);
      if (before.attributes().activation() == Fused.NONE
          && before.floatOnly() == relu.floatOnly()) {
        operators.set(producer, fused(before, activation.get(), relu));
        producers.put(relu.output(), producer);
        gone.add(i);
      }
    }
    Program to = new Program();
    copyTensors(operators, gone, to);
    return to;
  }

  private static Operator fused(Operator before, Fused activation, Operator relu) {
    return new Operator(
        before.opcode(),
        before.attributes().with(activation),
        before.inputs(),
        relu.output(),
        before.layer(),
        before.floatOnly());
  }

  /** Copies what is still used; the fused operators' former results are not. */
  private void copyTensors(List<Operator> operators, Set<Integer> gone, Program to) {
    Map<Integer, Integer> moved = new HashMap<>();
    for (Program.Port input : from.inputs()) {
      to.input(input.name(), move(input.tensor(), moved, to));
    }
    for (int i = 0; i < operators.size(); i++) {
      if (!gone.contains(i)) {
        Operator o = operators.get(i);
        List<Integer> inputs = new ArrayList<>();
        o.inputs().forEach(t -> inputs.add(move(t, moved, to)));
        int output = move(o.output(), moved, to);
        to.append(
            new Operator(o.opcode(), o.attributes(), inputs, output, o.layer(), o.floatOnly()));
      }
    }
    for (Program.Port output : from.outputs()) {
      to.output(output.name(), move(output.tensor(), moved, to));
    }
  }

  private int move(int tensor, Map<Integer, Integer> moved, Program to) {
    return moved.computeIfAbsent(
        tensor,
        t -> {
          Program.Tensor old = from.tensor(t);
          return old.constant().isPresent()
              ? to.constant(
                  old.name(), old.shape(), old.type(), old.constant().get(), old.quantization())
              : to.value(old.name(), old.shape(), old.type(), old.quantization());
        });
  }

  private static Optional<Fused> activation(Operator operator) {
    return switch (operator.opcode()) {
      case RELU -> Optional.of(Fused.RELU);
      case RELU6 -> Optional.of(Fused.RELU6);
      default -> Optional.empty();
    };
  }
}
