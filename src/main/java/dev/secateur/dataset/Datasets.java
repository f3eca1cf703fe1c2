package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** Opens sets of samples, whatever they lie in; told apart by content, not by name. */
public final class Datasets {
  /** Largest sample, in bytes as stored. */
  static final long MAX_SAMPLE_BYTES = 256L << 20;

  private static final String KINDS =
      "NPZ files, folders with one folder of images a class, and such folders in zip or tar.gz are"
          + " read";

  private Datasets() {}

  /** Which part of a file that holds several is meant. */
  public enum Part {
    TRAIN,
    EVALUATION
  }

  /**
   * What the network expects.
   *
   * @param input shape of its input, batch unknown; empty: as the samples are
   * @param classes number of classes; empty: labels are not checked
   */
  public record Expected(Optional<Shape> input, OptionalInt classes) {
    public static final Expected ANYTHING = new Expected(Optional.empty(), OptionalInt.empty());
  }

  /**
   * @throws DatasetException if the file cannot be read or does not fit
   */
  public static Dataset open(Path file, Part part, Preprocessing preprocessing, Expected expected) {
    Source source = source(file, part, preprocessing, expected);
    try {
      return new PreparedDataset(source, preprocessing, expected);
    } catch (RuntimeException e) {
      source.samples().close();
      throw e;
    }
  }

  /** Whether an NPZ file has samples of its own for evaluation beside those for training. */
  public static boolean hasEvaluationPart(Path file) {
    if (Files.isDirectory(file) || kind(file) != Kind.ZIP) {
      return false;
    }
    try (Npz npz = Npz.open(file)) {
      return npz.splits(Part.EVALUATION);
    }
  }

  private static Source source(
      Path file, Part part, Preprocessing preprocessing, Expected expected) {
    ImageFolders images = new ImageFolders(file, part, preprocessing.grey(), expected.input());
    if (Files.isDirectory(file)) {
      return images.folder();
    }
    return switch (kind(file)) {
      case ZIP -> Npz.holdsArrays(file) ? npz(file, part) : images.zip();
      case GZIP -> images.tarGz();
      case NPY -> Npz.lone(file);
      case OTHER ->
          throw new DatasetException(file, "", "is no set of samples that is known", KINDS);
    };
  }

  private static Source npz(Path file, Part part) {
    try (Npz npz = Npz.open(file)) {
      return npz.source(part);
    }
  }

  private enum Kind {
    ZIP,
    GZIP,
    NPY,
    OTHER
  }

  private static Kind kind(Path file) {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(4);
    } catch (IOException e) {
      throw new DatasetException(file, "", "cannot be read", "check the path", e);
    }
    if (head.length == 0) {
      throw new DatasetException(file, "", "is empty", KINDS);
    }
    int magic = head.length < 2 ? 0 : (head[0] & 0xff) << 8 | (head[1] & 0xff);
    return switch (magic) {
      case 0x504b -> Kind.ZIP;
      case 0x1f8b -> Kind.GZIP;
      case 0x934e -> Kind.NPY;
      default -> Kind.OTHER;
    };
  }
}
