package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Shape;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MemoryOrderTest {
  /** Sums of results before, of any sizes; what nothing reads is an output. */
  private static Program random(long seed) {
    Random random = new Random(seed);
    Program program = new Program();
    List<Integer> values = new ArrayList<>();
    values.add(program.floats("x", Shape.of(-1, 1 + random.nextInt(64))));
    program.input("x", values.get(0));
    Set<Integer> unread = new HashSet<>();
    int operators = 2 + random.nextInt(6);
    for (int i = 0; i < operators; i++) {
      int a = values.get(random.nextInt(values.size()));
      int b = values.get(random.nextInt(values.size()));
      int out = program.floats("v" + i, Shape.of(-1, 1 + random.nextInt(64)));
      program.append(operator(List.of(a, b), out));
      unread.removeAll(List.of(a, b));
      unread.add(out);
      values.add(out);
    }
    unread.forEach(o -> program.output("y" + o, o));
    return program;
  }

  private static Operator operator(List<Integer> inputs, int output) {
    return new Operator(Opcode.ADD, Attributes.NONE, inputs, output, "layer" + output, false);
  }

  private static long least(Program program, List<Operator> order) {
    if (order.size() == program.operators().size()) {
      return MemoryOrder.peak(program.inOrder(order));
    }
    long least = Long.MAX_VALUE;
    for (Operator next : program.operators()) {
      if (!order.contains(next) && isReady(program, order, next)) {
        List<Operator> longer = new ArrayList<>(order);
        longer.add(next);
        least = Math.min(least, least(program, longer));
      }
    }
    return least;
  }

  private static boolean isReady(Program program, List<Operator> order, Operator next) {
    List<Integer> made = new ArrayList<>(order.stream().map(Operator::output).toList());
    program.inputs().forEach(i -> made.add(i.tensor()));
    return made.containsAll(next.inputs());
  }

  static LongStream seeds() {
    return LongStream.range(0, 200);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noOrderNeedsLess(long seed) {
    Program program = random(seed);
    Program ordered = MemoryOrder.of(program);
    assertThat(ordered.operators()).containsExactlyInAnyOrderElementsOf(program.operators());
    for (int i = 0; i < ordered.operators().size(); i++) {
      List<Operator> before = ordered.operators().subList(0, i);
      assertThat(isReady(program, before, ordered.operators().get(i))).isTrue();
    }
    assertThat(MemoryOrder.peak(ordered)).isEqualTo(least(program, List.of()));
  }

  @Test
  void whereNothingIsGainedTheOrderStays() {
    Program program = Lowered.of(Networks.resNet()).program();
    assertThat(MemoryOrder.of(program)).isSameAs(program);
  }

  /** What is made of constants runs once: it is in the way of no order, and before its reader. */
  @Test
  void weightsAreBroughtBackBeforeTheyAreRead() {
    Program program = random(3);
    Program half = new Program();
    program.tensors().forEach(t -> half.value(t.name(), t.shape(), t.type(), t.quantization()));
    program.inputs().forEach(i -> half.input(i.name(), i.tensor()));
    int stored =
        half.constant(
            "w",
            Shape.of(4),
            ScalarType.FLOAT16,
            new Constant.Halves(Constant.Floats.of(1, 2, 3, 4)),
            Optional.empty());
    int restored = half.floats("w/float", Shape.of(4));
    half.append(
        new Operator(Opcode.DEQUANTIZE, Attributes.NONE, List.of(stored), restored, "w", false));
    program
        .operators()
        .forEach(o -> half.append(operator(List.of(o.inputs().get(0), restored), o.output())));
    program.outputs().forEach(o -> half.output(o.name(), o.tensor()));
    Program ordered = MemoryOrder.of(half);
    assertThat(ordered.operators().get(0).opcode()).isEqualTo(Opcode.DEQUANTIZE);
    assertThat(ordered.operators()).hasSameSizeAs(half.operators());
  }

  /** The shortcut of a block runs before its branch or after it. */
  @Test
  void miniXceptionNeedsATenthLess() {
    Reference reference = Reference.of("face_mini_xception_fer2013_102");
    Program int8 =
        Quantizer.quantize(
            Lowered.of(reference.graph()).program(),
            reference.calibration(),
            Scheme.INT8,
            Quantization.DEFAULT,
            Map.of());
    assertThat(MemoryOrder.peak(int8)).isEqualTo(144_000);
    assertThat(MemoryOrder.peak(MemoryOrder.of(int8))).isEqualTo(129_600);
  }
}
