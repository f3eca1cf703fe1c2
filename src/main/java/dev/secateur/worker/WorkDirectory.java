package dev.secateur.worker;

import dev.secateur.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Where a process keeps the files of its running jobs. A lock on a file beside it says that the
 * process lives, in whatever container; what nobody holds a lock on was left by a dead one, and is
 * cleared by the next that starts.
 *
 * @param lock held as long as this is referenced, and until the process ends
 */
public record WorkDirectory(Path path, FileLock lock) {
  private static final Logger LOG = Logger.getLogger(WorkDirectory.class);
  private static final String PREFIX = "work-";
  private static final String LOCK = ".lock";

  static WorkDirectory open(Path parent) {
    try {
      Files.createDirectories(parent);
      clearAbandoned(parent);
      Path path = parent.resolve(PREFIX + UUID.randomUUID());
      // Locked before there is anything that another process could take for abandoned.
      FileLock lock =
          FileChannel.open(lockOf(path), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
              .lock();
      return new WorkDirectory(Files.createDirectories(path), lock);
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Kind.LOCAL, parent + ": cannot be used as secateur.cache.directory", e);
    }
  }

  private static void clearAbandoned(Path parent) throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
          .filter(Files::isDirectory)
          .forEach(WorkDirectory::clearIfAbandoned);
    }
  }

  private static void clearIfAbandoned(Path path) {
    try (FileChannel channel =
            FileChannel.open(lockOf(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (Optional.ofNullable(lock).isPresent()) {
        delete(path);
        Files.deleteIfExists(lockOf(path));
      }
    } catch (OverlappingFileLockException e) {
      LOG.debugf("%s: in use by this process", path);
    } catch (IOException e) {
      LOG.warnf("%s: left behind: %s", path, e.getMessage());
    }
  }

  /** With all that is in it; what cannot be deleted is left behind. */
  public static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.warnf("%s: left behind: %s", directory, e.getMessage());
    }
  }

  private static Path lockOf(Path path) {
    return path.resolveSibling(path.getFileName() + LOCK);
  }
}
