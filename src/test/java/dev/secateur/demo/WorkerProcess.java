package dev.secateur.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The packaged worker as a process, against local servers. */
public final class WorkerProcess implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(10);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** Of {@link LocalStore}. */
  public static final Map<String, String> SECRETS =
      Map.of(
          "SECATEUR_STORE_ACCESS_KEY", LocalStore.ACCESS_KEY,
          "SECATEUR_STORE_SECRET_KEY", LocalStore.SECRET_KEY);

  private final Subprocess process;
  private final int port;

  private WorkerProcess(Subprocess process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Where the build leaves the application. */
  public static Path application() {
    return Path.of(
        System.getProperty("secateur.application", "target/quarkus-app/quarkus-run.jar"));
  }

  /**
   * Starts a worker; it is not yet ready.
   *
   * @param settings system properties, such as {@code secateur.claim.expiry}
   */
  public static WorkerProcess start(
      String name, Path directory, String kafka, String s3, Map<String, String> settings)
      throws IOException {
    return start(name, directory, kafka, s3, settings, SECRETS);
  }

  /**
   * Starts a worker; it is not yet ready.
   *
   * @param secrets variables of its environment: they never stand on a command line
   */
  public static WorkerProcess start(
      String name,
      Path directory,
      String kafka,
      String s3,
      Map<String, String> settings,
      Map<String, String> secrets)
      throws IOException {
    return start(application(), name, directory, kafka, s3, settings, secrets);
  }

  /**
   * Starts a worker of another build.
   *
   * @param application its runnable jar
   */
  public static WorkerProcess start(
      Path application,
      String name,
      Path directory,
      String kafka,
      String s3,
      Map<String, String> settings,
      Map<String, String> secrets)
      throws IOException {
    if (!Files.exists(application)) {
      throw new IllegalStateException(application + ": build the application first");
    }
    int port = Ports.free();
    Map<String, String> properties = new HashMap<>();
    properties.put("quarkus.http.host", "127.0.0.1");
    properties.put("quarkus.http.port", String.valueOf(port));
    properties.put("kafka.bootstrap.servers", kafka);
    properties.put("secateur.store.endpoint", s3);
    properties.put("secateur.kafka.create-topics", "true");
    properties.put("secateur.cache.directory", directory.resolve("cache-" + name).toString());
    properties.putAll(settings);
    List<String> arguments = new ArrayList<>(List.of("-Xmx768m", "-XX:+UseSerialGC"));
    // As the script and the image start it.
    arguments.add("-XX:SharedArchiveFile=" + application.resolveSibling("worker.jsa"));
    arguments.addAll(List.of("-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
    arguments.addAll(
        List.of(
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-XX:Tier4InvocationThreshold=50000",
            "-XX:Tier4MinInvocationThreshold=6000",
            "-XX:Tier4CompileThreshold=150000",
            "-XX:Tier4BackEdgeThreshold=400000"));
    properties.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.addAll(List.of("-jar", application.toString()));
    return new WorkerProcess(
        Subprocess.java(directory.resolve(name + ".log"), secrets, arguments), port);
  }

  public Subprocess process() {
    return process;
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public WorkerProcess awaitReady() {
    process.await("worker ready", START, () -> status("/q/health/ready") == 200);
    return this;
  }

  /** The HTTP status, or 0 where nobody answers. */
  public int status(String path) {
    try {
      return get(path).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  public String body(String path) {
    try {
      return get(path).body();
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  /** The sum of a metric's samples whose line contains all of {@code labels}. */
  public double metric(String name, String... labels) {
    return body("/q/metrics")
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> java.util.Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private HttpResponse<String> get(String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(address().resolve(path)).timeout(Duration.ofSeconds(5)).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
