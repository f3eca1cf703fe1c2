package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Images beside masks that say each pixel's class, in a directory or an archive. Samples are
 * shuffled with a fixed seed, as those of classes' folders are. A mask is read in the size of its
 * image and brought to that of the network's output.
 */
record MaskedImages(Path file, FileTree tree, MaskTree masks) {
  private static final long SHUFFLE_SEED = 1;
  private static final int WHITE = 255;
  private static final String NAME = "masks";

  /** Those of a set whose folders are called so. */
  static Optional<MaskedImages> in(Path file, FileTree tree) {
    return MaskTree.of(file, ImageFolders.images(tree.files()))
        .map(masks -> new MaskedImages(file, tree, masks));
  }

  boolean hasEvaluation() {
    return masks.hasEvaluation();
  }

  private record Size(int height, int width) {
    @Override
    public String toString() {
      return height + "x" + width;
    }
  }

  /**
   * How the network's output asks about pixels.
   *
   * @param dims of a mask as a target
   * @param channels empty: unknown
   */
  private record Grid(Size size, List<Integer> dims, Optional<Integer> channels) {
    /** Of height, width and channels; of all pixels and channels; or of height and width alone. */
    static Grid of(Optional<Shape> output, Size input) {
      int rank = output.map(Shape::rank).orElse(0);
      if (rank != 3 && rank != 4) {
        return new Grid(input, List.of(input.height(), input.width()), Optional.empty());
      }
      Shape shape = output.get();
      if (rank == 3 && shape.dim(1) == input.height() * input.width()) {
        return new Grid(input, List.of(shape.dim(1)), Optional.of(shape.last()));
      }
      Size size = new Size(known(shape.dim(1), input.height()), known(shape.dim(2), input.width()));
      return new Grid(
          size, List.of(size.height(), size.width()), Optional.of(rank == 3 ? 1 : shape.last()));
    }
  }

  private static int known(int dim, int otherwise) {
    return dim == Shape.UNKNOWN ? otherwise : dim;
  }

  /**
   * @throws DatasetException if a file cannot be read or is of another size than its image, or the
   *     masks do not fit the output
   */
  Sources read(Datasets.Part part, boolean grey, Datasets.Expected expected, Reading reading) {
    if (expected.outputs().size() > 1) {
      throw new DatasetException(
          file,
          "",
          "has masks for one output, but the network has " + expected.outputs(),
          "give an NPZ file with an array named after each");
    }
    List<MaskTree.Pair> pairs = masks.pairs(part);
    Collections.shuffle(pairs, new Random(SHUFFLE_SEED));
    Optional<Shape> input = expected.inputs().stream().map(Datasets.Value::shape).findFirst();
    Optional<Shape> output = expected.outputs().stream().map(Datasets.Value::shape).findFirst();
    ImageSpool images = new ImageSpool(file, grey, input, reading);
    MaskSpool targets = new MaskSpool(reading.allowance());
    try {
      Map<String, Integer> records = new HashMap<>();
      Map<String, Size> sizes = new HashMap<>();
      tree.read(
          locations(pairs.stream().map(MaskTree.Pair::image).toList()),
          (place, in) -> {
            byte[] bytes = ImageSpool.bytes(file, place, in);
            reading.orSkip(
                () -> {
                  ImagePixels image = images.decode(place, bytes);
                  sizes.put(place, new Size(image.height(), image.width()));
                  records.put(place, images.add(image, bytes));
                });
          });
      pairs.removeIf(p -> !records.containsKey(location(p.image())));
      List<Integer> dims = images.dims();
      Grid grid = Grid.of(output, new Size(dims.get(0), dims.get(1)));
      tree.read(
          locations(pairs.stream().map(MaskTree.Pair::mask).toList()),
          (place, in) -> {
            byte[] bytes = ImageSpool.bytes(file, place, in);
            reading.orSkip(() -> targets.add(place, bytes, grid.size()));
          });
      pairs.removeIf(p -> !targets.records.containsKey(location(p.mask())));
      for (MaskTree.Pair pair : pairs) {
        Size image = sizes.get(location(pair.image()));
        Size mask = targets.sizes.get(location(pair.mask()));
        if (!image.equals(mask)) {
          throw new DatasetException(
              file,
              pair.mask(),
              "is of " + mask + " pixels, but its image " + pair.image() + " of " + image,
              "give masks of their images' sizes");
        }
      }
      grid.channels().ifPresent(targets::check);
      int[] order = pairs.stream().mapToInt(p -> records.get(location(p.image()))).toArray();
      int[] rows = pairs.stream().mapToInt(p -> targets.records.get(location(p.mask()))).toArray();
      Source source =
          new Source(file, "", images.records(), dims, order, Optional.empty(), List.of());
      return new Sources(List.of(source), List.of(targets.array(grid, rows)));
    } catch (IOException e) {
      close(images, targets);
      throw new DatasetException(
          file, "", "is damaged or truncated: " + e.getMessage(), "give it anew", e);
    } catch (RuntimeException e) {
      close(images, targets);
      throw e;
    }
  }

  private static void close(ImageSpool images, MaskSpool masks) {
    images.close();
    masks.close();
  }

  private String location(String path) {
    return tree.files().get(path);
  }

  private Set<String> locations(List<String> paths) {
    Set<String> locations = new TreeSet<>();
    paths.forEach(p -> locations.add(location(p)));
    return locations;
  }

  /** Masks, decoded and resized once, as records of 16 bits a pixel. */
  private final class MaskSpool {
    private final Allowance allowance;
    private final FileChannel spool;
    private final Map<String, Integer> records = new HashMap<>();
    private final Map<String, Size> sizes = new HashMap<>();

    /** Each value with the first mask that has it. */
    private final TreeMap<Integer, String> values = new TreeMap<>();

    private boolean coloured;

    MaskSpool(Allowance allowance) {
      this.allowance = allowance;
      this.spool = allowance.file();
    }

    void add(String place, byte[] bytes, Size size) {
      MaskPixels mask;
      try {
        mask = MaskPixels.decode(bytes, allowance.pixels());
      } catch (IOException e) {
        throw new DatasetException(
            file,
            place,
            "is no readable mask: " + e.getMessage(),
            "give a PNG, grey or with a palette, that holds the class of each pixel",
            e);
      }
      coloured |= mask.coloured();
      sizes.put(place, new Size(mask.height(), mask.width()));
      BitSet held = new BitSet();
      for (int value : mask.values()) {
        held.set(value);
      }
      held.stream().forEach(v -> values.putIfAbsent(v, place));
      int[] resized = mask.resized(size.height(), size.width()).values();
      ByteBuffer record =
          ByteBuffer.allocate(resized.length * Character.BYTES).order(ByteOrder.nativeOrder());
      for (int value : resized) {
        record.putChar((char) value);
      }
      allowance.write(spool, record.flip());
      records.put(place, records.size());
    }

    /** Whether the masks are black and white, which stand for 0 and 1. */
    private boolean blackAndWhite() {
      return !coloured
          && values.lastKey() == WHITE
          && Set.of(0, WHITE).containsAll(values.keySet());
    }

    void check(int channels) {
      int highest = blackAndWhite() ? 1 : values.lastKey();
      if (highest < Math.max(channels, 2)) {
        return;
      }
      int value = values.ceilingKey(Math.max(channels, 2));
      String place = values.get(value);
      if (channels == 1) {
        throw new DatasetException(
            file,
            place,
            "holds " + value + ", but the network gives one channel",
            "masks hold 0 and 1 there, or black (0) and white (255) alone; other numbers go into"
                + " an NPZ file");
      }
      throw new DatasetException(
          file,
          place,
          "holds " + value + ", but the network has " + channels + " classes",
          value == WHITE
              ? "a border without a class, as Pascal VOC marks it with 255, is not left out: give"
                  + " its pixels a class"
              : "masks hold numbers of classes, from 0 to " + (channels - 1));
    }

    TargetArray array(Grid grid, int[] rows) {
      Size size = grid.size();
      Records stored =
          new FileRecords(
              file,
              spool,
              0,
              ElementType.UINT16,
              ByteOrder.nativeOrder(),
              records.size(),
              Math.multiplyExact(size.height(), size.width()));
      double one = blackAndWhite() ? WHITE : 1;
      TargetArray.Rows numbers =
          new TargetArray.Rows() {
            @Override
            public double[] apply(int sample) {
              return Arrays.stream(stored.values(rows[sample])).map(v -> v / one).toArray();
            }

            @Override
            public void close() {
              stored.close();
            }
          };
      return new TargetArray(file, NAME, grid.dims(), rows.length, numbers);
    }

    void close() {
      try {
        spool.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
