package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Images in one folder a class, in a directory or an archive. Classes are numbered in the order of
 * their names, as Keras' {@code image_dataset_from_directory} does. Samples are sorted by path,
 * then shuffled with a fixed seed, so that a part of them holds every class.
 *
 * <p>Each image is decoded and resized once, into a spool of bytes. Entries of an archive are never
 * written under their own names.
 *
 * @param grey colour is turned to grey later, so decode colour also for a network of one channel
 */
record ImageFolders(Path file, Datasets.Part part, boolean grey, Optional<Shape> input) {
  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "bmp", "gif");
  private static final Set<String> TRAIN = Set.of("train", "training");
  private static final Set<String> TEST = Set.of("test", "val", "valid", "validation", "eval");
  private static final int MAX_FILE_BYTES = 64 << 20;
  private static final int MAX_FILES = 20_000_000;
  private static final long SHUFFLE_SEED = 1;
  private static final String REMEDY =
      "put PNG or JPEG images into one folder a class, such as cat/1.png and dog/2.png";

  /** Something that may be an image; its path has '/' between the names. */
  private interface Entries {
    void each(EntryReader reader) throws IOException;
  }

  private interface EntryReader {
    void read(String path, InputStream in) throws IOException;
  }

  private record Sample(String path, int record) {}

  Source folder() {
    return read(
        reader -> {
          try (Stream<Path> files = Files.walk(file)) {
            for (Path image :
                (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
              try (InputStream in = Files.newInputStream(image)) {
                reader.read(file.relativize(image).toString().replace('\\', '/'), in);
              }
            }
          }
        });
  }

  Source zip() {
    return read(
        reader -> {
          try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
            List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
            entries.sort(Comparator.comparing(ZipArchiveEntry::getName));
            for (ZipArchiveEntry entry : entries) {
              if (!entry.isDirectory() && !entry.isUnixSymlink()) {
                try (InputStream in = zip.getInputStream(entry)) {
                  reader.read(entry.getName(), in);
                }
              }
            }
          }
        });
  }

  Source tarGz() {
    return read(
        reader -> {
          try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
              TarArchiveInputStream tar =
                  new TarArchiveInputStream(new GzipCompressorInputStream(raw, true))) {
            for (ArchiveEntry entry = tar.getNextEntry();
                entry != null;
                entry = tar.getNextEntry()) {
              if (!entry.isDirectory() && tar.getCurrentEntry().isFile()) {
                reader.read(entry.getName(), tar);
              }
            }
          }
        });
  }

  private Source read(Entries entries) {
    try {
      FileChannel spool = Spool.create();
      try {
        return read(entries, spool);
      } catch (IOException | RuntimeException e) {
        spool.close();
        throw e;
      }
    } catch (IOException e) {
      throw new DatasetException(file, "", "is damaged or truncated: " + e.getMessage(), REMEDY, e);
    } catch (UncheckedIOException e) {
      throw new DatasetException(file, "", "cannot be read", "check its permissions", e);
    }
  }

  private Source read(Entries entries, FileChannel spool) throws IOException {
    List<Sample> samples = new ArrayList<>();
    int[] size = input.map(this::size).orElse(new int[2]);
    int channels = input.isPresent() && input.get().last() == 1 && !grey ? 1 : 3;
    entries.each(
        (path, in) -> {
          if (!isImage(path)) {
            return;
          }
          if (samples.size() == MAX_FILES) {
            throw new DatasetException(file, path, "is one image too many", "split the set");
          }
          ImagePixels image = decode(path, in, channels);
          if (size[0] == 0) {
            size[0] = image.height();
            size[1] = image.width();
          }
          ByteBuffer bytes = ByteBuffer.wrap(image.resized(size[0], size[1]).bytes());
          while (bytes.hasRemaining()) {
            Spool.write(spool, bytes);
          }
          samples.add(new Sample(path, samples.size()));
        });
    return labelled(samples, spool, List.of(size[0], size[1], channels));
  }

  private int[] size(Shape shape) {
    if (shape.rank() != 4) {
      throw new DatasetException(
          file, "", "holds images, but the network takes " + shape, "give an NPZ file");
    }
    return new int[] {shape.dim(1), shape.dim(2)};
  }

  private static boolean isImage(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return ENDINGS.contains(ending) && !name.startsWith(".") && !path.startsWith("__MACOSX/");
  }

  private ImagePixels decode(String path, InputStream in, int channels) throws IOException {
    byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      throw new DatasetException(
          file, path, "passes " + MAX_FILE_BYTES + " bytes", "give smaller images");
    }
    try {
      return ImagePixels.decode(new ByteArrayInputStream(bytes), channels);
    } catch (IOException e) {
      throw new DatasetException(
          file, path, "is no readable image: " + e.getMessage(), "remove or replace it", e);
    }
  }

  private Source labelled(List<Sample> found, FileChannel spool, List<Integer> dims) {
    List<Sample> samples = partOf(found);
    if (samples.isEmpty()) {
      throw new DatasetException(file, "", "holds no images", REMEDY);
    }
    samples.sort(Comparator.comparing(Sample::path));
    Collections.shuffle(samples, new Random(SHUFFLE_SEED));
    int depth = commonDepth(samples);
    Set<String> names = new TreeSet<>();
    samples.forEach(s -> names.add(className(s.path(), depth)));
    List<String> classes = List.copyOf(names);
    int[] labels =
        samples.stream().mapToInt(s -> classes.indexOf(className(s.path(), depth))).toArray();
    int elements = dims.stream().reduce(1, Math::multiplyExact);
    Records records =
        new Records(
            file, spool, 0, ElementType.UINT8, ByteOrder.nativeOrder(), found.size(), elements);
    int[] order = samples.stream().mapToInt(Sample::record).toArray();
    return new Source(file, "", records, dims, order, Optional.of(labels), classes);
  }

  /** Where the top folders are train and test, those of the part that is wanted. */
  private List<Sample> partOf(List<Sample> samples) {
    Set<String> wanted = part == Datasets.Part.TRAIN ? TRAIN : TEST;
    Set<String> other = part == Datasets.Part.TRAIN ? TEST : TRAIN;
    int common = samples.isEmpty() ? 0 : sharedDepth(samples);
    List<Sample> mine = samples.stream().filter(s -> wanted.contains(name(s, common))).toList();
    boolean split =
        !mine.isEmpty() && samples.stream().anyMatch(s -> other.contains(name(s, common)));
    return new ArrayList<>(split ? mine : samples);
  }

  /** Depth of the folders that are named after classes: below what all paths share. */
  private int commonDepth(List<Sample> samples) {
    int shallowest = samples.stream().mapToInt(s -> s.path().split("/").length).min().orElseThrow();
    int shared = sharedDepth(samples);
    // A set of a single class shares the class's own folder as well.
    int depth = Math.min(shared, Math.max(shallowest - 2, 0));
    if (shallowest < 2) {
      String stray =
          samples.stream().map(Sample::path).filter(p -> !p.contains("/")).findFirst().orElse("");
      throw new DatasetException(file, stray, "lies in no class's folder", REMEDY);
    }
    return depth;
  }

  private static int sharedDepth(List<Sample> samples) {
    String[] first = samples.get(0).path().split("/");
    return (int)
        IntStream.range(0, first.length - 1)
            .takeWhile(i -> samples.stream().allMatch(s -> name(s, i).equals(first[i])))
            .count();
  }

  private static String name(Sample sample, int depth) {
    String[] names = sample.path().split("/");
    return depth < names.length ? names[depth] : "";
  }

  private static String className(String path, int depth) {
    return path.split("/")[depth];
  }
}
