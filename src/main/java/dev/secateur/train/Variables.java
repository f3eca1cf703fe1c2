package dev.secateur.train;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** The named float32 variables of one TensorFlow graph, in the order of their definition. */
final class Variables {
  private record Variable(
      Shape shape,
      Operand<? extends TType> handle,
      Operand<TFloat32> read,
      Placeholder<TFloat32> fed,
      AssignVariableOp assign) {}

  private final Ops tf;
  private final Map<String, Variable> variables = new LinkedHashMap<>();

  Variables(Ops tf) {
    this.tf = tf;
  }

  /** Defines a variable; it has no value until one is written. */
  void define(String name, Shape shape) {
    var tfShape = NativeTensors.shape(shape);
    VarHandleOp handle =
        tf.varHandleOp(TFloat32.class, tfShape, VarHandleOp.sharedName("v" + variables.size()));
    Placeholder<TFloat32> fed = tf.placeholder(TFloat32.class, Placeholder.shape(tfShape));
    variables.put(
        name,
        new Variable(
            shape,
            handle,
            tf.readVariableOp(handle, TFloat32.class),
            fed,
            tf.assignVariableOp(handle, fed)));
  }

  Operand<? extends TType> handle(String name) {
    return variables.get(name).handle();
  }

  /** The value at the start of a run, before the run's own updates. */
  Operand<TFloat32> read(String name) {
    return variables.get(name).read();
  }

  List<String> names() {
    return new ArrayList<>(variables.keySet());
  }

  Shape shape(String name) {
    return variables.get(name).shape();
  }

  void write(Session session, String name, float[] value) {
    Variable variable = variables.get(name);
    try (TFloat32 fed = NativeTensors.of(new Tensor(variable.shape(), value));
        var result =
            session.runner().feed(variable.fed(), fed).addTarget(variable.assign()).run()) {
      assert result.size() == 0;
    }
  }

  float[] read(Session session, String name) {
    try (var result = session.runner().fetch(variables.get(name).read()).run()) {
      return NativeTensors.values((TFloat32) result.get(0));
    }
  }
}
