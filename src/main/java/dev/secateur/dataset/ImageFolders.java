package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.IOException;
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
import java.util.function.ToIntFunction;
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
    Path file,
    FileTree tree,
    Datasets.Part part,
    boolean grey,
    Optional<Shape> input,
    Reading reading) {
  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "bmp", "gif");
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

  /** Whether files of an ending, in lower case, are images. */
  static boolean isEnding(String ending) {
    return ENDINGS.contains(ending);
  }

  Source read() {
    Map<String, String> files = tree.files();
    ImageTree images = ImageTree.of(file, images(files), part);
    if (images.paths().size() > MAX_FILES) {
      throw new DatasetException(file, "", "holds more than " + MAX_FILES + " images", "split it");
    }
    ImageSpool spool = new ImageSpool(file, grey, input, reading);
    try {
      Map<String, Integer> records = new HashMap<>();
      Set<String> wanted = new TreeSet<>();
      images.paths().forEach(p -> wanted.add(files.get(p)));
      tree.read(wanted, (path, in) -> records.put(path, spool.add(path, in)));
      return source(images, spool, path -> records.get(files.get(path)));
    } catch (IOException e) {
      spool.close();
      throw new DatasetException(
          file, "", "is damaged or truncated: " + e.getMessage(), ImageTree.REMEDY, e);
    } catch (RuntimeException e) {
      spool.close();
      throw e;
    }
  }

  private Source source(ImageTree images, ImageSpool spool, ToIntFunction<String> record) {
    List<Integer> shuffled =
        new ArrayList<>(IntStream.range(0, images.paths().size()).boxed().toList());
    Collections.shuffle(shuffled, new Random(SHUFFLE_SEED));
    List<Integer> kept =
        shuffled.stream()
            .filter(i -> spool.holds(record.applyAsInt(images.paths().get(i))))
            .toList();
    int[] order = kept.stream().mapToInt(i -> record.applyAsInt(images.paths().get(i))).toArray();
    int[] labels = kept.stream().mapToInt(i -> images.labels().get(i)).toArray();
    return new Source(
        file, "", spool.records(), spool.dims(), order, Optional.of(labels), images.classes());
  }
}
