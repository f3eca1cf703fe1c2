package dev.secateur.demo;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** One of the servers as a process of its own, so that it can be stopped and paused. */
final class Servers {
  static final String READY = "ready";

  private Servers() {}

  /** {@code kafka DIRECTORY PORT} or {@code s3 DIRECTORY PORT BUCKET…}. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[1]);
    int port = Integer.parseInt(args[2]);
    switch (args[0]) {
      case "kafka" -> LocalBroker.start(directory, port);
      case "s3" ->
          LocalStore.start(directory, port, java.util.Arrays.copyOfRange(args, 3, args.length));
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.out.println(READY);
    new CountDownLatch(1).await();
  }
}
