package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class CalibratorTest {
  private static Graph doubling() {
    Networks n = new Networks(1);
    String two = n.constant("two", new float[] {2});
    String x = n.input(1, 3);
    return n.build(n.add("twice", new Op.Binary(Op.BinaryKind.MULTIPLY), x, two));
  }

  private static Calibration calibrate(Optional<Range> training, float[]... samples) {
    List<List<Tensor>> batches = new ArrayList<>();
    for (float[] sample : samples) {
      batches.add(List.of(Tensor.of(sample, 1, 3)));
    }
    return new Calibrator(1, training).calibrate(doubling(), batches);
  }

  @Test
  void aCalibrationThatIsCancelledStopsBeforeItsFirstSample() {
    try (Dataset set =
        Datasets.open(
            Path.of("examples/shapes.npz"),
            Datasets.Part.TRAIN,
            Preprocessing.NONE,
            Datasets.Expected.ANYTHING)) {
      Lowered network = Lowered.of(doubling());
      TfliteModel float32 = network.float32(Networks.METADATA);
      assertThatThrownBy(() -> new Calibrator(1).calibrate(network, float32, set, 10, () -> true))
          .isInstanceOf(CancellationException.class);
    }
  }

  private static Calibration calibrate(float[]... samples) {
    return calibrate(Optional.empty(), samples);
  }

  @Test
  void aMeanRangeIsBetweenThoseOfItsBatches() {
    Calibration mean =
        Calibration.mean(
            List.of(calibrate(new float[] {1, -2, 0}), calibrate(new float[] {0, -1, 4})));
    assertThat(mean.ranges().get("x")).isEqualTo(new Range(-1.5f, 2.5f));
    assertThat(mean.ranges().get("twice")).isEqualTo(new Range(-3, 5));
  }

  @Test
  void rangesAreTheExtremesOverAllSamples() {
    Calibration c = calibrate(new float[] {1, -2, 0}, new float[] {0, 0.5f, 4});
    assertThat(c.ranges().get("x")).isEqualTo(new Range(-2, 4));
    assertThat(c.ranges().get("twice")).isEqualTo(new Range(-4, 8));
    assertThat(c.warnings()).isEmpty();
  }

  @Test
  void samplesAreCountedHashedAndMeasured() {
    Calibration c = calibrate(new float[] {1, -2, 0}, new float[] {0, 0.5f, 4});
    assertThat(c.samples().count()).isEqualTo(2);
    assertThat(c.samples().min()).isEqualTo(-2);
    assertThat(c.samples().max()).isEqualTo(4);
    // sha256 of struct.pack('<6f', 1, -2, 0, 0, .5, 4)
    assertThat(c.samples().digest())
        .isEqualTo("69f67df97737bdb02d0db9c1fa28b30d02ea08a52252593634841bb2a2d112b8");
  }

  @Test
  void notANumberIsSkippedAndSaid() {
    Calibration c = calibrate(new float[] {1, Float.NaN, 0}, new float[] {0, -1, 2});
    assertThat(c.ranges().get("twice")).isEqualTo(new Range(-2, 4));
    assertThat(c.warnings()).anyMatch(w -> w.contains("NaN"));
  }

  @Test
  void constantSetIsSaid() {
    Calibration c = calibrate(new float[] {3, 3, 3}, new float[] {3, 3, 3});
    assertThat(c.warnings()).anyMatch(w -> w.contains("constant"));
  }

  @Test
  void equalSamplesAreSaid() {
    Calibration c = calibrate(new float[] {1, 2, 3}, new float[] {1, 2, 3});
    assertThat(c.warnings()).anyMatch(w -> w.contains("same"));
  }

  @Test
  void setOnAnotherScaleThanTheTrainingSetIsSaid() {
    Optional<Range> bytes = Optional.of(new Range(0, 255));
    Calibration c = calibrate(bytes, new float[] {0, 0.2f, 1}, new float[] {0.1f, 0.5f, 0.9f});
    assertThat(c.warnings()).anyMatch(w -> w.contains("255.0") && w.contains("scale"));
    assertThat(calibrate(bytes, new float[] {3, 100, 250}).warnings()).isEmpty();
  }

  @Test
  void setWithoutAFiniteValueIsRefused() {
    float[] none = {Float.NaN, Float.NaN, Float.NaN};
    assertThatThrownBy(() -> calibrate(none))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("no finite value");
  }

  @Test
  void samplesOfAnotherShapeAreRefused() {
    List<List<Tensor>> batches = List.of(List.of(Tensor.of(new float[4], 1, 4)));
    assertThatThrownBy(() -> new Calibrator(1).calibrate(doubling(), batches))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("(1×3)");
  }

  @Test
  void emptySetIsRefused() {
    assertThatThrownBy(() -> calibrate())
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("no samples");
  }

  /** Ranges are those of the fused network: what the activation cuts off never counts. */
  @Test
  void rangeIsTakenAfterAFusedActivation() {
    Networks n = new Networks(1);
    String x = n.dense("dense", n.input(1, 4), 5);
    Graph graph = n.build(n.add("relu", new Op.Activate(Activation.Simple.RELU), x));
    Calibration c =
        new Calibrator(1).calibrate(graph, List.of(List.of(Networks.samples(graph, 50, 1))));
    assertThat(c.ranges().get("relu").min()).isZero();
    assertThat(c.ranges()).doesNotContainKey("dense");
  }
}
