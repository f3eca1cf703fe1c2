package dev.secateur.worker;

import dev.secateur.demo.Ports;
import dev.secateur.demo.Subprocess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A broker or a store in a process of its own, which can go away and come back. */
final class ServerProcess implements AutoCloseable {
  private final List<String> command;
  private final Path log;
  private final int port;
  private Subprocess process;

  /** How a server is away. */
  enum Away {
    /** It takes connections and does not answer, as one that hangs. */
    SILENT,
    /** It was killed, and nobody listens until it is started again. */
    GONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private ServerProcess(List<String> command, Path log, int port) throws IOException {
    this.command = command;
    this.log = log;
    this.port = port;
    this.process = start();
  }

  static ServerProcess broker(Path directory) throws IOException {
    return of("kafka", 384, directory);
  }

  static ServerProcess store(Path directory) throws IOException {
    return of("s3", 192, directory, LocalServers.BUCKETS);
  }

  private static ServerProcess of(String kind, int megabytes, Path directory, String... more)
      throws IOException {
    int port = Ports.free();
    List<String> command = new ArrayList<>(List.of("-Xmx" + megabytes + "m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dev.secateur.demo.Servers", kind));
    command.addAll(List.of(directory.resolve(kind).toString(), String.valueOf(port)));
    command.addAll(List.of(more));
    return new ServerProcess(command, directory.resolve(kind + ".log"), port);
  }

  private Subprocess start() throws IOException {
    return Subprocess.java(log, Map.of(), command);
  }

  ServerProcess awaitReady() {
    process.await("ready", Platform.LONG, () -> process.output().lines().anyMatch("ready"::equals));
    return this;
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  void leave(Away how) {
    process.signal(how == Away.SILENT ? "STOP" : "KILL");
  }

  void comeBack(Away how) throws IOException {
    if (how == Away.SILENT) {
      process.signal("CONT");
    } else {
      process = start();
      awaitReady();
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
