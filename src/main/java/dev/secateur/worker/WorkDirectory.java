package dev.secateur.worker;

import dev.secateur.store.StoreException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;

/** Where a process keeps the files of its running jobs; those of dead processes are cleared. */
final class WorkDirectory {
  private static final String PREFIX = "work-";

  private WorkDirectory() {}

  static Path open(Path parent) {
    Path own = parent.resolve(PREFIX + ProcessHandle.current().pid());
    try {
      Files.createDirectories(parent);
      try (Stream<Path> all = Files.list(parent)) {
        all.filter(p -> isAbandoned(p, own)).forEach(JobRun::delete);
      }
      return Files.createDirectories(own);
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Kind.FULL, parent + ": cannot be used as secateur.cache.directory", e);
    }
  }

  private static boolean isAbandoned(Path path, Path own) {
    String name = path.getFileName().toString();
    if (!name.matches(PREFIX + "\\d+")) {
      return false;
    }
    // In a container the process before this one had the same number.
    return path.equals(own)
        || ProcessHandle.of(Long.parseLong(name.substring(PREFIX.length()))).isEmpty();
  }

  /** Tells workers apart in claims and events: the host's name and a few random digits. */
  static String workerId() {
    String random = UUID.randomUUID().toString().substring(0, 8);
    try {
      return InetAddress.getLocalHost().getHostName() + "-" + random;
    } catch (UnknownHostException e) {
      return "worker-" + random;
    }
  }
}
