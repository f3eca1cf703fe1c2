package dev.secateur.tflite;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.List;
import java.util.Random;

/** Small networks with random weights. */
final class Networks {
  static final ModelMetadata METADATA = new ModelMetadata("test", "");

  private final GraphBuilder builder = new GraphBuilder("test");
  private final Random random;

  Networks(long seed) {
    random = new Random(seed);
  }

  String input(int... dims) {
    return builder.input("x", Shape.of(dims).withBatch(Shape.UNKNOWN));
  }

  String add(String layer, Op op, String... operands) {
    return builder.add(layer, op, operands);
  }

  String weight(String name, Weight.Role role, float scale, int... dims) {
    return builder.weight(new Weight(name, role, random(random, scale, dims), true, 0, 0));
  }

  String constant(String name, float[] values, int... dims) {
    return builder.weight(Weight.constant(name, Tensor.of(values, dims)));
  }

  /** Convolution, batch normalisation with real statistics, and an activation. */
  String convBnRelu(String name, String x, int size, int filters, int stride) {
    String y = conv(name, x, size, filters, stride, Op.Padding.SAME);
    y = batchNorm(name + "_bn", y);
    return add(name + "_relu", new Op.Activate(Activation.Simple.RELU), y);
  }

  String conv(String name, String x, int size, int filters, int stride, Op.Padding padding) {
    int in = builder.shape(x).last();
    float scale = (float) Math.sqrt(2.0 / (size * size * in));
    String kernel = weight(name + "/k", Weight.Role.KERNEL, scale, size, size, in, filters);
    String bias = weight(name + "/b", Weight.Role.BIAS, 0.1f, filters);
    Op op = new Op.Conv2D(new Op.Size(stride, stride), padding, Op.Size.ONE, 1);
    return add(name, op, x, kernel, bias);
  }

  String batchNorm(String name, String x) {
    int c = builder.shape(x).last();
    float[] gamma = new float[c];
    float[] variance = new float[c];
    for (int i = 0; i < c; i++) {
      gamma[i] = 0.5f + random.nextFloat();
      variance[i] = 0.5f + random.nextFloat();
    }
    return add(
        name,
        new Op.BatchNormalization(1e-3f, 0.99f, false),
        x,
        constant(name + "/gamma", gamma, c),
        weight(name + "/beta", Weight.Role.BETA, 0.3f, c),
        weight(name + "/mean", Weight.Role.MOVING_MEAN, 0.3f, c),
        constant(name + "/var", variance, c));
  }

  String dense(String name, String x, int units) {
    int in = builder.shape(x).last();
    float scale = (float) Math.sqrt(1.0 / in);
    return add(
        name,
        new Op.Dense(),
        x,
        weight(name + "/k", Weight.Role.KERNEL, scale, in, units),
        weight(name + "/b", Weight.Role.BIAS, 0.1f, units));
  }

  GraphBuilder builder() {
    return builder;
  }

  Graph build(String output) {
    return builder.output("y", output).build();
  }

  /** A residual network as small as its parts allow. */
  static Graph resNet() {
    Networks n = new Networks(1);
    String x = n.input(1, 16, 16, 3);
    String a = n.convBnRelu("c1", x, 3, 8, 1);
    String b = n.batchNorm("c2_bn", n.conv("c2", a, 3, 8, 1, Op.Padding.SAME));
    String c = n.add("add", new Op.Binary(Op.BinaryKind.ADD), a, b);
    c = n.add("relu", new Op.Activate(Activation.Simple.RELU), c);
    c = n.convBnRelu("c3", c, 3, 16, 2);
    Op.Size eight = new Op.Size(8, 8);
    c = n.add("pool", new Op.Pool2D(Op.PoolKind.AVERAGE, eight, eight, Op.Padding.VALID), c);
    c = n.add("flatten", new Op.Reshape(Shape.of(16)), c);
    c = n.dense("dense", c, 10);
    return n.build(n.add("softmax", new Op.Activate(new Activation.Softmax(1)), c));
  }

  static Tensor random(Random random, float scale, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return new Tensor(shape, values);
  }

  static Tensor samples(Graph graph, int count, long seed) {
    int[] dims = graph.inputs().get(0).shape().withBatch(count).toArray();
    return random(new Random(seed), 1, dims);
  }

  static List<Tensor> run(TfliteModel model, Tensor... inputs) {
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 1)) {
      return interpreter.predict(List.of(inputs));
    }
  }
}
