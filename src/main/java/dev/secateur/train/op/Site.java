package dev.secateur.train.op;

import dev.secateur.graph.Node;
import dev.secateur.graph.Shape;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** A node that is being lowered: its operands in TensorFlow's graph and their static shapes. */
record Site(
    TensorFlowLowering lowering, Node node, List<Operand<TFloat32>> operands, List<Shape> shapes) {
  Ops tf() {
    return lowering.tf();
  }

  boolean training() {
    return lowering.training();
  }

  Operand<TFloat32> operand(int index) {
    return operands.get(index);
  }

  Operand<TFloat32> x() {
    return operands.get(0);
  }

  Shape shape(int index) {
    return shapes.get(index);
  }

  boolean has(int index) {
    return index < operands.size();
  }

  Operand<TFloat32> constant(double value) {
    return tf().constant((float) value);
  }
}
