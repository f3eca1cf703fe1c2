package dev.secateur.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Products in a local directory that several processes may share: one file each, moved into place
 * when complete. What nobody has used for {@code mostAge} goes, and then what was used longest ago,
 * until all together take no more than {@code mostBytes}.
 *
 * @param directory made when the first product is kept
 */
public record DirectoryProducts(Path directory, long mostBytes, Duration mostAge, Clock clock)
    implements ProductStore {
  private static final long MOST_BYTES = 2L << 30;
  private static final Duration MOST_AGE = Duration.ofDays(30);
  private static final String PART = ".part";

  /** No more than 2 GiB, none unused for 30 days. */
  public DirectoryProducts(Path directory) {
    this(directory, MOST_BYTES, MOST_AGE, Clock.systemUTC());
  }

  private record Kept(Path file, Instant used, long bytes) {}

  @Override
  public Optional<InputStream> open(String digest) throws IOException {
    Path file = directory.resolve(digest);
    try {
      if (old(Files.getLastModifiedTime(file).toInstant())) {
        Files.deleteIfExists(file);
        return Optional.empty();
      }
      InputStream in = Files.newInputStream(file);
      Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
      return Optional.of(in);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void keep(String digest, Content content) throws IOException {
    Files.createDirectories(directory);
    Path beside = Files.createTempFile(directory, digest, PART);
    try {
      try (OutputStream out = Files.newOutputStream(beside)) {
        content.writeTo(out);
      }
      long bytes = Files.size(beside);
      if (makeRoom(bytes)) {
        Files.setLastModifiedTime(beside, FileTime.from(clock.instant()));
        Files.move(
            beside,
            directory.resolve(digest),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private boolean old(Instant used) {
    return used.isBefore(clock.instant().minus(mostAge));
  }

  /** Whether so many bytes fit; files of processes that died while they wrote are old one day. */
  private boolean makeRoom(long bytes) throws IOException {
    List<Kept> left = new ArrayList<>();
    for (Kept kept : kept()) {
      if (old(kept.used)) {
        Files.deleteIfExists(kept.file);
      } else if (!kept.file.toString().endsWith(PART)) {
        left.add(kept);
      }
    }
    if (bytes > mostBytes) {
      return false;
    }
    left.sort(Comparator.comparing(Kept::used));
    long all = left.stream().mapToLong(Kept::bytes).sum();
    for (Kept oldest : left) {
      if (all + bytes <= mostBytes) {
        break;
      }
      Files.deleteIfExists(oldest.file);
      all -= oldest.bytes;
    }
    return true;
  }

  private List<Kept> kept() throws IOException {
    List<Kept> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        try {
          all.add(new Kept(file, Files.getLastModifiedTime(file).toInstant(), Files.size(file)));
        } catch (NoSuchFileException e) {
          // Another process has removed it.
          continue;
        }
      }
    }
    return all;
  }
}
