package dev.secateur.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** NumPy's {@code .npz}: a zip of {@code .npy} arrays; and a lone {@code .npy}. */
final class Npz implements AutoCloseable {
  /** The arrays that hold samples and labels, the preferred first. */
  private static final Map<Datasets.Part, List<List<String>>> NAMES =
      Map.of(
          Datasets.Part.TRAIN,
          List.of(
              List.of("x_train", "y_train"),
              List.of("train_images", "train_labels"),
              List.of("x", "y"),
              List.of("images", "labels")),
          Datasets.Part.EVALUATION,
          List.of(
              List.of("x_test", "y_test"),
              List.of("test_images", "test_labels"),
              List.of("x_val", "y_val"),
              List.of("x", "y"),
              List.of("images", "labels")));

  private static final String REMEDY =
      "write it with numpy.savez(file, x=images, y=labels); x_train/y_train and x_test/y_test are"
          + " read as well";

  private final Path file;
  private final ZipFile zip;
  private final Map<String, ZipArchiveEntry> arrays = new TreeMap<>();

  private Npz(Path file) throws IOException {
    this.file = file;
    this.zip = ZipFile.builder().setPath(file).get();
    for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
      String name = entry.getName();
      if (name.endsWith(".npy")) {
        arrays.put(name.substring(0, name.length() - ".npy".length()), entry);
      }
    }
  }

  static Npz open(Path file) {
    try {
      return new Npz(file);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** Tells an NPZ file from a zip of images. */
  static boolean holdsArrays(Path file) {
    try (Npz npz = open(file)) {
      return !npz.arrays.isEmpty();
    }
  }

  private static DatasetException damaged(Path file, IOException e) {
    return new DatasetException(
        file, "", "is a damaged or truncated NPZ file: " + e.getMessage(), REMEDY, e);
  }

  /** Whether the set holds samples of its own for {@code part}, not just one {@code x}. */
  boolean splits(Datasets.Part part) {
    return NAMES.get(part).stream()
        .map(pair -> pair.get(0))
        .filter(arrays::containsKey)
        .anyMatch(name -> name.contains("_"));
  }

  /** Samples and, where there are some, labels. */
  Source source(Datasets.Part part) {
    List<String> pair =
        NAMES.get(part).stream()
            .filter(names -> arrays.containsKey(names.get(0)))
            .findFirst()
            .orElseThrow(
                () ->
                    new DatasetException(
                        file, "", "holds no samples but " + arrays.keySet(), REMEDY));
    try {
      NpyHeader head = header(pair.get(0));
      Records samples = records(pair.get(0), head);
      Optional<int[]> labels = Optional.empty();
      if (arrays.containsKey(pair.get(1))) {
        try (Records y = records(pair.get(1), header(pair.get(1)))) {
          labels = Optional.of(new LabelArray(file, pair.get(1)).read(y, samples.count()));
        }
      }
      List<Integer> dims = head.shape().stream().skip(1).map(Math::toIntExact).toList();
      return new Source(file, pair.get(0), samples, dims, labels);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  private NpyHeader header(String name) throws IOException {
    try (InputStream in = zip.getInputStream(arrays.get(name))) {
      return NpyHeader.read(in, file, name);
    }
  }

  private Records records(String name, NpyHeader head) throws IOException {
    ZipArchiveEntry entry = arrays.get(name);
    if (head.count() < 1 || head.sampleSize() < 1) {
      throw new DatasetException(file, name, "holds no samples", REMEDY);
    }
    if (head.count() > Integer.MAX_VALUE
        || head.sampleSize() * head.type().bytes > Datasets.MAX_SAMPLE_BYTES
        || head.bytes() + head.length() != entry.getSize()) {
      throw new DatasetException(
          file,
          name,
          "claims " + head.shape() + " but holds " + entry.getSize() + " bytes",
          "the file is damaged, or its samples pass " + Datasets.MAX_SAMPLE_BYTES + " bytes");
    }
    int count = (int) head.count();
    int elements = (int) head.sampleSize();
    if (entry.getMethod() == ZipEntry.STORED) {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      long offset = entry.getDataOffset() + head.length();
      return new Records(file, channel, offset, head.type(), head.order(), count, elements);
    }
    FileChannel channel = Spool.create();
    try (InputStream in = zip.getInputStream(entry)) {
      in.skipNBytes(head.length());
      copy(in, channel, head.bytes());
      return new Records(file, channel, 0, head.type(), head.order(), count, elements);
    } catch (IOException | SpoolException e) {
      channel.close();
      throw e;
    }
  }

  /** Copies exactly {@code bytes} bytes: what a zip inflates to is not believed. */
  private static void copy(InputStream in, FileChannel out, long bytes) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = bytes; left > 0; ) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new EOFException("ends " + left + " bytes early");
      }
      Spool.write(out, ByteBuffer.wrap(buffer, 0, read));
      left -= read;
    }
  }

  /** A lone array: samples without labels. */
  static Source lone(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      NpyHeader head = NpyHeader.read(in, file, "");
      if (head.count() < 1 || head.bytes() + head.length() != Files.size(file)) {
        throw new DatasetException(
            file,
            "",
            "claims " + head.shape() + " but holds " + Files.size(file) + " bytes",
            "write it with numpy.save");
      }
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      Records samples =
          new Records(
              file,
              channel,
              head.length(),
              head.type(),
              head.order(),
              Math.toIntExact(head.count()),
              Math.toIntExact(head.sampleSize()));
      List<Integer> dims = head.shape().stream().skip(1).map(Math::toIntExact).toList();
      return new Source(file, "", samples, dims, Optional.empty());
    } catch (IOException e) {
      throw new DatasetException(
          file, "", "is a damaged NumPy array: " + e.getMessage(), "write it with numpy.save", e);
    }
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
