package dev.secateur.keras;

import dev.secateur.graph.Graph;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.write.Hdf5Layout;
import dev.secateur.keras.write.ModelWriting;
import dev.secateur.keras.write.WrittenModel;
import dev.secateur.keras.write.ZipLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Writes models back as files that current Keras 3 and tf_keras (Keras 2) load. */
public final class KerasWriter {
  private KerasWriter() {}

  /**
   * @param model the architecture, as read
   * @param weights the graph to take the weights' values from, by name; also one whose weights
   *     changed
   * @param out written beside first, then moved into place
   * @throws KerasException if the file cannot be written
   */
  public static void write(KerasModel model, Graph weights, Path out, KerasFormat format) {
    Path beside = out.resolveSibling(out.getFileName() + ".part");
    try {
      WrittenModel written = new ModelWriting(model.architecture(), weights).model();
      if (format == KerasFormat.H5) {
        Hdf5Layout.write(written, beside);
      } else {
        ZipLayout.write(written, beside);
      }
      Files.move(beside, out, StandardCopyOption.REPLACE_EXISTING);
    } catch (Refusal e) {
      throw new KerasException(out, e.reasons());
    } catch (IOException | IllegalStateException e) {
      Reason reason =
          new Reason(
              Kind.UNWRITABLE,
              "",
              "cannot be written: " + e.getMessage(),
              "check the directory and the free space");
      throw new KerasException(out, List.of(reason), e);
    } finally {
      discard(beside);
    }
  }

  private static void discard(Path beside) {
    try {
      Files.deleteIfExists(beside);
    } catch (IOException e) {
      System.getLogger(KerasWriter.class.getName())
          .log(System.Logger.Level.WARNING, "could not delete " + beside, e);
    }
  }
}
