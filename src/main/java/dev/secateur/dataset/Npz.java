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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * NumPy's {@code .npz}: a zip of {@code .npy} arrays; and a lone {@code .npy}. Arrays are found by
 * the names of the network's inputs and outputs, else by the usual names; never by their order.
 */
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

  /** What the names of arrays for one part begin or end with, the preferred first. */
  private static final Map<Datasets.Part, List<String>> WORDS =
      Map.of(
          Datasets.Part.TRAIN, List.of("train"), Datasets.Part.EVALUATION, List.of("test", "val"));

  private static final String REMEDY =
      "write it with numpy.savez(file, x=images, y=labels); x_train/y_train and x_test/y_test are"
          + " read as well";

  private final Path file;
  private final Reading reading;
  private final ZipFile zip;
  private final Map<String, ZipArchiveEntry> arrays = new TreeMap<>();

  private Npz(Path file, Reading reading) throws IOException {
    this.file = file;
    this.reading = reading;
    this.zip = ZipFile.builder().setPath(file).get();
    for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
      String name = entry.getName();
      if (name.endsWith(".npy")) {
        arrays.put(name.substring(0, name.length() - ".npy".length()), entry);
      }
    }
  }

  static Npz open(Path file, Reading reading) {
    try {
      return new Npz(file, reading);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** Tells an NPZ file from a zip of images. */
  static boolean holdsArrays(Path file) {
    try (Npz npz = open(file, Reading.strict(file))) {
      return !npz.isEmpty();
    }
  }

  boolean isEmpty() {
    return arrays.isEmpty();
  }

  private static DatasetException damaged(Path file, IOException e) {
    return new DatasetException(
        file, "", "is a damaged or truncated NPZ file: " + e.getMessage(), REMEDY, e);
  }

  /** Whether some array is named for {@code part} alone. */
  boolean splits(Datasets.Part part) {
    return arrays.keySet().stream()
        .anyMatch(
            name ->
                WORDS.get(part).stream()
                    .anyMatch(w -> name.endsWith("_" + w) || name.startsWith(w + "_")));
  }

  /** Samples for each input and, where there are some, targets for each output. */
  Sources sources(Datasets.Part part, Datasets.Expected expected) {
    List<Source> inputs = new ArrayList<>();
    List<TargetArray> targets = new ArrayList<>();
    try {
      List<String> pair = pair(part, expected);
      List<String> names = inputs(part, expected, pair);
      for (String name : names) {
        inputs.add(source(name).fedTo(at(expected.inputs(), inputs.size())));
      }
      for (String name : targets(part, expected, pair, names)) {
        NpyHeader head = header(name);
        TargetArray target = TargetArray.of(file, name, dims(head), records(name, head));
        targets.add(target.comparedWith(at(expected.outputs(), targets.size())));
      }
      Sources sources = new Sources(inputs, targets);
      sources.checkCounts();
      return sources;
    } catch (IOException e) {
      new Sources(inputs, targets).close();
      throw damaged(file, e);
    } catch (RuntimeException e) {
      new Sources(inputs, targets).close();
      throw e;
    }
  }

  private static Optional<Datasets.Value> at(List<Datasets.Value> values, int index) {
    return index < values.size() ? Optional.of(values.get(index)) : Optional.empty();
  }

  /** The first pair of the usual names whose samples are there; else empty. */
  private List<String> pair(Datasets.Part part, Datasets.Expected expected) {
    if (expected.inputs().size() > 1) {
      return List.of();
    }
    return NAMES.get(part).stream()
        .filter(names -> arrays.containsKey(names.get(0)))
        .findFirst()
        .orElse(List.of());
  }

  private List<String> inputs(Datasets.Part part, Datasets.Expected expected, List<String> pair) {
    List<String> wanted = expected.inputs().stream().map(Datasets.Value::name).toList();
    List<String> found = wanted.stream().flatMap(n -> namedAfter(n, part).stream()).toList();
    if (!wanted.isEmpty() && found.size() == wanted.size()) {
      return found;
    }
    if (!pair.isEmpty()) {
      return List.of(pair.get(0));
    }
    throw new DatasetException(
        file,
        "",
        wanted.size() > 1
            ? "must hold an array for each input, " + wanted + ", but holds " + arrays.keySet()
            : "holds no samples but " + arrays.keySet(),
        wanted.size() > 1 ? "name the arrays after the inputs" : REMEDY);
  }

  /** Names of the arrays that hold targets, one an output; empty if there are none at all. */
  private List<String> targets(
      Datasets.Part part, Datasets.Expected expected, List<String> pair, List<String> inputs) {
    List<String> wanted = expected.outputs().stream().map(Datasets.Value::name).toList();
    List<String> found =
        wanted.stream()
            .flatMap(n -> namedAfter(n, part).stream())
            .filter(n -> !inputs.contains(n))
            .toList();
    if (!wanted.isEmpty() && found.size() == wanted.size()) {
      return found;
    }
    if (wanted.size() <= 1) {
      // Samples that are named after the input have the usual partner, y, as well.
      List<String> usual = pair.isEmpty() ? partners(part) : List.of(pair.get(1));
      return usual.stream().filter(arrays::containsKey).limit(1).toList();
    }
    if (!found.isEmpty()) {
      throw new DatasetException(
          file,
          "",
          "holds targets " + found + ", but the outputs are " + wanted,
          "give an array named after each output, or none at all");
    }
    return List.of();
  }

  private static List<String> partners(Datasets.Part part) {
    return NAMES.get(part).stream().map(p -> p.get(1)).toList();
  }

  /** The array of a name: for this part alone, or for all. */
  private Optional<String> namedAfter(String name, Datasets.Part part) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Stream<String> own =
        WORDS.get(part).stream().flatMap(w -> Stream.of(name + "_" + w, w + "_" + name));
    return Stream.concat(own, Stream.of(name)).filter(arrays::containsKey).findFirst();
  }

  private Source source(String name) throws IOException {
    NpyHeader head = header(name);
    return new Source(file, name, records(name, head), dims(head), Optional.empty());
  }

  private static List<Integer> dims(NpyHeader head) {
    return head.shape().stream().skip(1).map(Math::toIntExact).toList();
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
      return new FileRecords(file, channel, offset, head.type(), head.order(), count, elements);
    }
    FileChannel channel = reading.allowance().file();
    try (InputStream in = zip.getInputStream(entry)) {
      in.skipNBytes(head.length());
      copy(in, channel, head.bytes(), head.bytes() / count);
      return new FileRecords(file, channel, 0, head.type(), head.order(), count, elements);
    } catch (IOException | SpoolException | DatasetException e) {
      channel.close();
      throw e;
    }
  }

  /** Copies exactly {@code bytes} bytes: what a zip inflates to is not believed. */
  private void copy(InputStream in, FileChannel out, long bytes, long row) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = bytes; left > 0; ) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new EOFException("ends " + left + " bytes early");
      }
      reading.allowance().write(out, ByteBuffer.wrap(buffer, 0, read));
      left -= read;
      reading.at((bytes - left) / row);
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
          new FileRecords(
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
