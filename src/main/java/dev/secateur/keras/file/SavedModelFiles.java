package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The files of a SavedModel, which is a directory: on the disk, in a zip, in a tar or in a tar.gz.
 * Archives are read into memory, by name; nothing is unpacked to the disk. The model may stand some
 * directories below the root, as where its version is one ({@code model/1/saved_model.pb}).
 */
public final class SavedModelFiles implements AutoCloseable {
  private static final String MODEL = "saved_model.pb";
  private static final String METADATA = "keras_metadata.pb";
  private static final String VARIABLES = "variables/variables.";
  private static final int DEEPEST = 4;

  /** Nobody's graph comes near; weights stand elsewhere. */
  private static final long LARGEST = Integer.MAX_VALUE - 16;

  private final String root;
  private final Content content;

  /** Whatever holds files. */
  private interface Content extends AutoCloseable {
    Set<String> names();

    ByteBuffer read(String name) throws IOException;

    @Override
    default void close() throws IOException {}
  }

  private SavedModelFiles(Content content) throws IOException {
    this.content = content;
    try {
      this.root = root(content.names());
    } catch (RuntimeException e) {
      content.close();
      throw e;
    }
  }

  /** A file that {@link FileKind} took for one. */
  public static SavedModelFiles open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      return new SavedModelFiles(directory(file));
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(2);
    }
    if (head[0] == 'P' && head[1] == 'K') {
      return new SavedModelFiles(zip(file));
    }
    return new SavedModelFiles(tar(file, head[0] == 0x1f));
  }

  /** Whether this is the path of a SavedModel's graph. */
  static boolean isModel(String name) {
    return name.equals(MODEL) || name.endsWith("/" + MODEL);
  }

  /** The graph, and the objects that were saved. */
  public ByteBuffer model() throws IOException {
    return content.read(root + MODEL);
  }

  /** What Keras 2.5 to 2.15 say of the objects. */
  public Optional<ByteBuffer> metadata() throws IOException {
    return read(METADATA);
  }

  /** The checkpoint of the variables. */
  public UnaryFile variables() {
    return suffix -> read(VARIABLES + suffix);
  }

  /** The files of one name, by what follows its dot. */
  public interface UnaryFile {
    Optional<ByteBuffer> read(String suffix) throws IOException;
  }

  private Optional<ByteBuffer> read(String name) throws IOException {
    return content.names().contains(root + name)
        ? Optional.of(content.read(root + name))
        : Optional.empty();
  }

  private static String root(Set<String> names) {
    Comparator<String> depth =
        Comparator.comparingLong(n -> n.chars().filter(c -> c == '/').count());
    List<String> models =
        names.stream()
            .filter(SavedModelFiles::isModel)
            .sorted(depth.thenComparing(Comparator.naturalOrder()))
            .toList();
    if (models.isEmpty()) {
      throw FileKind.foreign(
          "a directory or an archive of one without saved_model.pb",
          "name the model file in it, or save the model with model.save");
    }
    if (models.size() > 1 && depth.compare(models.get(0), models.get(1)) == 0) {
      throw FileKind.foreign(
          "several SavedModels, such as " + models.get(0) + " and " + models.get(1),
          "name the directory of one");
    }
    String first = models.get(0);
    return first.substring(0, first.length() - MODEL.length());
  }

  /** Whether a SavedModel is in this directory. */
  static boolean isIn(Path directory) throws IOException {
    return directory(directory).names().stream().anyMatch(SavedModelFiles::isModel);
  }

  private static Content directory(Path directory) throws IOException {
    Map<String, Path> files = new HashMap<>();
    // Links are followed: a directory is its owner's, and download caches are made of them.
    try (Stream<Path> all =
        Files.find(
            directory,
            DEEPEST,
            (file, attributes) -> isWanted(name(directory, file)) && Files.isRegularFile(file))) {
      all.limit(ArchiveBounds.MOST_ENTRIES).forEach(f -> files.put(name(directory, f), f));
    }
    return new Content() {
      @Override
      public Set<String> names() {
        return files.keySet();
      }

      @Override
      public ByteBuffer read(String name) throws IOException {
        try (FileChannel channel = FileChannel.open(files.get(name))) {
          checkSize(name, channel.size());
          return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        }
      }
    };
  }

  private static String name(Path directory, Path file) {
    return directory.relativize(file).toString().replace('\\', '/');
  }

  private static Content zip(Path file) throws IOException {
    ZipEntries zip = ZipEntries.open(file);
    return new Content() {
      @Override
      public Set<String> names() {
        return zip.names();
      }

      @Override
      public ByteBuffer read(String name) {
        return ByteBuffer.wrap(zip.bytes(name));
      }

      @Override
      public void close() throws IOException {
        zip.close();
      }
    };
  }

  /** All that may belong to the model: a tar is read once, from its beginning to its end. */
  private static Content tar(Path file, boolean gzip) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    Set<String> seen = new HashSet<>();
    long budget = Math.max(ArchiveBounds.SMALL, Files.size(file)) * ArchiveBounds.HIGHEST_RATIO;
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        InputStream plain = gzip ? unzipped(raw) : raw;
        TarArchiveInputStream in = new TarArchiveInputStream(new Bounded(plain, budget))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        String name = ArchiveBounds.name(e.getName());
        ArchiveBounds.checkCount(seen.size());
        if (!seen.add(name)) {
          throw ArchiveBounds.twice(name);
        }
        if (e.isLink() || e.isSymbolicLink()) {
          throw ArchiveBounds.link(name);
        }
        if (e.isFile() && isWanted(name)) {
          checkSize(name, e.getSize());
          if (e.getSize() > budget) {
            throw bomb(name);
          }
          byte[] content = in.readNBytes((int) e.getSize());
          if (content.length != e.getSize()) {
            throw Refusal.corrupt(name, "the archive ends in the entry");
          }
          files.put(name, content);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw Refusal.corrupt(
          "", "not readable as a tar: " + Reason.abbreviated(String.valueOf(e.getMessage())));
    }
    return new Content() {
      @Override
      public Set<String> names() {
        return files.keySet();
      }

      @Override
      public ByteBuffer read(String name) {
        return ByteBuffer.wrap(files.get(name));
      }
    };
  }

  private static InputStream unzipped(InputStream in) throws IOException {
    return GzipCompressorInputStream.builder()
        .setInputStream(in)
        .setDecompressConcatenated(true)
        .get();
  }

  private static boolean isWanted(String name) {
    String own = name.substring(name.lastIndexOf('/') + 1);
    return own.equals(MODEL) || own.equals(METADATA) || own.startsWith("variables.");
  }

  private static void checkSize(String name, long size) {
    if (size < 0 || size > LARGEST) {
      throw Refusal.limit(name, "a file of " + size + " bytes");
    }
  }

  private static Refusal bomb(String name) {
    return new Refusal(
        Kind.LIMIT,
        name,
        "the archive unpacks to more than " + ArchiveBounds.HIGHEST_RATIO + " times its size",
        "name the directory itself");
  }

  @Override
  public void close() throws IOException {
    content.close();
  }

  /** Ends in a refusal where more comes than is allowed. */
  private static final class Bounded extends java.io.FilterInputStream {
    private long left;

    Bounded(InputStream in, long most) {
      super(in);
      this.left = most;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      took(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int n = super.read(into, from, length);
      took(Math.max(0, n));
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long skipped = super.skip(n);
      took(skipped);
      return skipped;
    }

    private void took(long n) {
      left -= n;
      if (left < 0) {
        throw bomb("");
      }
    }
  }
}
