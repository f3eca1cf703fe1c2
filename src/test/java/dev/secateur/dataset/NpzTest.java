package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
  @TempDir Path dir;

  private Path file() {
    return dir.resolve("set.npz");
  }

  private Dataset open(Part part, Preprocessing preprocessing, Expected expected) {
    return Datasets.open(file(), part, preprocessing, expected);
  }

  private Dataset open() {
    return open(Part.TRAIN, Preprocessing.NONE, Expected.ANYTHING);
  }

  private static Expected input(int classes, int... dims) {
    return new Expected(
        List.of(new Value("x", Shape.of(dims))),
        List.of(new Value("y", Shape.of(Shape.UNKNOWN, classes))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bytesAndLabelsComeBackInTheOrderAskedFor(boolean deflated) throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), deflated)) {
      npz.bytes("x", "(3, 1, 2, 1)", 1, 2, 3, 4, 255, 6).int64("y", "(3,)", 0, 1, 2);
    }
    try (Dataset set = open()) {
      Dataset.Batch batch = set.batch(new int[] {2, 0});
      assertThat(set.size()).isEqualTo(3);
      assertThat(set.inputs().get(0)).isEqualTo(Shape.of(Shape.UNKNOWN, 1, 2, 1));
      assertThat(batch.inputs().get(0).values()).containsExactly(255, 6, 1, 2);
      assertThat(batch.targets().get(0).values()).containsExactly(2, 0);
    }
  }

  @Test
  void scaleMeanAndDeviationApplyToEachChannelInFloat32() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), false)) {
      npz.bytes("x", "(1, 1, 1, 3)", 10, 20, 30);
    }
    Preprocessing preprocessing = new Preprocessing(0.1, List.of(1.0, 2.0, 3.0), List.of(2.0));
    try (Dataset set = open(Part.TRAIN, preprocessing, Expected.ANYTHING)) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values())
          .containsExactly((10 * 0.1f - 1f) / 2f, (20 * 0.1f - 2f) / 2f, (30 * 0.1f - 3f) / 2f);
    }
  }

  @Test
  void eachPartHasItsOwnArrays() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.floats("x_train", "(2, 1)", 1, 2)
          .int64("y_train", "(2, 1)", 0, 1)
          .floats("x_test", "(1, 1)", 3)
          .int64("y_test", "(1, 1)", 1);
    }
    assertThat(Datasets.hasEvaluationPart(file())).isTrue();
    try (Dataset train = open();
        Dataset test = open(Part.EVALUATION, Preprocessing.NONE, Expected.ANYTHING)) {
      assertThat(train.size()).isEqualTo(2);
      assertThat(test.batch(new int[] {0}).inputs().get(0).values()).containsExactly(3);
    }
  }

  @Test
  void oneHotRowsAreLabels() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(2, 1)", 1, 2).floats("y", "(2, 3)", 0, 0, 1, 1, 0, 0);
    }
    try (Dataset set = open()) {
      assertThat(set.targets().get(0).oneHot()).isTrue();
      assertThat(set.batch(new int[] {0, 1}).targets().get(0).values())
          .containsExactly(0, 0, 1, 1, 0, 0);
    }
  }

  @Test
  void greyImagesGainTheChannelThatTheNetworkExpects() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 2, 2)", 1, 2, 3, 4);
    }
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, input(2, Shape.UNKNOWN, 2, 2, 1))) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).shape()).isEqualTo(Shape.of(1, 2, 2, 1));
    }
  }

  @Test
  void greyIsLuminance() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1, 1, 3)", 100, 50, 200);
    }
    Preprocessing grey = new Preprocessing(1, List.of(), List.of(), false, true);
    try (Dataset set = open(Part.TRAIN, grey, input(2, Shape.UNKNOWN, 1, 1, 1))) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values())
          .containsExactly(0.299f * 100 + 0.587f * 50 + 0.114f * 200);
    }
  }

  @Test
  void resizingSamplesAtPixelCentres() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1, 2, 1)", 0, 100);
    }
    Preprocessing resize = new Preprocessing(1, List.of(), List.of(), true, false);
    try (Dataset set = open(Part.TRAIN, resize, input(2, Shape.UNKNOWN, 1, 4, 1))) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values()).containsExactly(0, 25, 75, 100);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void setLargerThanTheHeapStreams(boolean deflated) throws Exception {
    int samples = 200;
    byte[] pixels = new byte[samples << 20];
    pixels[pixels.length - 1] = 7;
    try (NpzFixture npz = new NpzFixture(file(), deflated)) {
      npz.add("x", "|u1", "(" + samples + ", 1024, 1024, 1)", pixels);
    }
    Process small =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                LastPixel.class.getName(),
                file().toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(small.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).isEqualTo("200 samples, the last pixel is 7.0");
  }

  /** Reads the set that its argument names. */
  static final class LastPixel {
    private LastPixel() {}

    public static void main(String[] arguments) {
      try (Dataset set =
          Datasets.open(Path.of(arguments[0]), Part.TRAIN, Preprocessing.NONE, Expected.ANYTHING)) {
        float[] last = set.batch(new int[] {set.size() - 1}).inputs().get(0).values();
        System.out.print(set.size() + " samples, the last pixel is " + last[last.length - 1]);
      }
    }
  }

  @Test
  void objectArraysAreRefusedWithoutReadingThem() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.add("x", "|O", "(1,)", new byte[] {(byte) 0x80, 4});
    }
    refused("set.npz: x: is an object or record array");
  }

  @Test
  void labelOutsideTheClassesNamesItsSample() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(2, 1)", 1, 2).int64("y", "(2,)", 0, 10);
    }
    assertThatThrownBy(() -> open(Part.TRAIN, Preprocessing.NONE, input(10, Shape.UNKNOWN, 1)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("sample 1: has the label 10, but the network has 10 classes");
  }

  @Test
  void wrongChannelsNameBothShapesAndARemedy() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 2, 2, 3)", new int[12]);
    }
    assertThatThrownBy(
            () -> open(Part.TRAIN, Preprocessing.NONE, input(10, Shape.UNKNOWN, 2, 2, 1)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("(2×2×3), but the network takes (2×2×1) (ask for grey (--grey))");
  }

  @Test
  void noSamplesAreRefused() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(0, 2, 2, 3)");
    }
    refused("x: holds no samples");
  }

  @Test
  void fewerLabelsThanSamplesAreRefused() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(2, 1)", 1, 2).int64("y", "(1,)", 0);
    }
    refused("y: holds 1 labels for 2 samples");
  }

  private void refused(String message, int... output) {
    Expected expected = new Expected(List.of(), List.of(new Value("out", Shape.of(output))));
    assertThatThrownBy(() -> open(Part.TRAIN, Preprocessing.NONE, expected))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining(message);
  }

  @Test
  void negativeAndFractionalClassesAreRefused() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1)", 1).int64("y", "(1,)", -1);
    }
    refused("y: sample 0: has the label -1.0", -1, 3);
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1)", 1).floats("y", "(1,)", 0.5f);
    }
    refused("y: sample 0: has the label 0.5", -1, 3);
  }

  @Test
  void targetsThatAreNotFiniteOrOfAnotherShapeAreRefused() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1)", 1).floats("y", "(1, 2)", 1, Float.NaN);
    }
    refused("y: sample 0: holds NaN", -1, 2);
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1)", 1).floats("y", "(1, 2)", 1, 2);
    }
    refused("y: holds targets of (2) a sample, but the output out is (3)", -1, 3);
  }

  private Target target(int... output) {
    Expected expected = new Expected(List.of(), List.of(new Value("out", Shape.of(output))));
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, expected)) {
      return set.targets().get(0);
    }
  }

  @Test
  void formOfATargetFollowsFromItsShapeBesideTheOutputs() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(2, 1)", 1, 2).bytes("y", "(2, 1, 2)", 0, 1, 1, 1);
    }
    assertThat(target(-1, 1, 2, 3).form()).isEqualTo(Target.Form.CLASSES);
    assertThat(target(-1, 1, 2, 3).shape()).isEqualTo(Shape.of(-1, 1, 2));
    assertThat(target(-1, 1, 2, 1).form()).isEqualTo(Target.Form.NUMBERS);
    assertThat(target(-1, 1, 2, 1).content().zeroOne()).isTrue();
    assertThat(target(-1, 2).content().varies()).isTrue();
  }

  @Test
  void masksInBlackAndWhiteAreZeroAndOne() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1, 1)", 1).bytes("y", "(1, 2, 2)", 0, 255, 255, 0);
    }
    Expected mask = new Expected(List.of(), List.of(new Value("out", Shape.of(-1, 2, 2, 1))));
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, mask)) {
      assertThat(set.batch(new int[] {0}).targets().get(0).values()).containsExactly(0, 1, 1, 0);
      assertThat(set.targets().get(0).content().zeroOne()).isTrue();
    }
  }

  @Test
  void arraysOfSeveralInputsAndOutputsAreFoundByTheirNames() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.floats("b", "(2, 1)", 3, 4)
          .floats("a", "(2, 1)", 1, 2)
          .floats("x", "(2, 1)", 9, 9)
          .floats("right_train", "(2, 1)", 7, 8)
          .floats("left", "(2, 1)", 5, 6);
    }
    Shape one = Shape.of(-1, 1);
    Expected expected =
        new Expected(
            List.of(new Value("a", one), new Value("b", one)),
            List.of(new Value("left", one), new Value("right", one)));
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, expected)) {
      Dataset.Batch batch = set.batch(new int[] {1});
      assertThat(batch.inputs()).extracting(t -> t.values()[0]).containsExactly(2f, 4f);
      assertThat(batch.targets()).extracting(t -> t.values()[0]).containsExactly(6f, 8f);
    }
    Expected other = new Expected(List.of(new Value("a", one), new Value("c", one)), List.of());
    assertThatThrownBy(() -> open(Part.TRAIN, Preprocessing.NONE, other))
        .hasMessageContaining("must hold an array for each input, [a, c]");
    Expected missing =
        new Expected(
            List.of(new Value("a", one)), List.of(new Value("left", one), new Value("up", one)));
    assertThatThrownBy(() -> open(Part.TRAIN, Preprocessing.NONE, missing))
        .hasMessageContaining("holds targets [left], but the outputs are [left, up]");
  }

  @Test
  void headerThatClaimsMoreThanTheFileHoldsIsRefusedBeforeMemoryIsTaken() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(1000000000000, 32, 32, 3)", 1, 2);
    }
    refused("x: claims [1000000000000, 32, 32, 3] but holds");
  }

  @Test
  void truncatedFileIsRefused() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), true)) {
      npz.bytes("x", "(2, 1)", 1, 2);
    }
    byte[] all = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(all, all.length - 30));
    refused("is a damaged or truncated NPZ file");
  }

  @Test
  void emptyMissingAndForeignFilesAreRefused() throws IOException {
    Files.write(file(), new byte[0]);
    refused("is empty");
    Files.writeString(file(), "hello");
    refused("is no set of samples that is known");
    Files.delete(file());
    refused("cannot be read");
  }

  private void refused(String message) {
    assertThatThrownBy(this::open)
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining(file().getFileName().toString())
        .hasMessageContaining(message);
  }

  @Test
  void arraysOfAModelWithItsChannelsFirstAreFedWithThemLast() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), false)) {
      npz.bytes("x", "(1, 2, 1, 3)", 1, 2, 3, 4, 5, 6).bytes("y", "(1, 2, 1, 3)", 6, 5, 4, 3, 2, 1);
    }
    Value image = new Value("x", Shape.of(-1, 1, 3, 2), true);
    Expected expected = new Expected(List.of(image), List.of(new Value("y", image.shape(), true)));
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, expected)) {
      Dataset.Batch batch = set.batch(new int[] {0});
      assertThat(batch.inputs().get(0).shape()).isEqualTo(Shape.of(1, 1, 3, 2));
      assertThat(batch.inputs().get(0).values()).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(batch.targets().get(0).values()).containsExactly(6, 3, 5, 2, 4, 1);
      assertThat(set.remarks()).singleElement().asString().contains("channels first");
    }
  }

  @Test
  void anArrayThatFitsOnlyWithItsChannelsMovedIsFedSo() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), false)) {
      npz.bytes("x", "(1, 3, 1, 2)", 1, 2, 3, 4, 5, 6);
    }
    Expected expected = Expected.input(Shape.of(-1, 1, 2, 3));
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, expected)) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values())
          .containsExactly(1, 3, 5, 2, 4, 6);
    }
  }

  @Test
  void numbersOfSeveralBytesMoveAsAWhole() throws IOException {
    try (NpzFixture npz = new NpzFixture(file(), false)) {
      npz.int64("x", "(1, 2, 2)", 1, 2, 3, 4);
    }
    Expected expected = new Expected(List.of(new Value("x", Shape.of(-1, 2, 2), true)), List.of());
    try (Dataset set = open(Part.TRAIN, Preprocessing.NONE, expected)) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values()).containsExactly(1, 3, 2, 4);
    }
  }
}
