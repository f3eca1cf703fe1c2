package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * On a network whose last kernel loses, rounded to the nearest, weights that are all of one sign:
 * what it says is shifted, and other levels and a moved bias make that good.
 */
class NearerInt8Test {
  private static final int CHANNELS = 8;
  private static final int OUTPUTS = 4;
  private static final ModelMetadata NONE = new ModelMetadata("test", "");

  private final Graph network = network(1);
  private final Dataset samples =
      Datasets.open(
          Path.of("examples/shapes.npz"),
          Datasets.Part.TRAIN,
          new Preprocessing(1 / 255.0, List.of(), List.of()),
          Datasets.Expected.inputsOf(network));

  @AfterEach
  void close() {
    samples.close();
  }

  private static Graph network(float factor) {
    Random random = new Random(1);
    GraphBuilder g = new GraphBuilder("net");
    String x = g.input("x", Shape.of(Shape.UNKNOWN, 16, 16, 1));
    Op one = new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);
    float[] first = new float[CHANNELS];
    float[] depthwise = new float[9 * CHANNELS];
    float[] second = new float[9 * CHANNELS * OUTPUTS];
    for (int c = 0; c < CHANNELS; c++) {
      first[c] = 0.5f + random.nextFloat();
      for (int place = 0; place < 9; place++) {
        depthwise[place * CHANNELS + c] = random.nextFloat();
      }
    }
    for (int i = 0; i < second.length; i++) {
      // Below half a level, but for one weight that says how large a level is.
      second[i] = factor * (i < OUTPUTS ? 1 : 0.45f / 127);
    }
    String a = g.add("first", one, x, weight(g, "first/kernel", first, 1, 1, 1, CHANNELS));
    a =
        g.add(
            "depthwise",
            new Op.DepthwiseConv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE),
            a,
            weight(g, "depthwise/kernel", depthwise, 3, 3, CHANNELS, 1));
    String bias =
        g.weight(
            new Weight(
                "bias", Weight.Role.BIAS, Tensor.of(new float[OUTPUTS], OUTPUTS), true, 0, 0));
    a = g.add("second", one, a, weight(g, "second/kernel", second, 3, 3, CHANNELS, OUTPUTS), bias);
    return g.output("y", a).build();
  }

  private static String weight(GraphBuilder g, String name, float[] values, int... dims) {
    Tensor value = new Tensor(Shape.of(dims), values);
    return g.weight(new Weight(name, Weight.Role.KERNEL, value, true, 0, 0));
  }

  private TfliteModel plain(Graph of) {
    Lowered lowered = Lowered.of(of);
    Calibration calibration =
        new Calibrator(1).calibrate(lowered, lowered.float32(NONE), samples, 100, () -> false);
    return lowered.int8(calibration, Quantization.DEFAULT, NONE);
  }

  @Test
  void whatIsRoundedByReconstructionIsNearerThere() {
    TfliteModel rounded =
        RoundedNetwork.eightBits(network, Quantization.DEFAULT, samples, 100, 1, () -> false)
            .file(Scheme.INT8, Quantization.DEFAULT, NONE);

    assertThat(NearerInt8.gains(network)).isTrue();
    assertThat(isNearer(rounded, plain(network))).isTrue();
    assertThat(isNearer(plain(network), rounded)).isFalse();
  }

  @Test
  void whatSaysSomethingElseIsFarther() {
    assertThat(isNearer(plain(network), plain(network(2)))).isTrue();
    assertThat(isNearer(plain(network(2)), plain(network))).isFalse();
    assertThat(isNearer(plain(network), plain(network))).as("as near as itself").isFalse();
  }

  private boolean isNearer(TfliteModel one, TfliteModel other) {
    return NearerInt8.isNearer(one, other, Lowered.of(network).float32(NONE), samples, 1);
  }
}
