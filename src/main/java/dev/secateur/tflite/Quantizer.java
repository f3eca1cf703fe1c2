package dev.secateur.tflite;

import dev.secateur.graph.Shape;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Quantization.IoType;
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
 * Rewrites a float program to int8 after a {@link QuantizationPlan}. Operators without an int8
 * kernel stay float, between DEQUANTIZE and QUANTIZE; neighbouring ones share one island.
 */
final class Quantizer {
  private final Program from;
  private final QuantizationPlan plan;
  private final Quantization options;
  private final KernelGrids grids;
  private final Program to = new Program();

  /** Float forms of the original's tensors in the result. */
  private final Map<Integer, Integer> floats = new HashMap<>();

  /** Int8 forms: an activation may exist at several scales. */
  private final Map<Form, Integer> int8s = new HashMap<>();

  /** Integer tensors, which are copied. */
  private final Map<Integer, Integer> copies = new HashMap<>();

  private record Form(int tensor, Affine quantization) {}

  private Quantizer(
      Program from, QuantizationPlan plan, Quantization options, KernelGrids grids) {
    this.grids = grids;
    this.from = from;
    this.plan = plan;
    this.options = options;
  }

  static Program quantize(
      Program lowered, Calibration calibration, Quantization options, KernelGrids grids) {
    requireKernels(lowered, options);
    Program program = options.integerOnly() ? lowered : FloatStatistics.mark(lowered);
    QuantizationPlan plan = QuantizationPlan.of(program, calibration);
    for (Set<Integer> refused = plan.refused(); !refused.isEmpty(); refused = plan.refused()) {
      program = program.withFloatOnly(refused);
      requireKernels(program, options);
      plan = QuantizationPlan.of(program, calibration);
    }
    Quantizer quantizer = new Quantizer(program, plan, options, grids);
    program.inputs().forEach(quantizer::input);
    program.operators().forEach(quantizer::rewrite);
    program.outputs().forEach(quantizer::output);
    return quantizer.to;
  }

  /** See {@link Lowered#requireQuantizable}. */
  static void requireKernels(Program program, Quantization options) {
    if (options.integerOnly()) {
      refuseFloats(program);
    }
  }

  private static void refuseFloats(Program program) {
    Map<String, Set<Opcode>> layers = new LinkedHashMap<>();
    for (Operator operator : program.operators()) {
      if (!QuantizationPlan.isInt8(operator) && operator.opcode().int8().rule() != Rule.INTEGER) {
        layers.computeIfAbsent(operator.layer(), l -> new LinkedHashSet<>()).add(operator.opcode());
      }
    }
    if (!layers.isEmpty()) {
      List<String> named =
          layers.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
      throw new TfliteException(
          "integers only, but these layers have no int8 kernel: "
              + String.join(", ", named)
              + "; allow float islands or replace the layers");
    }
  }

  private void input(Program.Port port) {
    Program.Tensor tensor = from.tensor(port.tensor());
    Affine q = plan.activation(port.tensor());
    int added =
        switch (options.inputType()) {
          case FLOAT32 -> to.floats(tensor.name(), tensor.shape());
          case INT8 -> int8(tensor.name(), tensor.shape(), q);
          case UINT8 -> uint8(tensor.name(), tensor.shape(), q);
        };
    to.input(port.name(), added);
    switch (options.inputType()) {
      case FLOAT32 -> floats.put(port.tensor(), added);
      case INT8 -> int8s.put(new Form(port.tensor(), q), added);
      case UINT8 -> {
        int signed = int8(tensor.name() + "/int8", tensor.shape(), q);
        emit(Opcode.QUANTIZE, added, signed, port.name());
        int8s.put(new Form(port.tensor(), q), signed);
      }
    }
  }

  private void output(Program.Port port) {
    Program.Tensor tensor = from.tensor(port.tensor());
    if (options.outputType() == IoType.FLOAT32) {
      to.output(port.name(), asFloat(port.tensor()));
      return;
    }
    int signed = asInt8(port.tensor(), plan.activation(port.tensor()));
    if (options.outputType() == IoType.INT8) {
      to.output(port.name(), signed);
      return;
    }
    int unsigned = uint8(tensor.name() + "/uint8", tensor.shape(), plan.activation(port.tensor()));
    emit(Opcode.QUANTIZE, signed, unsigned, port.name());
    to.output(port.name(), unsigned);
  }

  private void rewrite(Operator operator) {
    boolean onlyIntegers = operator.inputs().stream().allMatch(this::isInteger);
    if (!QuantizationPlan.isInt8(operator) || onlyIntegers) {
      rewriteAsFloat(operator);
      return;
    }
    Affine result = plan.activation(operator.output());
    List<Integer> operands =
        operator.opcode().int8().rule() == Rule.KERNEL
            ? kernelOperands(operator, result)
            : operands(operator, result);
    Program.Tensor out = from.tensor(operator.output());
    int output = int8(out.name(), out.shape(), result);
    int8s.put(new Form(operator.output(), result), output);
    append(operator, operands, output);
  }

  private void rewriteAsFloat(Operator operator) {
    List<Integer> operands = new ArrayList<>();
    for (int tensor : operator.inputs()) {
      boolean any = operator.opcode().int8().rule() == Rule.INTEGER;
      operands.add(isInteger(tensor) ? copy(tensor) : any ? anyForm(tensor) : asFloat(tensor));
    }
    int output;
    if (isInteger(operator.output())) {
      output = copy(operator.output());
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
        operands.add(copy(tensor));
      } else if (from.tensor(tensor).constant().isPresent()) {
        operands.add(constant(tensor, asResult ? result : plan.activation(tensor)));
      } else {
        operands.add(asInt8(tensor, asResult ? result : plan.activation(tensor)));
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
    KernelQuantizer quantizer =
        grids
            .of(name)
            .map(g -> new KernelQuantizer(values(kernel), values(bias), q.scale(), result.scale(), g))
            .orElseGet(
                () -> new KernelQuantizer(values(kernel), values(bias), q.scale(), result.scale()));
    ScalarType type = grids.type(name);
    Constant.Int8s weights = quantizer.weights();
    int x = asInt8(activation, q);
    int w =
        to.constant(
            name,
            from.tensor(kernel).shape(),
            type,
            type == ScalarType.INT4 ? new Constant.Int4s(weights.values()) : weights,
            Optional.of(quantizer.weightQuantization(axis)));
    int b =
        to.constant(
            from.tensor(bias).name(),
            from.tensor(bias).shape(),
            ScalarType.INT32,
            quantizer.bias(),
            Optional.of(quantizer.biasQuantization()));
    return transposed ? List.of(copy(operator.inputs().get(0)), w, x, b) : List.of(x, w, b);
  }

  private Constant.Floats values(int tensor) {
    return (Constant.Floats) from.tensor(tensor).constant().orElseThrow();
  }

  private int constant(int tensor, Affine q) {
    return int8s.computeIfAbsent(
        new Form(tensor, q),
        form -> {
          Program.Tensor t = from.tensor(tensor);
          Constant data = new Constant.Int8s(q.quantize(values(tensor).values()));
          return to.constant(t.name(), t.shape(), ScalarType.INT8, data, Optional.of(q));
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
      int int8 = int8s.get(new Form(tensor, plan.activation(tensor)));
      known = to.floats(t.name() + "/float", t.shape());
      emit(Opcode.DEQUANTIZE, int8, known, t.name());
    }
    floats.put(tensor, known);
    return known;
  }

  /** The int8 form at a scale: what there is, requantized or quantized if need be. */
  private int asInt8(int tensor, Affine wanted) {
    Integer known = int8s.get(new Form(tensor, wanted));
    if (known != null) {
      return known;
    }
    Program.Tensor t = from.tensor(tensor);
    Integer source = int8s.get(new Form(tensor, plan.activation(tensor)));
    int added = int8(t.name() + "/int8", t.shape(), wanted);
    emit(Opcode.QUANTIZE, source == null ? floats.get(tensor) : source, added, t.name());
    int8s.put(new Form(tensor, wanted), added);
    return added;
  }

  private int anyForm(int tensor) {
    Integer int8 = int8s.get(new Form(tensor, plan.activation(tensor)));
    return int8 == null ? asFloat(tensor) : int8;
  }

  private int copy(int tensor) {
    return copies.computeIfAbsent(
        tensor,
        i -> {
          Program.Tensor t = from.tensor(i);
          return t.constant().isPresent()
              ? to.constant(t.name(), t.shape(), t.type(), t.constant().get(), Optional.empty())
              : to.value(t.name(), t.shape(), t.type(), Optional.empty());
        });
  }

  private boolean isInteger(int tensor) {
    return from.tensor(tensor).type() != ScalarType.FLOAT32;
  }

  private int int8(String name, Shape shape, Affine q) {
    return to.value(name, shape, ScalarType.INT8, Optional.of(q));
  }

  private int uint8(String name, Shape shape, Affine q) {
    Affine shifted = Affine.of(q.scale(), q.zeroPoint() + 128);
    return to.value(name, shape, ScalarType.UINT8, Optional.of(shifted));
  }

  private void emit(Opcode opcode, int in, int out, String layer) {
    to.append(new Operator(opcode, Attributes.NONE, List.of(in), out, layer, false));
  }

  private void append(Operator like, List<Integer> operands, int output) {
    to.append(
        new Operator(
            like.opcode(), like.attributes(), operands, output, like.layer(), like.floatOnly()));
  }
}
