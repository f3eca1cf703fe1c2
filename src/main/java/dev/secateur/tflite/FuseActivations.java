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
      if (activation.isPresent() && fuse(operators, relu, activation.get())) {
        gone.add(i);
      }
    }
    Program to = new Program();
    copyTensors(operators, gone, to);
    return to;
  }

  /** Looks back from the activation, through reshapes, which commute with it. */
  private boolean fuse(List<Operator> operators, Operator relu, Fused activation) {
    int value = relu.inputs().get(0);
    Optional<Integer> last = onlyReadProducer(value);
    Optional<Integer> found = last;
    while (found.isPresent() && operators.get(found.get()).opcode() == Opcode.RESHAPE) {
      found = onlyReadProducer(operators.get(found.get()).inputs().get(0));
    }
    if (found.isEmpty()) {
      return false;
    }
    Operator able = operators.get(found.get());
    if (able.attributes().activation() != Fused.NONE || able.floatOnly() != relu.floatOnly()) {
      return false;
    }
    operators.set(found.get(), with(able, able.attributes().with(activation), able.output()));
    Operator before = operators.get(last.get());
    operators.set(last.get(), with(before, before.attributes(), relu.output()));
    producers.put(relu.output(), last.get());
    return true;
  }

  private Optional<Integer> onlyReadProducer(int tensor) {
    return readers.get(tensor) == 1 ? Optional.ofNullable(producers.get(tensor)) : Optional.empty();
  }

  private static Operator with(Operator like, Attributes attributes, int output) {
    return new Operator(
        like.opcode(), attributes, like.inputs(), output, like.layer(), like.floatOnly());
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
