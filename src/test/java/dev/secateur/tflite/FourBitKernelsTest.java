package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight.Role;
import dev.secateur.graph.pass.Passes;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels of four bits, two to a byte and a byte each, on the real runtime. */
class FourBitKernelsTest {
  static LongStream seeds() {
    return LongStream.range(0, 24);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void packedTheyAreTheSameNetworkBitForBit(long seed) {
    Graph graph = seed == 0 ? Networks.resNet() : random(seed);
    OnGrids four = OnGrids.of(graph);
    Tensor x = Networks.samples(graph, 3, seed);
    TfliteModel packed = four.file(Scheme.INT4, x);
    TfliteModel bytes = four.file(Scheme.INT8, x);
    assertThat(packed.size()).isLessThan(bytes.size());
    assertThat(run(packed, x).values()).isEqualTo(run(bytes, x).values());
  }

  /** Levels and steps of the file are those of the grid: nothing is rounded twice. */
  @ParameterizedTest
  @MethodSource("seeds")
  void theFilesKernelsAreTheGridsLevels(long seed) {
    Graph graph = random(seed);
    OnGrids four = OnGrids.of(graph);
    Tensor x = Networks.samples(graph, 3, seed);
    Program program =
        Quantizer.quantize(
            Lowered.of(four.network()).program(),
            new Calibrator(1).calibrate(four.network(), List.of(List.of(x))),
            Scheme.INT4,
            Quantization.DEFAULT,
            four.grids());
    int found = 0;
    for (Program.Tensor tensor : program.tensors()) {
      Grid grid = four.grids().get(tensor.name());
      if (grid != null) {
        found++;
        assertThat(tensor.type()).isEqualTo(ScalarType.INT4);
        float[] steps = tensor.quantization().orElseThrow().scales();
        assertThat(steps).hasSize(grid.steps().size());
        for (int c = 0; c < steps.length; c++) {
          assertThat(steps[c]).isEqualTo(grid.step(c));
        }
      }
    }
    assertThat(found).isEqualTo(four.grids().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 8})
  void theFirstOfAPairIsTheLowHalfAndAnOddOneStandsAlone(int count) {
    byte[] levels = new byte[count];
    for (int i = 0; i < count; i++) {
      levels[i] = (byte) (i % 15 - 7);
    }
    Constant.Int4s constant = new Constant.Int4s(levels);
    ByteBuffer written = ByteBuffer.allocate(constant.size());
    constant.write(written);
    assertThat(written.hasRemaining()).isFalse();
    for (int i = 0; i < count; i++) {
      int pair = written.get(i / 2);
      int half = i % 2 == 0 ? pair << 28 >> 28 : pair >> 4;
      assertThat(half).isEqualTo(levels[i]);
    }
    if (count % 2 == 1) {
      assertThat(written.get(count / 2) >> 4).isZero();
    }
  }

  @Test
  void theyNeedARuntimeThatKnowsThem() {
    Graph graph = Networks.resNet();
    TfliteModel packed = OnGrids.of(graph).file(Scheme.INT4, Networks.samples(graph, 2, 1));
    assertThat(new String(packed.toByteArray(), StandardCharsets.ISO_8859_1)).contains("2.11.0");
  }

  private static Tensor run(TfliteModel model, Tensor x) {
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 1, Kernels.BUILT_IN)) {
      return interpreter.predict(List.of(x)).get(0);
    }
  }

  /** Convolutions, depthwise ones and a dense layer, whose kernels often have an odd size. */
  private static Graph random(long seed) {
    Random random = new Random(seed);
    Networks n = new Networks(seed);
    String x = n.input(1, 9, 8, 1 + random.nextInt(4));
    int layers = 1 + random.nextInt(4);
    for (int i = 0; i < layers; i++) {
      Padding padding = Padding.values()[random.nextInt(2)];
      int in = n.builder().shape(x).last();
      int out = 1 + random.nextInt(6);
      int size = 1 + random.nextInt(2);
      Size strides = new Size(1 + random.nextInt(2), 1);
      if (random.nextBoolean()) {
        String k = n.weight("k" + i, Role.KERNEL, 0.4f, size, size, in, out);
        String b = n.weight("b" + i, Role.BIAS, 0.3f, out);
        x = n.add("conv" + i, new Op.Conv2D(strides, padding, Size.ONE, 1), x, k, b);
      } else {
        String k = n.weight("k" + i, Role.KERNEL, 0.4f, size, size, in, 1 + random.nextInt(2));
        x = n.add("depthwise" + i, new Op.DepthwiseConv2D(Size.ONE, padding, Size.ONE), x, k);
      }
      if (random.nextBoolean()) {
        x = n.batchNorm("bn" + i, x);
      }
      // Not one that may leave nothing: kernels of what is always zero get other scales.
      x = n.add("leaky" + i, new Op.Activate(new Activation.LeakyRelu(0.2f)), x);
    }
    x = n.add("flatten", new Op.Reshape(Shape.of((int) n.builder().shape(x).size())), x);
    return n.build(n.dense("dense", x, 1 + random.nextInt(7)));
  }

  /** A network with each kernel on the nearest levels of a grid. */
  private record OnGrids(Graph network, Map<String, Grid> grids) {
    static OnGrids of(Graph original) {
      Graph folded = Passes.forInference(original);
      Map<String, Grid> grids = new HashMap<>();
      Map<String, Tensor> changed = new HashMap<>();
      for (Node node : folded.nodes()) {
        boolean depthwise = node.op() instanceof Op.DepthwiseConv2D;
        boolean dense = node.op() instanceof Op.Dense;
        if (depthwise || dense || node.op() instanceof Op.Conv2D) {
          Tensor kernel = folded.weights().get(node.input(1)).value();
          int channels = dense ? 1 : kernel.shape().last();
          channels *= depthwise ? kernel.shape().dim(2) : 1;
          Grid grid = grid(kernel.values(), channels);
          float[] values = kernel.values().clone();
          for (int i = 0; i < values.length; i++) {
            float step = grid.step(i % channels);
            values[i] = Math.round(values[i] / step) * step;
          }
          grids.put(node.input(1), grid);
          changed.put(node.input(1), new Tensor(kernel.shape(), values));
        }
      }
      return new OnGrids(folded.withWeights(changed), grids);
    }

    private static Grid grid(float[] values, int channels) {
      List<Float> steps = new ArrayList<>();
      for (int c = 0; c < channels; c++) {
        float largest = 0.01f;
        for (int i = c; i < values.length; i += channels) {
          largest = Math.max(largest, Math.abs(values[i]));
        }
        steps.add(largest / Grid.FOUR_BITS);
      }
      return new Grid(Grid.FOUR_BITS, steps);
    }

    TfliteModel file(Scheme scheme, Tensor x) {
      Calibration calibration = new Calibrator(1).calibrate(network, List.of(List.of(x)));
      return Lowered.of(network)
          .quantized(
              scheme, Optional.of(calibration), Quantization.DEFAULT, grids, Networks.METADATA);
    }
  }
}
