package dev.secateur.dataset;

import com.google.common.base.Suppliers;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Opens sets of samples, whatever they lie in; told apart by content, not by name. */
public final class Datasets {
  /** Largest sample, in bytes as stored. */
  static final long MAX_SAMPLE_BYTES = 256L << 20;

  private static final String KINDS =
      "NPZ files, folders with one folder of images a class, with images and a CSV table of their"
          + " labels or with images beside masks, such folders in zip, tar or tar.gz, and TFRecord"
          + " files, Parquet files and WebDataset's shards, or a folder of them, are read";

  /** Height, width, channels. */
  private static final int IMAGE = 3;

  private Datasets() {}

  /** Which part of a file that holds several is meant. */
  public enum Part {
    TRAIN,
    EVALUATION
  }

  /**
   * One of the network's inputs or outputs.
   *
   * @param name as in the network's file; an array of a set may be named after it
   * @param shape batch unknown
   * @param channelsFirst whether arrays have its channels first, (C,…), where the network has them
   *     last, as the model takes or gives them that it was read from
   */
  public record Value(String name, Shape shape, boolean channelsFirst) {
    /** In the order that the network has. */
    public Value(String name, Shape shape) {
      this(name, shape, false);
    }

    private List<Integer> sample() {
      return shape.dims().subList(1, shape.rank());
    }

    /** Whether an array of samples of these dimensions has their channels first. */
    boolean comesChannelsFirst(List<Integer> dims) {
      if (dims.size() < 2 || dims.size() != sample().size()) {
        return false;
      }
      boolean fitsNoOtherWay =
          dims.size() == IMAGE
              && !withoutOnes(dims).equals(withoutOnes(sample()))
              && channelsLast(dims).equals(sample());
      return channelsFirst || fitsNoOtherWay;
    }

    private static List<Integer> withoutOnes(List<Integer> dims) {
      return dims.stream().filter(d -> d != 1).toList();
    }

    /** Dimensions of a sample with the first of them moved to the end. */
    static List<Integer> channelsLast(List<Integer> dims) {
      List<Integer> moved = new ArrayList<>(dims);
      moved.add(moved.remove(0));
      return moved;
    }

    /** Dimensions of a sample as arrays have them. */
    List<Integer> given() {
      List<Integer> dims = new ArrayList<>(sample());
      if (channelsFirst) {
        dims.add(0, dims.remove(dims.size() - 1));
      }
      return dims;
    }

    @Override
    public String toString() {
      return name + " is " + new Shape(shape.dims().subList(1, shape.rank()));
    }
  }

  /**
   * What the network takes and gives.
   *
   * @param inputs empty: as the samples are
   * @param outputs empty: targets are not compared with anything
   */
  public record Expected(List<Value> inputs, List<Value> outputs) {
    public static final Expected ANYTHING = new Expected(List.of(), List.of());

    public Expected {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }

    /** One input, named by nobody. */
    public static Expected input(Shape shape) {
      return new Expected(List.of(new Value("", shape)), List.of());
    }

    /** What {@code network} takes and gives. */
    public static Expected of(Graph network) {
      Map<String, Shape> shapes = network.shapes();
      return new Expected(
          inputs(network),
          network.outputs().stream().map(o -> new Value(o.name(), shapes.get(o.value()))).toList());
    }

    /** The same, where arrays have the channels of those of these names first. */
    public Expected channelsFirst(Set<String> ofInputs, Set<String> ofOutputs) {
      return new Expected(channelsFirst(inputs, ofInputs), channelsFirst(outputs, ofOutputs));
    }

    private static List<Value> channelsFirst(List<Value> values, Set<String> first) {
      return values.stream()
          .map(v -> new Value(v.name(), v.shape(), first.contains(v.name())))
          .toList();
    }

    /** What {@code network} takes, whatever a set says of its outputs. */
    public static Expected inputsOf(Graph network) {
      return new Expected(inputs(network), List.of());
    }

    private static List<Value> inputs(Graph network) {
      return network.inputs().stream().map(i -> new Value(i.name(), i.shape())).toList();
    }
  }

  /**
   * @throws DatasetException if the file cannot be read or does not fit
   */
  public static Dataset open(Path file, Part part, Preprocessing preprocessing, Expected expected) {
    return open(file, part, preprocessing, expected, ReadOptions.usual());
  }

  /**
   * @throws DatasetException if the file cannot be read or does not fit
   */
  public static Dataset open(
      Path file, Part part, Preprocessing preprocessing, Expected expected, ReadOptions options) {
    return open(
        file,
        Suppliers.memoize(() -> SourceDigest.of(file)),
        part,
        preprocessing,
        expected,
        options);
  }

  /**
   * @param sha256 of the file or folder, as {@link SourceDigest} computes it; asked when the set is
   * @throws DatasetException if the file cannot be read or does not fit
   */
  public static Dataset open(
      Path file,
      Supplier<String> sha256,
      Part part,
      Preprocessing preprocessing,
      Expected expected,
      ReadOptions options) {
    Reading reading = new Reading(file, options);
    Sources sources = sources(file, part, preprocessing, expected, reading);
    try {
      return new PreparedDataset(sources, sha256, preprocessing, expected, reading);
    } catch (RuntimeException e) {
      sources.close();
      throw e;
    }
  }

  /** Whether a set has samples of its own for evaluation beside those for training. */
  public static boolean hasEvaluationPart(Path file) {
    return switch (kind(file)) {
      case FOLDER -> {
        Shards shards = shards(file);
        yield shards.all().isEmpty()
            ? hasEvaluationPart(file, new FileTree.Folder(file))
            : shards.hasEvaluation();
      }
      case TAR -> hasEvaluationPart(file, new ArchiveTree.Tar(file));
      case ZIP -> {
        try (Npz npz = Npz.open(file, Reading.strict(file))) {
          yield npz.isEmpty()
              ? hasEvaluationPart(file, new ArchiveTree.Zip(file))
              : npz.splits(Part.EVALUATION);
        }
      }
      case NPY, ROWS, OTHER -> false;
    };
  }

  private static boolean hasEvaluationPart(Path file, FileTree unlisted) {
    FileTree tree = FileTree.Listed.of(unlisted);
    return TabledImages.in(file, tree)
        .map(TabledImages::hasEvaluation)
        .or(() -> MaskedImages.in(file, tree).map(MaskedImages::hasEvaluation))
        .orElseGet(() -> ImageTree.hasEvaluation(file, ImageFolders.images(tree.files())));
  }

  private static Sources sources(
      Path file, Part part, Preprocessing preprocessing, Expected expected, Reading reading) {
    Kind kind = kind(file);
    if (kind == Kind.ZIP && Npz.holdsArrays(file)) {
      try (Npz npz = Npz.open(file, reading)) {
        return npz.sources(part, expected);
      }
    }
    if (expected.inputs().size() > 1) {
      throw new DatasetException(
          file,
          "",
          "feeds one input, but the network has " + expected.inputs(),
          "give an NPZ file with an array named after each");
    }
    if (kind == Kind.ROWS) {
      return rows(file, RowFile.of(file).stream().toList(), preprocessing, expected, reading);
    }
    if (kind == Kind.FOLDER) {
      Shards shards = shards(file);
      if (!shards.all().isEmpty()) {
        return rows(file, shards.of(part), preprocessing, expected, reading);
      }
    }
    return sources(kind, file, part, preprocessing, expected, reading);
  }

  private static Sources rows(
      Path file,
      List<RowFile> files,
      Preprocessing preprocessing,
      Expected expected,
      Reading reading) {
    Optional<Value> input = expected.inputs().stream().findFirst();
    Optional<Value> output = expected.outputs().stream().findFirst();
    return new RowSet(file, files, preprocessing.grey(), input, output, reading).read();
  }

  /** Record files of a folder that holds no images. */
  private static Shards shards(Path folder) {
    boolean images = !ImageFolders.images(new FileTree.Folder(folder).files()).isEmpty();
    return images ? new Shards(folder, List.of(), Map.of()) : Shards.in(folder);
  }

  private static Sources sources(
      Kind kind,
      Path file,
      Part part,
      Preprocessing preprocessing,
      Expected expected,
      Reading reading) {
    Optional<Shape> input = expected.inputs().stream().map(Value::shape).findFirst();
    boolean grey = preprocessing.grey();
    Function<FileTree, Sources> images =
        unlisted -> {
          FileTree tree = FileTree.Listed.of(unlisted);
          return TabledImages.in(file, tree)
              .map(tabled -> tabled.read(part, grey, input, reading))
              .or(
                  () ->
                      MaskedImages.in(file, tree)
                          .map(masked -> masked.read(part, grey, expected, reading)))
              .orElseGet(
                  () ->
                      Sources.of(new ImageFolders(file, tree, part, grey, input, reading).read()));
        };
    return switch (kind) {
      case FOLDER -> images.apply(new FileTree.Folder(file));
      case ZIP -> images.apply(new ArchiveTree.Zip(file));
      case TAR -> images.apply(new ArchiveTree.Tar(file));
      case NPY -> Sources.of(Npz.lone(file).fedTo(expected.inputs().stream().findFirst()));
      case ROWS, OTHER ->
          throw new DatasetException(file, "", "is no set of samples that is known", KINDS);
    };
  }

  private enum Kind {
    FOLDER,
    ZIP,
    TAR,
    NPY,
    ROWS,
    OTHER
  }

  private static Kind kind(Path file) {
    if (Files.isDirectory(file)) {
      return Kind.FOLDER;
    }
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
      case 0x934e -> Kind.NPY;
      default -> RowFile.of(file).map(f -> Kind.ROWS).orElseGet(() -> archive(file, magic));
    };
  }

  /** Archives of images; what begins like gzip can hold nothing else. */
  private static Kind archive(Path file, int magic) {
    return magic == 0x1f8b || ArchiveTree.Tar.begins(file) ? Kind.TAR : Kind.OTHER;
  }
}
