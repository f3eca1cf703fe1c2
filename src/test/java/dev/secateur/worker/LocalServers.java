package dev.secateur.worker;

import dev.secateur.demo.Containers;
import dev.secateur.demo.LocalBroker;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One broker and one S3 server for all tests of this JVM, started when first asked for: Kafka and
 * MinIO in containers where a Docker engine answers, else servers in this process.
 */
public final class LocalServers {
  public static final String[] BUCKETS = {"models", "datasets", "artifacts"};

  private static LocalServers started;

  final Path directory;
  public final String kafka;
  public final String s3;
  private final Optional<Containers> containers;

  private LocalServers() throws Exception {
    directory = Files.createTempDirectory("secateur-it");
    // Testcontainers ends them with this process.
    containers = Containers.areThere() ? Optional.of(Containers.start(BUCKETS)) : Optional.empty();
    if (containers.isPresent()) {
      kafka = containers.get().kafka();
      s3 = containers.get().s3();
    } else {
      kafka = LocalBroker.start(directory.resolve("kafka"), Ports.free()).address();
      s3 = LocalStore.start(directory.resolve("s3"), Ports.free(), BUCKETS).endpoint();
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> WorkDirectory.delete(directory)));
  }

  boolean areContainers() {
    return containers.isPresent();
  }

  public static synchronized LocalServers get() throws Exception {
    if (started == null) {
      started = new LocalServers();
    }
    return started;
  }
}
