package dev.secateur.tflite;

import dev.secateur.graph.Grid;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Quantization.IoType;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Opcode.Int8.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rewrites a float program to integers after a {@link QuantizationPlan}. Operators without such a
 * kernel stay float, between DEQUANTIZE and QUANTIZE; neighbouring ones share one island.
 */
final class Quantizer {
  private final Program from;
  private final QuantizationPlan plan;
  private final Integers integers;
  private final IoType inputType;
  private final IoType outputType;
  private final boolean perTensorDense;
  private final Map<String, Grid> grids;

  /** Whether levels of four bits are written two to a byte. */
  private final boolean packed;

  private final Program to;

  /** Float forms of the original's tensors in the result. */
  private final Map<Integer, Integer> floats = new HashMap<>();

  /** Integer forms: an activation may exist at several scales. */
  private final Map<Form, Integer> forms = new HashMap<>();

  /** Integer tensors, which are copied. */
  private final Copies copies;

  private record Form(int tensor, Affine quantization) {}

  /**
   * What a float operator makes of the operands of an integer one.
   *
   * @param actual the integer operator's result, dequantized
   * @param expected the float operator's
   * @param scale of the integer operator's result
   */
  record Twin(String layer, Opcode opcode, int actual, int expected, float scale) {}

  private Quantizer(
      Program from,
      QuantizationPlan plan,
      Scheme scheme,
      Quantization options,
      Map<String, Grid> grids,
      Program to) {
    this.grids = grids;
    this.packed = scheme == Scheme.INT4;
    this.from = from;
    this.plan = plan;
    this.to = to;
    this.copies = new Copies(from, to);
    this.integers = Integers.of(scheme);
    this.inputType = options.inputType(scheme);
    this.outputType = options.outputType(scheme);
    this.perTensorDense = options.perTensorDense();
  }

  static Program quantize(
      Program lowered,
      Calibration calibration,
      Scheme scheme,
      Quantization options,
      Map<String, Grid> grids) {
    Program to = new Program();
    Quantizer quantizer = planned(lowered, calibration, scheme, options, grids, to);
    quantizer.from.inputs().forEach(quantizer::input);
    quantizer.from.operators().forEach(quantizer::rewrite);
    quantizer.from.outputs().forEach(quantizer::output);
    return to;
  }

  /**
   * The same with a float twin beside each integer operator, for {@link LayerErrors}.
   *
   * @param to receives the program
   */
  static List<Twin> twins(
      Program lowered, Calibration calibration, Scheme scheme, Quantization options, Program to) {
    Quantizer quantizer = planned(lowered, calibration, scheme, options, Map.of(), to);
    quantizer.from.inputs().forEach(quantizer::input);
    List<Twin> twins = new ArrayList<>();
    for (Operator operator : quantizer.from.operators()) {
      quantizer.rewrite(operator);
      if (quantizer.isRewritten(operator)) {
        twins.add(quantizer.twin(operator, to.operators().get(to.operators().size() - 1)));
      }
    }
    quantizer.from.outputs().forEach(quantizer::output);
    return twins;
  }

  private static Quantizer planned(
      Program lowered,
      Calibration calibration,
      Scheme scheme,
      Quantization options,
      Map<String, Grid> grids,
      Program to) {
    requireKernels(lowered, scheme, options);
    Integers integers = Integers.of(scheme);
    Program program = options.integerOnly() ? lowered : FloatStatistics.mark(lowered);
    QuantizationPlan plan = QuantizationPlan.of(program, calibration, integers);
    for (Set<Integer> refused = plan.refused(); !refused.isEmpty(); refused = plan.refused()) {
      program = program.withFloatOnly(refused);
      requireKernels(program, scheme, options);
      plan = QuantizationPlan.of(program, calibration, integers);
    }
    return new Quantizer(program, plan, scheme, options, grids, to);
  }

  private Twin twin(Operator operator, Operator quantized) {
    List<Integer> operands = new ArrayList<>();
    for (int i = 0; i < operator.inputs().size(); i++) {
      int tensor = operator.inputs().get(i);
      boolean asItIs = isInteger(tensor) || from.tensor(tensor).constant().isPresent();
      operands.add(
          asItIs ? copies.of(tensor) : dequantized(quantized.inputs().get(i), operator.layer()));
    }
    Program.Tensor out = from.tensor(operator.output());
    int expected = to.floats(out.name() + "/expected", out.shape());
    to.append(
        new Operator(
            operator.opcode(), operator.attributes(), operands, expected, operator.layer(), true));
    int actual = dequantized(quantized.output(), operator.layer());
    float scale = plan.activation(operator.output()).scale();
    return new Twin(operator.layer(), operator.opcode(), actual, expected, scale);
  }

  private int dequantized(int tensor, String layer) {
    Program.Tensor t = to.tensor(tensor);
    int floats = to.floats(t.name() + "/dequantized", t.shape());
    emit(Opcode.DEQUANTIZE, tensor, floats, layer);
    return floats;
  }

  /** See {@link Lowered#requireQuantizable}. */
  static void requireKernels(Program program, Scheme scheme, Quantization options) {
    if (options.integerOnly()) {
      refuseFloats(program, Integers.of(scheme));
    }
  }

  private static void refuseFloats(Program program, Integers integers) {
    Map<String, Set<Opcode>> layers = new LinkedHashMap<>();
    for (Operator operator : program.operators()) {
      if (!integers.compute(operator) && operator.opcode().int8().rule() != Rule.INTEGER) {
        layers.computeIfAbsent(operator.layer(), l -> new LinkedHashSet<>()).add(operator.opcode());
      }
    }
    if (!layers.isEmpty()) {
      List<String> named =
          layers.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
      throw new TfliteException(
          "integers only, but these layers have no "
              + (integers == Integers.INT8 ? "int8" : "int16")
              + " kernel: "
              + String.join(", ", named)
              + "; allow float islands or replace the layers");
    }
  }

  private void input(Program.Port port) {
    Program.Tensor tensor = from.tensor(port.tensor());
    Affine q = plan.activation(port.tensor());
    int added =
        switch (inputType) {
          case FLOAT32 -> to.floats(tensor.name(), tensor.shape());
          case INT8, INT16 -> integer(tensor.name(), tensor.shape(), q);
          case UINT8 -> uint8(tensor.name(), tensor.shape(), q);
        };
    to.input(port.name(), added);
    switch (inputType) {
      case FLOAT32 -> floats.put(port.tensor(), added);
      case INT8, INT16 -> forms.put(new Form(port.tensor(), q), added);
      case UINT8 -> {
        int signed = integer(tensor.name() + suffix(), tensor.shape(), q);
        emit(Opcode.QUANTIZE, added, signed, port.name());
        forms.put(new Form(port.tensor(), q), signed);
      }
    }
  }

  /** It has the name that it has in the float file, whatever form it has. */
  private void output(Program.Port port) {
    int output =
        switch (outputType) {
          case FLOAT32 -> asFloat(port.tensor());
          case INT8, INT16 -> asInteger(port.tensor(), plan.activation(port.tensor()));
          case UINT8 -> unsigned(port);
        };
    to.output(port.name(), output);
    to.nameOutput(output, from.tensor(port.tensor()).name());
  }

  private int unsigned(Program.Port port) {
    Program.Tensor tensor = from.tensor(port.tensor());
    Affine how = plan.activation(port.tensor());
    int signed = asInteger(port.tensor(), how);
    int unsigned = uint8(tensor.name() + "/uint8", tensor.shape(), how);
    emit(Opcode.QUANTIZE, signed, unsigned, port.name());
    return unsigned;
  }

  private void rewrite(Operator operator) {
    if (!isRewritten(operator)) {
      rewriteAsFloat(operator);
      return;
    }
    Affine result = plan.activation(operator.output());
    List<Integer> operands =
        operator.opcode().int8().rule() == Rule.KERNEL
            ? kernelOperands(operator, result)
            : operands(operator, result);
    Program.Tensor out = from.tensor(operator.output());
    int output = integer(out.name(), out.shape(), result);
    forms.put(new Form(operator.output(), result), output);
    append(operator, operands, output);
  }

  /** Whether it becomes an operator of integers. */
  private boolean isRewritten(Operator operator) {
    boolean onlyIntegers = operator.inputs().stream().allMatch(this::isInteger);
    return integers.compute(operator) && !onlyIntegers;
  }

  private void rewriteAsFloat(Operator operator) {
    List<Integer> operands = new ArrayList<>();
    for (int tensor : operator.inputs()) {
      boolean any = operator.opcode().int8().rule() == Rule.INTEGER;
      operands.add(isInteger(tensor) ? copies.of(tensor) : any ? anyForm(tensor) : asFloat(tensor));
    }
    int output;
    if (isInteger(operator.output())) {
      output = copies.of(operator.output());
    } else {
      Program.Tensor out = from.tensor(operator.output());
      output = to.floats(out.name(), out.shape());
      floats.put(operator.output(), output);
    }
    append(operator, operands, output);
  }

  private List<Integer> operands(Operator operator, Affine result) {
    boolean asResult = operator.opcode().int8().rule() == Rule.AS_OUTPUT;
    List<Integer> operands = new ArrayList<>();
    for (int tensor : operator.inputs()) {
      if (isInteger(tensor)) {
        operands.add(copies.of(tensor));
      } else if (from.tensor(tensor).constant().isPresent()) {
        operands.add(constant(tensor, asResult ? result : plan.activation(tensor)));
      } else {
        operands.add(asInteger(tensor, asResult ? result : plan.activation(tensor)));
      }
    }
    return operands;
  }

  /** The activation, the kernel and the bias, in the places where the operator has them. */
  private List<Integer> kernelOperands(Operator operator, Affine result) {
    boolean transposed = operator.opcode() == Opcode.TRANSPOSE_CONV;
    int activation = operator.inputs().get(transposed ? 2 : 0);
    int kernel = operator.inputs().get(1);
    int bias = operator.inputs().get(transposed ? 3 : 2);
    Affine q = plan.activation(activation);
    int axis = operator.opcode() == Opcode.DEPTHWISE_CONV_2D ? 3 : 0;
    String name = from.tensor(kernel).name();
    Optional<Grid> grid =
        Optional.ofNullable(grids.get(name))
            .or(
                () ->
                    isPerTensor(operator)
                        ? Optional.of(KernelQuantizer.perTensor(values(kernel)))
                        : Optional.empty());
    KernelQuantizer quantizer =
        new KernelQuantizer(
            values(kernel), values(bias), q.scale(), result.scale(), integers, grid);
    boolean four = packed && grid.filter(g -> g.most() <= Grid.FOUR_BITS).isPresent();
    Constant.Int8s weights = quantizer.weights();
    int x = asInteger(activation, q);
    int w =
        to.constant(
            name,
            from.tensor(kernel).shape(),
            four ? ScalarType.INT4 : ScalarType.INT8,
            four ? new Constant.Int4s(weights.values()) : weights,
            Optional.of(quantizer.weightQuantization(axis)));
    int b =
        to.constant(
            from.tensor(bias).name(),
            from.tensor(bias).shape(),
            integers == Integers.INT8 ? ScalarType.INT32 : ScalarType.INT64,
            quantizer.bias(),
            Optional.of(quantizer.biasQuantization()));
    return transposed ? List.of(copies.of(operator.inputs().get(0)), w, x, b) : List.of(x, w, b);
  }

  private boolean isPerTensor(Operator operator) {
    return perTensorDense && operator.opcode() == Opcode.FULLY_CONNECTED;
  }

  private Constant.Floats values(int tensor) {
    return (Constant.Floats) from.tensor(tensor).constant().orElseThrow();
  }

  private int constant(int tensor, Affine q) {
    return forms.computeIfAbsent(
        new Form(tensor, q),
        form -> {
          Program.Tensor t = from.tensor(tensor);
          Constant data = integers.constant(q, values(tensor).values());
          return to.constant(t.name(), t.shape(), integers.type(), data, Optional.of(q));
        });
  }

  private int asFloat(int tensor) {
    Integer known = floats.get(tensor);
    if (known != null) {
      return known;
    }
    Program.Tensor t = from.tensor(tensor);
    if (t.constant().isPresent()) {
      known = to.constant(t.name(), t.shape(), t.type(), t.constant().get(), Optional.empty());
    } else {
      int stored = forms.get(new Form(tensor, plan.activation(tensor)));
      known = to.floats(t.name() + "/float", t.shape());
      emit(Opcode.DEQUANTIZE, stored, known, t.name());
    }
    floats.put(tensor, known);
    return known;
  }

  /** The integer form at a scale: what there is, requantized or quantized if need be. */
  private int asInteger(int tensor, Affine wanted) {
    Integer known = forms.get(new Form(tensor, wanted));
    if (known != null) {
      return known;
    }
    Program.Tensor t = from.tensor(tensor);
    Integer source = forms.get(new Form(tensor, plan.activation(tensor)));
    int added = integer(t.name() + suffix(), t.shape(), wanted);
    emit(Opcode.QUANTIZE, source == null ? floats.get(tensor) : source, added, t.name());
    forms.put(new Form(tensor, wanted), added);
    return added;
  }

  private int anyForm(int tensor) {
    Integer known = forms.get(new Form(tensor, plan.activation(tensor)));
    return known == null ? asFloat(tensor) : known;
  }

  private boolean isInteger(int tensor) {
    return from.tensor(tensor).type() != ScalarType.FLOAT32;
  }

  private int integer(String name, Shape shape, Affine q) {
    return to.value(name, shape, integers.type(), Optional.of(q));
  }

  /** Of what has another form as well. */
  private String suffix() {
    return integers == Integers.INT8 ? "/int8" : "/int16";
  }

  private int uint8(String name, Shape shape, Affine q) {
    Affine shifted = Affine.of(q.scale(), q.zeroPoint() + 128);
    return to.value(name, shape, ScalarType.UINT8, Optional.of(shifted));
  }

  private void emit(Opcode opcode, int in, int out, String layer) {
    to.append(new Operator(opcode, Attributes.NONE, List.of(in), out, layer, false));
  }

  private void append(Operator like, List<Integer> operands, int output) {
    Attributes attributes =
        integers == Integers.INT16 ? like.attributes().ofAnyScale() : like.attributes();
    to.append(
        new Operator(like.opcode(), attributes, operands, output, like.layer(), like.floatOnly()));
  }
}
