package dev.secateur.tflite;

import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A TFLite subgraph before it is bytes. Built by appending; operators are in execution order. */
final class Program {
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Operator> operators = new ArrayList<>();
  private final List<Port> inputs = new ArrayList<>();
  private final List<Port> outputs = new ArrayList<>();

  /** A value or a constant; the batch dimension of a value is {@link Shape#UNKNOWN}. */
  record Tensor(
      String name,
      Shape shape,
      ScalarType type,
      Optional<Constant> constant,
      Optional<Affine> quantization) {
    Tensor named(String other) {
      return new Tensor(other, shape, type, constant, quantization);
    }
  }

  /** A network input or output: its Keras name and its tensor. */
  record Port(String name, int tensor) {}

  int value(String name, Shape shape, ScalarType type, Optional<Affine> quantization) {
    return add(new Tensor(name, shape, type, Optional.empty(), quantization));
  }

  int floats(String name, Shape shape) {
    return value(name, shape, ScalarType.FLOAT32, Optional.empty());
  }

  int constant(
      String name, Shape shape, ScalarType type, Constant data, Optional<Affine> quantization) {
    return add(new Tensor(name, shape, type, Optional.of(data), quantization));
  }

  private int add(Tensor tensor) {
    tensors.add(tensor);
    return tensors.size() - 1;
  }

  void append(Operator operator) {
    operators.add(operator);
  }

  void input(String name, int tensor) {
    inputs.add(new Port(name, tensor));
  }

  void output(String name, int tensor) {
    outputs.add(new Port(name, tensor));
  }

  /** Gives an output a name; what had it, unless it is an input, takes the other's. */
  void nameOutput(int output, String name) {
    boolean input = inputs.stream().map(i -> tensors.get(i.tensor()).name()).anyMatch(name::equals);
    if (input) {
      return;
    }
    String other = tensors.get(output).name();
    tensors.replaceAll(
        t -> t.name().equals(name) ? t.named(other) : t.name().equals(other) ? t.named(name) : t);
  }

  /** This program with its operators in another order. */
  Program inOrder(List<Operator> order) {
    Program copy = new Program();
    copy.tensors.addAll(tensors);
    copy.inputs.addAll(inputs);
    copy.outputs.addAll(outputs);
    copy.operators.addAll(order);
    return copy;
  }

  /** This program with the operators of these numbers marked as float-only. */
  Program withFloatOnly(Set<Integer> marked) {
    Program copy = new Program();
    copy.tensors.addAll(tensors);
    copy.inputs.addAll(inputs);
    copy.outputs.addAll(outputs);
    for (int i = 0; i < operators.size(); i++) {
      Operator o = operators.get(i);
      boolean floatOnly = o.floatOnly() || marked.contains(i);
      copy.append(
          new Operator(o.opcode(), o.attributes(), o.inputs(), o.output(), o.layer(), floatOnly));
    }
    return copy;
  }

  Tensor tensor(int index) {
    return tensors.get(index);
  }

  List<Tensor> tensors() {
    return tensors;
  }

  List<Operator> operators() {
    return operators;
  }

  List<Port> inputs() {
    return inputs;
  }

  List<Port> outputs() {
    return outputs;
  }
}
