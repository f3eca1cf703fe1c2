package dev.secateur.tflite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts operators into the order that needs the least memory at its peak: where branches meet, which
 * one runs first decides how much waits for the other. An order stays as it is where no other needs
 * less.
 *
 * <p>What is minimised is the largest sum of activations that are alive at once, for one sample, as
 * it bounds every arena from below. All orders are looked at, by the sets of operators that can
 * have run, as long as there are few of these; past that, the most promising.
 */
final class MemoryOrder {
  /** Sets of operators that are followed further, of those of one size. */
  private static final int BEAM = 512;

  /** To which arenas align tensors. */
  private static final int ALIGNMENT = 16;

  private final Program program;

  /** Of each tensor, in bytes; 0 for what is in the way of no order. */
  private final long[] sizes;

  /** Those with an activation among their operands; others run once and for all. */
  private final List<Operator> operators = new ArrayList<>();

  private final Map<Integer, Integer> producers = new HashMap<>();
  private final Map<Integer, BitSet> readers = new HashMap<>();

  /** Operators whose results an operator reads. */
  private final List<int[]> before = new ArrayList<>();

  /** A set of operators that have run, and the best order in which they can have. */
  private record State(BitSet run, long peak, long live, State previous, int last) {}

  private MemoryOrder(Program program) {
    this.program = program;
    for (Operator operator : program.operators()) {
      if (!isOnce(operator)) {
        int index = operators.size();
        operators.add(operator);
        producers.put(operator.output(), index);
        operator.inputs().forEach(t -> readers.computeIfAbsent(t, k -> new BitSet()).set(index));
      }
    }
    // An output has a reader that never runs.
    program
        .outputs()
        .forEach(o -> readers.computeIfAbsent(o.tensor(), k -> new BitSet()).set(operators.size()));
    for (Operator operator : operators) {
      before.add(
          operator.inputs().stream()
              .filter(producers::containsKey)
              .mapToInt(producers::get)
              .toArray());
    }
    sizes = new long[program.tensors().size()];
    program.inputs().forEach(i -> sizes[i.tensor()] = bytes(i.tensor()));
    operators.forEach(o -> sizes[o.output()] = bytes(o.output()));
  }

  private boolean isOnce(Operator operator) {
    return operator.inputs().stream().allMatch(t -> program.tensor(t).constant().isPresent());
  }

  static Program of(Program program) {
    MemoryOrder order = new MemoryOrder(program);
    List<Integer> best = order.best();
    return best.isEmpty() ? program : program.inOrder(order.complete(best));
  }

  /** The largest sum of activations alive at once, in bytes, in the program's own order. */
  static long peak(Program program) {
    MemoryOrder order = new MemoryOrder(program);
    State state = order.start();
    for (int i = 0; i < order.operators.size(); i++) {
      state = order.next(state, i);
    }
    return state.peak();
  }

  /** Empty where the order that there is needs no more than any other that was found. */
  private List<Integer> best() {
    long peak = peak(program);
    if (peak == bound()) {
      return List.of();
    }
    Map<BitSet, State> states = new LinkedHashMap<>();
    State first = start();
    states.put(first.run(), first);
    for (int count = 0; count < operators.size(); count++) {
      Map<BitSet, State> further = new LinkedHashMap<>();
      for (State state : states.values()) {
        for (int i : ready(state)) {
          State next = next(state, i);
          further.merge(next.run(), next, (a, b) -> a.peak() <= b.peak() ? a : b);
        }
      }
      states = further.size() <= BEAM ? further : mostPromising(further);
    }
    State found = states.values().iterator().next();
    if (found.peak() >= peak) {
      return List.of();
    }
    List<Integer> order = new ArrayList<>();
    for (State state = found; state.last() >= 0; state = state.previous()) {
      order.add(0, state.last());
    }
    return order;
  }

  /**
   * What no order needs less than: each operator's operands and result, and all inputs at first.
   */
  private long bound() {
    long bound = start().live();
    for (Operator operator : operators) {
      Set<Integer> held = new LinkedHashSet<>(operator.inputs());
      held.add(operator.output());
      bound = Math.max(bound, held.stream().mapToLong(t -> sizes[t]).sum());
    }
    return bound;
  }

  private static Map<BitSet, State> mostPromising(Map<BitSet, State> states) {
    Map<BitSet, State> kept = new LinkedHashMap<>();
    states.values().stream()
        .sorted(Comparator.comparingLong(State::peak).thenComparingLong(State::live))
        .limit(BEAM)
        .forEach(state -> kept.put(state.run(), state));
    return kept;
  }

  private State start() {
    long live = program.inputs().stream().mapToLong(i -> sizes[i.tensor()]).sum();
    return new State(new BitSet(), live, live, null, -1);
  }

  /** Operators that can run next, in the program's order. */
  private List<Integer> ready(State state) {
    List<Integer> ready = new ArrayList<>();
    BitSet run = state.run();
    for (int i = run.nextClearBit(0); i < operators.size(); i = run.nextClearBit(i + 1)) {
      if (Arrays.stream(before.get(i)).allMatch(run::get)) {
        ready.add(i);
      }
    }
    return ready;
  }

  private State next(State state, int operator) {
    BitSet run = (BitSet) state.run().clone();
    run.set(operator);
    long during = state.live() + sizes[operators.get(operator).output()];
    long live = during;
    Set<Integer> touched = new LinkedHashSet<>(operators.get(operator).inputs());
    touched.add(operators.get(operator).output());
    for (int tensor : touched) {
      BitSet waiting = (BitSet) readers.getOrDefault(tensor, new BitSet()).clone();
      waiting.andNot(run);
      if (waiting.isEmpty()) {
        live -= sizes[tensor];
      }
    }
    return new State(run, Math.max(state.peak(), during), live, state, operator);
  }

  private long bytes(int tensor) {
    Program.Tensor t = program.tensor(tensor);
    long size = t.shape().size() * t.type().bytes();
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** With what runs once and for all before the first that reads it. */
  private List<Operator> complete(List<Integer> order) {
    Map<Integer, Operator> once = new HashMap<>();
    program.operators().stream().filter(this::isOnce).forEach(o -> once.put(o.output(), o));
    List<Operator> complete = new ArrayList<>();
    for (int index : order) {
      Operator operator = operators.get(index);
      for (int input : operator.inputs()) {
        Operator first = once.remove(input);
        if (first != null) {
          complete.add(first);
        }
      }
      complete.add(operator);
    }
    return complete;
  }
}
