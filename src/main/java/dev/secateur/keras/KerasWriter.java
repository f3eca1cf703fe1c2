package dev.secateur.keras;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
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
import java.util.Optional;

/** Writes models back as files that current Keras 3 and tf_keras (Keras 2) load. */
public final class KerasWriter {
  private KerasWriter() {}

  /**
   * @param model the architecture, as read
   * @param weights the graph to take the weights' values from, by name; also one whose weights
   *     changed
   * @param out written beside first, read again and compared, then moved into place
   * @return the network as it stands in the file: for whoever compares answers
   * @throws KerasException if the file cannot be written
   */
  public static Graph write(KerasModel model, Graph weights, Path out, KerasFormat format) {
    Path beside = out.resolveSibling(out.getFileName() + ".part");
    try {
      WrittenModel written = new ModelWriting(model.architecture(), weights).model();
      if (format.written() == KerasFormat.H5) {
        Hdf5Layout.write(written, beside);
      } else {
        ZipLayout.write(written, beside);
      }
      Graph read = readAgain(beside, written, weights);
      Files.move(beside, out, StandardCopyOption.REPLACE_EXISTING);
      return read;
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

  /** What was written must be read as what was to be written: the same network, bit for bit. */
  private static Graph readAgain(Path file, WrittenModel written, Graph weights) {
    Optional<Shape> shape =
        weights.inputs().size() == 1
            ? Optional.of(weights.inputs().get(0).shape())
            : Optional.empty();
    KerasModel read;
    try {
      KerasSource source = KerasSource.of(file);
      read = KerasReader.read(shape.map(source::withInputShape).orElse(source));
    } catch (KerasException e) {
      Reason first = e.reasons().get(0);
      throw miswritten(first.place(), "what was written is refused: " + first.message());
    }
    WrittenModel again = new ModelWriting(read.architecture(), read.graph()).model();
    Optional<String> different = again.difference(written);
    if (different.isPresent()) {
      throw miswritten(different.get(), "what was written is not read as what was to be written");
    }
    return read.graph();
  }

  private static Refusal miswritten(String place, String problem) {
    String remedy = "report this with the model: it is a fault of Secateur";
    return new Refusal(Kind.MISWRITTEN, place, problem, remedy);
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
