package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Images in one folder a class, in a directory or an archive. Classes are numbered in the order of
 * their names, as Keras' {@code image_dataset_from_directory} does. Samples are sorted by path,
 * then shuffled with a fixed seed, so that a part of them holds every class.
 *
 * <p>Each image is decoded and resized once, into a spool of bytes.
 *
 * @param grey colour is turned to grey later, so decode colour also for a network of one channel
 */
record ImageFolders(
    Path file, FileTree tree, Datasets.Part part, boolean grey, Optional<Shape> input) {
  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "bmp", "gif");
  private static final int MAX_FILE_BYTES = 64 << 20;
  private static final int MAX_FILES = 20_000_000;
  private static final long SHUFFLE_SEED = 1;

  /** Paths of the images that are seen. */
  static List<String> images(Map<String, String> files) {
    return files.keySet().stream().filter(ImageFolders::isImage).toList();
  }

  /** As Keras, by the name's ending; what hides behind a dot is somebody else's. */
  private static boolean isImage(String path) {
    String ending = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    boolean hidden = path.startsWith(".") || path.contains("/.") || path.startsWith("__MACOSX/");
    return ENDINGS.contains(ending) && !hidden;
  }

  Source read() {
    Map<String, String> files = tree.files();
    ImageTree images = ImageTree.of(file, images(files), part);
    if (images.paths().size() > MAX_FILES) {
      throw new DatasetException(file, "", "holds more than " + MAX_FILES + " images", "split it");
    }
    FileChannel spool = Spool.create();
    try {
      Decoded decoded = new Decoded(spool);
      Set<String> wanted = new TreeSet<>();
      images.paths().forEach(p -> wanted.add(files.get(p)));
      tree.read(wanted, decoded::add);
      return decoded.source(images, files);
    } catch (IOException e) {
      close(spool);
      throw new DatasetException(
          file, "", "is damaged or truncated: " + e.getMessage(), ImageTree.REMEDY, e);
    } catch (RuntimeException e) {
      close(spool);
      throw e;
    }
  }

  private static void close(FileChannel spool) {
    try {
      spool.close();
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }

  /** The images as fixed-size records. */
  private final class Decoded {
    private final FileChannel spool;
    private final Map<String, Integer> records = new HashMap<>();
    private final int channels;
    private int[] size;

    Decoded(FileChannel spool) {
      this.spool = spool;
      this.size = input.map(ImageFolders.this::size).orElse(new int[0]);
      int last = input.map(Shape::last).orElse(3);
      this.channels = last == 4 || last == 1 && !grey ? last : 3;
    }

    void add(String path, InputStream in) throws IOException {
      ImagePixels image = decode(path, in, channels);
      if (size.length == 0) {
        size = new int[] {image.height(), image.width()};
      }
      Spool.write(spool, ByteBuffer.wrap(image.resized(size[0], size[1]).bytes()));
      records.put(path, records.size());
    }

    Source source(ImageTree images, Map<String, String> files) {
      List<Integer> dims = List.of(size[0], size[1], channels);
      int elements = dims.stream().reduce(1, Math::multiplyExact);
      Records all =
          new Records(
              file, spool, 0, ElementType.UINT8, ByteOrder.nativeOrder(), records.size(), elements);
      List<Integer> shuffled =
          new ArrayList<>(IntStream.range(0, images.paths().size()).boxed().toList());
      Collections.shuffle(shuffled, new Random(SHUFFLE_SEED));
      int[] order =
          shuffled.stream().mapToInt(i -> records.get(files.get(images.paths().get(i)))).toArray();
      int[] labels = shuffled.stream().mapToInt(i -> images.labels().get(i)).toArray();
      return new Source(file, "", all, dims, order, Optional.of(labels), images.classes());
    }
  }

  private int[] size(Shape shape) {
    if (shape.rank() != 4) {
      throw new DatasetException(
          file, "", "holds images, but the network takes " + shape, "give an NPZ file");
    }
    return new int[] {shape.dim(1), shape.dim(2)};
  }

  private ImagePixels decode(String path, InputStream in, int channels) throws IOException {
    byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      throw new DatasetException(
          file, path, "passes " + MAX_FILE_BYTES + " bytes", "give smaller images");
    }
    try {
      return ImagePixels.decode(bytes, channels);
    } catch (IOException e) {
      throw new DatasetException(
          file, path, "is no readable image: " + e.getMessage(), "remove or replace it", e);
    }
  }
}
