package dev.secateur.train;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** The named float32 variables of one TensorFlow graph, in the order of their definition. */
final class Variables {
  /** Bytes that are copied into or out of a session at once: what a transfer costs in memory. */
  private static final long GROUP_BYTES = 64L << 20;

  /** Where a variable's value comes from. */
  interface Values<E extends Exception> {
    float[] of(String name) throws E;
  }

  /** Where a variable's value goes. */
  interface Sink<E extends Exception> {
    void accept(String name, float[] value) throws E;
  }

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

  boolean defines(String name) {
    return variables.containsKey(name);
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

  /**
   * Gives variables their values, many in one run: each set of them that is ever written or read
   * together costs TensorFlow an optimization of the whole graph, so that one run a variable would
   * cost the square of the network's depth.
   *
   * @param values asked in the order of {@code names}, a few variables ahead of their writing
   */
  <E extends Exception> void write(Session session, List<String> names, Values<E> values) throws E {
    for (List<String> group : groups(names)) {
      Session.Runner runner = session.runner();
      List<TFloat32> fed = new ArrayList<>();
      try {
        for (String name : group) {
          Variable variable = variables.get(name);
          fed.add(NativeTensors.of(new Tensor(variable.shape(), values.of(name))));
          runner.feed(variable.fed(), fed.get(fed.size() - 1)).addTarget(variable.assign());
        }
        runner.run().close();
      } finally {
        fed.forEach(TFloat32::close);
      }
    }
  }

  /** Hands out the variables' values in the order of {@code names}, many of them from one run. */
  <E extends Exception> void read(Session session, List<String> names, Sink<E> sink) throws E {
    for (List<String> group : groups(names)) {
      Session.Runner runner = session.runner();
      group.forEach(name -> runner.fetch(variables.get(name).read()));
      try (Result result = runner.run()) {
        for (int i = 0; i < group.size(); i++) {
          sink.accept(group.get(i), NativeTensors.values((TFloat32) result.get(i)));
        }
      }
    }
  }

  /** The names in order, in as few groups as their memory allows. */
  private List<List<String>> groups(List<String> names) {
    List<List<String>> groups = new ArrayList<>();
    long left = 0;
    for (String name : names) {
      long bytes = shape(name).size() * Float.BYTES;
      if (groups.isEmpty() || bytes > left) {
        groups.add(new ArrayList<>());
        left = GROUP_BYTES;
      }
      groups.get(groups.size() - 1).add(name);
      left -= bytes;
    }
    return groups;
  }
}
