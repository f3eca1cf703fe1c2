package dev.secateur.worker;

import dev.secateur.demo.LocalBroker;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import java.nio.file.Files;
import java.nio.file.Path;

/** One broker and one S3 server for all tests of this JVM, started when first asked for. */
final class LocalServers {
  static final String[] BUCKETS = {"models", "datasets", "artifacts"};

  private static LocalServers started;

  final Path directory;
  final String kafka;
  final String s3;

  private LocalServers() throws Exception {
    directory = Files.createTempDirectory("secateur-it");
    LocalBroker broker = LocalBroker.start(directory.resolve("kafka"), Ports.free());
    LocalStore store = LocalStore.start(directory.resolve("s3"), Ports.free(), BUCKETS);
    kafka = broker.address();
    s3 = store.endpoint();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> JobRun.delete(directory)));
  }

  static synchronized LocalServers get() throws Exception {
    if (started == null) {
      started = new LocalServers();
    }
    return started;
  }
}
