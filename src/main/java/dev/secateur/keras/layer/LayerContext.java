package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.graph.Weight.Role;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Options;
import dev.secateur.keras.weights.WeightSlot;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One call of one layer, being lowered: its options, its operands, and the graph that it adds to.
 *
 * @param path the layer's path, unique in the model
 * @param type class name
 * @param inputs values that it is called with
 * @param trainable whether the layer and all models around it are
 * @param training the mode that it is called in, where the call says so
 * @param within where the weights stand below the layer's own, such as {@code activation/}; or ""
 */
public record LayerContext(
    GraphBuilder graph,
    WeightSlots weights,
    Dialect dialect,
    String path,
    String type,
    Options options,
    List<String> inputs,
    boolean trainable,
    Optional<Boolean> training,
    String within) {

  String input() {
    if (inputs.size() != 1) {
      throw Refusal.config(path, "called with " + inputs.size() + " tensors instead of one");
    }
    return inputs.get(0);
  }

  Shape shape() {
    return graph.shape(input());
  }

  /** The input's shape, which must have this many dimensions with the batch. */
  Shape shape(int rank) {
    Shape shape = shape();
    if (shape.rank() != rank) {
      throw Refusal.config(path, "needs an input of " + rank + " dimensions, not " + shape);
    }
    return shape;
  }

  String add(Op op, String... operands) {
    return graph.add(path, op, operands);
  }

  String add(Op op, List<String> operands) {
    return graph.add(path, op, operands);
  }

  /** The same layer called with other values. */
  LayerContext on(String... values) {
    return new LayerContext(
        graph, weights, dialect, path, type, options, List.of(values), trainable, training, within);
  }

  /** The layer within this wrapper. */
  LayerContext wrapped(String otherType, ObjectNode config, String... values) {
    return as(otherType, config, within, values);
  }

  /** The layer that is this one's activation. */
  LayerContext activation(String otherType, ObjectNode config, String value) {
    return as(otherType, config, within + "activation/", value);
  }

  private LayerContext as(String otherType, ObjectNode config, String below, String... values) {
    return new LayerContext(
        graph,
        weights,
        dialect,
        path,
        otherType,
        new Options(path, config),
        List.of(values),
        trainable,
        training,
        below);
  }

  /** Whether it is called in inference mode, whatever the network is run for. */
  boolean inference() {
    return training.isPresent() && !training.get();
  }

  /**
   * @throws Refusal if it is called in training mode, in which it acts otherwise
   */
  void refuseTrainingMode() {
    if (training.orElse(false)) {
      throw Refusal.option(
          path, type + " is called with training=True, so that its outputs are not determined");
    }
  }

  /** A weight of the layer, under the same shape in the graph. */
  String weight(String name, Role role, Shape shape) {
    return weight(name, role, shape, shape);
  }

  /**
   * A weight of the layer: declared at the layer's first call, in Keras' order.
   *
   * @param shape Keras' shape
   * @param inGraph the graph's shape, of equal size
   * @return its name in the graph
   */
  String weight(String name, Role role, Shape shape, Shape inGraph) {
    String own = within + name;
    Optional<WeightSlot> before = weights.find(path, own);
    if (before.isPresent()) {
      if (!before.get().shape().equals(shape)) {
        throw Refusal.config(
            path, own + " would be " + shape + " here and " + before.get().shape() + " elsewhere");
      }
      return before.get().graphName();
    }
    String graphName = path + "/" + own;
    Optional<Float> initial = untracked(name);
    float[] values =
        initial.isPresent()
            ? weights.allocateOptional(graphName, shape)
            : weights.allocate(graphName, shape);
    initial.ifPresent(v -> Arrays.fill(values, v));
    boolean moving = role == Role.MOVING_MEAN || role == Role.MOVING_VARIANCE;
    WeightSlot.Kind kind =
        initial.isPresent() ? WeightSlot.Kind.INITIALIZED : WeightSlot.Kind.WEIGHT;
    weights.add(new WeightSlot(path, own, shape, graphName, !moving, kind, values));
    if (name.equals("kernel") && options.has("lora_rank")) {
      adapt(values, shape);
    }
    Penalty penalty = penalty(name);
    Tensor value = new Tensor(inGraph, values);
    return graph.weight(
        new Weight(graphName, role, value, trainable && !moving, penalty.l1(), penalty.l2()));
  }

  /**
   * Keras 3 makes the weights of a layer that is another's activation when it is first called,
   * which may be too late for it to track, train and save them: then they stay as they were
   * initialized.
   *
   * @return the initial value, where the file may lack the weight
   */
  private Optional<Float> untracked(String name) {
    if (dialect.major() < 3 || within.isEmpty()) {
      return Optional.empty();
    }
    JsonNode initializer = options.get(name + "_initializer");
    String type =
        initializer.isTextual() ? initializer.asText() : initializer.path("class_name").asText();
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "zeros" -> Optional.of(0f);
      case "ones" -> Optional.of(1f);
      case "constant" -> Optional.of(initializer.path("config").path("value").floatValue());
      default -> Optional.empty();
    };
  }

  /**
   * Adds to a kernel what LoRA (Hu et al. 2021) has learnt beside it: {@code (alpha/rank)·A·B}.
   * HDF5 files have the two factors; a {@code .keras} file has them added to its kernel already.
   */
  private void adapt(float[] kernel, Shape shape) {
    int rank = options.count("lora_rank");
    float factor = options.number("lora_alpha", rank) / rank;
    int columns = shape.last();
    int rows = kernel.length / columns;
    List<Integer> left = new ArrayList<>(shape.dims().subList(0, shape.rank() - 1));
    left.add(rank);
    float[] a = adapter("lora_kernel_a", new Shape(left));
    float[] b = adapter("lora_kernel_b", Shape.of(rank, columns));
    weights.afterLoading(
        () -> {
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
              float sum = 0;
              for (int k = 0; k < rank; k++) {
                sum += a[i * rank + k] * b[k * columns + j];
              }
              kernel[i * columns + j] += factor * sum;
            }
          }
        });
  }

  private float[] adapter(String name, Shape shape) {
    String place = path + "/" + within + name;
    float[] values = weights.allocateOptional(place, shape);
    weights.add(
        new WeightSlot(path, within + name, shape, "", true, WeightSlot.Kind.ADAPTER, values));
    return values;
  }

  /**
   * A weight that the graph does not compute with as it is.
   *
   * @return the array that its values will be in
   */
  float[] hiddenWeight(String name, Shape shape, boolean counter) {
    String own = within + name;
    Optional<WeightSlot> before = weights.find(path, own);
    if (before.isPresent()) {
      return before.get().values();
    }
    float[] values = weights.allocate(path + "/" + own, shape);
    WeightSlot.Kind kind = counter ? WeightSlot.Kind.COUNTER : WeightSlot.Kind.WEIGHT;
    weights.add(new WeightSlot(path, own, shape, "", false, kind, values));
    return values;
  }

  /** A number from the configuration. */
  String constant(String name, Tensor value) {
    String unique = path + "/" + name;
    for (int i = 1; isTaken(unique); i++) {
      unique = path + "/" + name + "#" + i;
    }
    return graph.weight(Weight.constant(unique, value));
  }

  String constant(String name, float value) {
    return constant(name, Tensor.scalar(value));
  }

  private boolean isTaken(String name) {
    return graph.has(name);
  }

  private Penalty penalty(String weight) {
    // Keras calls it depthwise_regularizer, without the kernel.
    String stem = weight.endsWith("wise_kernel") ? weight.replace("_kernel", "") : weight;
    return Penalty.of(path, options.get(stem + "_regularizer"));
  }

  /** Adds the layer's {@code activity_regularizer}, if it has one. */
  String regularized(String value) {
    Penalty penalty = penalty("activity");
    return penalty.isNone()
        ? value
        : add(new Op.ActivityRegularization((float) penalty.l1(), (float) penalty.l2()), value);
  }

  String reshape(String value, int... sample) {
    Shape shape = Shape.of(sample);
    Shape now = graph.shape(value);
    boolean same = now.dims().subList(1, now.rank()).equals(shape.dims());
    return same ? value : add(new Op.Reshape(shape), value);
  }

  /** The dimensions of a value without the batch. */
  List<Integer> sample(String value) {
    Shape shape = graph.shape(value);
    return new ArrayList<>(shape.dims().subList(1, shape.rank()));
  }
}
