package dev.secateur.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.keras.KerasException;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that {@code fixtures/evil/make.py} made are refused with their reason. */
class RefusalTest {
  @TempDir Path temporary;

  private static Path evil(String name) throws URISyntaxException {
    return Path.of(RefusalTest.class.getResource("/evil/" + name).toURI());
  }

  private static List<Reason> reasons(Path file) {
    Reading reading = Reading.of(file);
    assertThat(reading.foul()).as("foul").isEmpty();
    assertThat(reading.refusal()).as("refusal of %s", file.getFileName()).isPresent();
    assertThat(reading.refusal().orElseThrow()).isInstanceOf(KerasException.class);
    KerasException refusal = (KerasException) reading.refusal().orElseThrow();
    assertThat(refusal.getMessage()).contains(file.getFileName().toString());
    assertThat(refusal.reasons())
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.message()).isNotBlank())
        .allSatisfy(r -> assertThat(r.remedy()).isNotBlank());
    return refusal.reasons();
  }

  @ParameterizedTest
  @CsvSource({
    "parent-name.keras, CORRUPT",
    "absolute-name.keras, CORRUPT",
    "symlink.keras, CORRUPT",
    "duplicate.keras, CORRUPT",
    "truncated.keras, CORRUPT",
    "truncated.h5, CORRUPT",
    "external-link.h5, CORRUPT",
    "external-storage.h5, CORRUPT",
    "virtual.h5, CORRUPT",
    "bomb.keras, LIMIT",
    "parameters.keras, WEIGHTS_MISMATCH",
    "filters.keras, INVALID_CONFIG",
    "image-size.keras, INVALID_CONFIG",
    "nestings.keras, LIMIT",
    "json-depth.keras, LIMIT",
    "cycle.keras, INVALID_CONFIG",
    "wrong-shape.keras, WEIGHTS_MISMATCH",
    "wrong-shape.h5, WEIGHTS_MISMATCH",
    "wrong-count.h5, WEIGHTS_MISMATCH",
    "extra-weights.keras, WEIGHTS_MISMATCH",
    "missing-weights.h5, WEIGHTS_MISMATCH",
    "not-finite.keras, NOT_FINITE",
    "weights-only.h5, WEIGHTS_ONLY",
    "lambda.h5, EXECUTES_CODE",
    "named-lambda.h5, EXECUTES_CODE",
    "custom.keras, CUSTOM_CLASS",
    "qkeras.h5, CUSTOM_CLASS",
    "attention.keras, ATTENTION",
    "channels-first.h5, CHANNELS_FIRST",
    "empty.h5, EMPTY",
    "lfs-pointer.h5, LFS_POINTER",
    "model.onnx, FOREIGN_FORMAT",
    "model.tflite, FOREIGN_FORMAT",
    "legacy.pt, FOREIGN_FORMAT",
    "torch.pt, FOREIGN_FORMAT",
    "text.h5, FOREIGN_FORMAT",
    "saved_model.pb, FOREIGN_FORMAT",
  })
  void isRefusedWithItsReason(String name, Kind kind) throws URISyntaxException {
    assertThat(reasons(evil(name))).extracting(Reason::kind).contains(kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"dangling-link.h5", "self-link.h5", "huge-dataset.h5", "names-not-utf8.h5"})
  void neverPassesTheLimits(String name) throws URISyntaxException {
    assertThat(Reading.of(evil(name)).foul()).isEmpty();
  }

  @Test
  void allReasonsOfAFileAreGivenAtOnce() throws URISyntaxException {
    assertThat(reasons(evil("several.keras")))
        .extracting(Reason::kind)
        .contains(Kind.RECURRENT, Kind.EXECUTES_CODE)
        .hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void aSavedModelDirectoryIsNamedWithTheRemedy() throws IOException {
    Path saved = Files.createDirectories(temporary.resolve("saved"));
    Files.createDirectories(saved.resolve("variables"));
    Files.write(saved.resolve("saved_model.pb"), new byte[] {8, 1, 18, 0});
    Reason reason = reasons(saved).get(0);
    assertThat(reason.kind()).isEqualTo(Kind.FOREIGN_FORMAT);
    assertThat(reason.message()).contains("SavedModel");
    assertThat(reason.remedy()).contains("save");
  }

  @Test
  void foreignFilesAreCalledByTheirName() throws URISyntaxException {
    assertThat(reasons(evil("model.onnx")).get(0).message()).contains("ONNX");
    assertThat(reasons(evil("model.tflite")).get(0).message()).contains("TensorFlow Lite");
    assertThat(reasons(evil("torch.pt")).get(0).message()).contains("PyTorch");
    assertThat(reasons(evil("legacy.pt")).get(0).message()).contains("PyTorch");
  }

  @Test
  void nothingIsWrittenBesideARefusedFile() throws Exception {
    Path copy = temporary.resolve("in").resolve("parent-name.keras");
    Files.createDirectories(copy.getParent());
    Files.copy(evil("parent-name.keras"), copy);
    reasons(copy);
    try (Stream<Path> all = Files.walk(temporary)) {
      assertThat(all.filter(Files::isRegularFile)).containsExactly(copy);
    }
  }

  @Test
  void aHeaderThatClaimsGigabytesIsRefusedBeforeMemoryIsTaken() throws IOException {
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(Path.of("examples", "shapes.h5")))
            .order(ByteOrder.LITTLE_ENDIAN);
    // Superblock version 0: the root group's object header, whose size stands at its byte 8.
    int header = Math.toIntExact(file.getLong(64));
    file.putInt(header + 8, 0x7FFF_FFF0);
    Path damaged = Files.write(temporary.resolve("claims.h5"), file.array());
    assertThat(reasons(damaged)).extracting(Reason::kind).containsExactly(Kind.CORRUPT);
  }
}
