package dev.secateur.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a SavedModel's files may look like; that its network is Keras' own, the tiny files say. */
class SavedModelTest {
  private static final Path TINY = Path.of("src", "test", "resources", "tiny");
  private static final Path MODEL = TINY.resolve(Path.of("savedmodel-nested", "model.tf"));

  @TempDir Path temporary;

  private static Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(MODEL)) {
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        files.put(MODEL.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private Path zip(String prefix, Map<String, byte[]> files) throws IOException {
    Path file = temporary.resolve("model.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : files.entrySet()) {
        out.putNextEntry(new ZipEntry(prefix + entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return file;
  }

  private Path tar(boolean gzip, String prefix, Map<String, byte[]> files, TarArchiveEntry... more)
      throws IOException {
    Path file = temporary.resolve("model.tar.gz");
    try (OutputStream plain = Files.newOutputStream(file);
        OutputStream packed = gzip ? new GZIPOutputStream(plain) : plain;
        TarArchiveOutputStream out = new TarArchiveOutputStream(packed)) {
      for (Map.Entry<String, byte[]> entry : files.entrySet()) {
        TarArchiveEntry item = new TarArchiveEntry(prefix + entry.getKey());
        item.setSize(entry.getValue().length);
        out.putArchiveEntry(item);
        out.write(entry.getValue());
        out.closeArchiveEntry();
      }
      for (TarArchiveEntry item : more) {
        out.putArchiveEntry(item);
        out.closeArchiveEntry();
      }
    }
    return file;
  }

  private static void assertIsTheModel(Path file) {
    KerasModel model = KerasReader.read(file);
    Graph directory = KerasReader.read(MODEL).graph();
    assertThat(model.format()).isEqualTo(KerasFormat.SAVED_MODEL);
    assertThat(model.graph().nodes()).isEqualTo(directory.nodes());
    assertThat(model.graph().weights().keySet()).isEqualTo(directory.weights().keySet());
    model
        .graph()
        .weights()
        .forEach(
            (name, weight) ->
                assertThat(weight.value().values())
                    .as(name)
                    .containsExactly(directory.weights().get(name).value().values()));
  }

  private static Reason refusal(Path file) {
    KerasException refused =
        catchThrowableOfType(KerasException.class, () -> KerasReader.read(file));
    assertThat(refused).as("a refusal of " + file).isNotNull();
    return refused.reasons().get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "model/", "./", "models/1/", "..name/"})
  void archivesAreReadAsTheirDirectoryWhereverInThemItStands(String prefix) throws IOException {
    assertIsTheModel(zip(prefix, files()));
    assertIsTheModel(tar(true, prefix, files()));
    assertIsTheModel(tar(false, prefix, files()));
  }

  @Test
  void aDirectoryWithTheModelInOneOfItsOwnIsReadToo() throws IOException {
    for (Map.Entry<String, byte[]> entry : files().entrySet()) {
      Path file = temporary.resolve("export/1").resolve(entry.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, entry.getValue());
    }
    assertIsTheModel(temporary.resolve("export"));
  }

  @Test
  void severalModelsAreNotChosenFrom() throws IOException {
    Map<String, byte[]> two = new LinkedHashMap<>();
    files().forEach((name, content) -> two.put("1/" + name, content));
    files().forEach((name, content) -> two.put("2/" + name, content));
    assertThat(refusal(zip("", two)).message()).contains("1/saved_model.pb", "2/saved_model.pb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../", "/", "a/../../", "..\\"})
  void namesThatLeadOutOfAnArchiveAreRefused(String prefix) throws IOException {
    Map<String, byte[]> files = files();
    files.put(prefix + "evil", new byte[1]);
    assertThat(refusal(zip("", files)).kind()).isEqualTo(Kind.CORRUPT);
    if (!prefix.equals("/")) { // which the library takes off when it writes
      assertThat(refusal(tar(true, "", files)).kind()).isEqualTo(Kind.CORRUPT);
    }
    assertThat(temporary.getParent().resolve("evil")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(bytes = {TarConstants.LF_SYMLINK, TarConstants.LF_LINK})
  void linksInAnArchiveAreRefused(byte kind) throws IOException {
    TarArchiveEntry link = new TarArchiveEntry("variables/variables.more", kind);
    link.setLinkName("/etc/passwd");
    assertThat(refusal(tar(true, "", files(), link)).message()).contains("link");
  }

  @Test
  void anArchiveThatUnpacksToManyTimesItsSizeIsRefused() throws IOException {
    Map<String, byte[]> files = files();
    files.put("variables/variables.data-00000-of-00001", new byte[300 << 20]);
    assertThat(refusal(tar(true, "", files)).kind()).isEqualTo(Kind.LIMIT);
    assertThat(refusal(zip("", files)).kind()).isEqualTo(Kind.LIMIT);
  }

  @Test
  void aGraphWithoutMetadataIsRefusedWithWhatToDo() throws IOException {
    Map<String, byte[]> files = files();
    files.remove("keras_metadata.pb");
    assertThat(refusal(zip("", files)))
        .satisfies(
            r -> assertThat(r.message()).contains("no metadata of Keras"),
            r -> assertThat(r.remedy()).contains("model.save(\"model.keras\")"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"variables/variables.index", "variables/variables.data-00000-of-00001"})
  void aFileThatIsAbsentIsNamed(String name) throws IOException {
    Map<String, byte[]> files = files();
    files.remove(name);
    assertThat(refusal(zip("", files)).place()).isEqualTo(name.substring(name.indexOf('/') + 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"variables/variables.index", "variables/variables.data-00000-of-00001"})
  void aByteThatChangedIsNoticed(String name) throws IOException {
    Map<String, byte[]> files = files();
    byte[] content = files.get(name);
    // Within the table's first block; of the data, in the values of the first variables.
    content[9] ^= 1;
    assertThat(refusal(zip("", files)).message()).contains("checksum");
  }

  @Test
  void somethingElseInATarGzIsNoModel() throws IOException {
    Map<String, byte[]> files = Map.of("notes.txt", "text".getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(tar(true, "", files)).kind()).isEqualTo(Kind.FOREIGN_FORMAT);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(text)) {
      out.write(new byte[99]);
    }
    Path file = Files.write(temporary.resolve("text.gz"), text.toByteArray());
    assertThat(refusal(file).remedy()).isNotBlank();
  }

  @Test
  void aRealOneOfTensorFlow24IsRefusedForEachOfItsCustomClasses() {
    Path file = Path.of("..", "shared", "savedmodels", "basicpitch_tf24");
    assumeTrue(Files.exists(file), "needs " + file);
    KerasException refused =
        catchThrowableOfType(KerasException.class, () -> KerasReader.read(file));
    assertThat(refused.reasons()).extracting(Reason::kind).containsOnly(Kind.CUSTOM_CLASS);
    assertThat(refused.getMessage())
        .contains(
            List.of(
                "FlattenAudioCh",
                "CQT2010v2",
                "NormalizedLog",
                "HarmonicStacking",
                "FlattenFreqCh"));
  }
}
