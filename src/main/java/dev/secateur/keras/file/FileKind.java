package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** Tells files apart by what is in them, never by their names. */
public final class FileKind {
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final int HEAD = 512;

  /** Where a tar's first header says what it is (POSIX.1-1988, ustar). */
  private static final int TAR_MAGIC = 257;

  /** What helps weights that stand alone. */
  public static final String GIVE_ARCHITECTURE =
      "give it beside the weights: --architecture FILE, written by model.to_json(); or save the"
          + " whole model, with model.save instead of save_weights";

  private FileKind() {}

  /**
   * @throws Refusal if it is no Keras file, naming what it is
   */
  public static KerasFormat of(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      return directory(file);
    }
    boolean checkpoint = !Files.isDirectory(file) && CheckpointFiles.find(file).isPresent();
    if (checkpoint) {
      throw weightsOnly();
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEAD);
    }
    if (head.length == 0) {
      throw new Refusal(Kind.EMPTY, "", "the file is empty", "fetch or save the file again");
    }
    if (startsWith(head, HDF5)) {
      return KerasFormat.H5;
    }
    // Before a user block is looked for: the weights inside a zip are HDF5, wherever they begin.
    if (startsWith(head, new byte[] {'P', 'K', 3, 4})
        || startsWith(head, new byte[] {'P', 'K', 5, 6})) {
      return zip(file);
    }
    if (startsWith(head, new byte[] {0x1f, (byte) 0x8b}) || isTar(head)) {
      return KerasFormat.SAVED_MODEL; // if it is a model at all
    }
    if (hasUserBlock(file)) {
      return KerasFormat.H5;
    }
    throw foreign(head);
  }

  /** An HDF5 file may have 512 bytes, or a multiple of two of it, of anything before it. */
  private static boolean hasUserBlock(Path file) throws IOException {
    try (var channel = Files.newByteChannel(file)) {
      for (long at = HEAD; at + HDF5.length <= channel.size() && at <= 1 << 20; at *= 2) {
        var buffer = java.nio.ByteBuffer.allocate(HDF5.length);
        channel.position(at);
        channel.read(buffer);
        if (Arrays.equals(buffer.array(), HDF5)) {
          return true;
        }
      }
    }
    return false;
  }

  private static KerasFormat directory(Path file) throws IOException {
    if (SavedModelFiles.isIn(file)) {
      return KerasFormat.SAVED_MODEL;
    }
    if (CheckpointFiles.find(file).isPresent()) {
      throw weightsOnly();
    }
    throw foreign("a directory without saved_model.pb", "name the model file in it");
  }

  private static Refusal weightsOnly() {
    return new Refusal(
        Kind.WEIGHTS_ONLY,
        "",
        "a checkpoint of TensorFlow: weights without their architecture",
        GIVE_ARCHITECTURE);
  }

  private static KerasFormat zip(Path file) throws IOException {
    try (ZipEntries zip = ZipEntries.open(file)) {
      return KerasZip.isSavedModel(zip.names()) ? KerasFormat.SAVED_MODEL : KerasFormat.KERAS;
    }
  }

  private static boolean isTar(byte[] head) {
    byte[] magic = {'u', 's', 't', 'a', 'r'};
    return head.length >= TAR_MAGIC + magic.length
        && Arrays.equals(head, TAR_MAGIC, TAR_MAGIC + magic.length, magic, 0, magic.length);
  }

  private static Refusal foreign(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.startsWith("version https://git-lfs")) {
      return new Refusal(
          Kind.LFS_POINTER,
          "",
          "a Git LFS pointer: the model itself was not fetched",
          "run git lfs pull where it was cloned");
    }
    String export = "Secateur reads Keras files; save the Keras model that it was made from";
    if (text.startsWith("TFL3", 4)) {
      return foreign("a TensorFlow Lite model", export);
    }
    if (text.startsWith("\u0080") && text.length() > 1 && text.charAt(1) <= 5) {
      return foreign("a Python pickle (PyTorch saves these), which is never loaded", export);
    }
    if (text.startsWith("\u0093NUMPY")) {
      return foreign("a NumPy array", "name a model file");
    }
    if (head[0] == 0x08
        && (text.contains("onnx") || text.contains("pytorch") || text.contains("producer"))) {
      return foreign("an ONNX model", export);
    }
    if (head[0] == 0x08 && head.length > 2 && head[1] < 20 && head[2] == 0x12) {
      return foreign("an ONNX model", export);
    }
    if (text.contains("saved_model_schema_version")
        || text.startsWith("\n") && text.contains("Placeholder")) {
      return foreign("a TensorFlow graph", "save the model as .keras or .h5 instead");
    }
    if (text.stripLeading().startsWith("{")) {
      return foreign(
          "JSON, such as model.to_json gives: an architecture without weights",
          "name the file of the weights, and this one with --architecture");
    }
    if (text.stripLeading().startsWith("<")) {
      return foreign("a web page or XML", "fetch the file itself, not the page about it");
    }
    return foreign("neither an HDF5 file nor a .keras zip", "save the model with model.save");
  }

  static Refusal foreign(String what, String remedy) {
    return new Refusal(Kind.FOREIGN_FORMAT, "", "the file is " + what, remedy);
  }

  private static boolean startsWith(byte[] head, byte[] magic) {
    return head.length >= magic.length
        && Arrays.equals(head, 0, magic.length, magic, 0, magic.length);
  }
}
