package dev.secateur.demo;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** MinIO itself as a process, where {@code .ci/run} has built it. */
public final class Minio implements AutoCloseable {
  /** The other store's, so that a worker finds either. */
  public static final String ACCESS_KEY = LocalStore.ACCESS_KEY;

  public static final String SECRET_KEY = LocalStore.SECRET_KEY;

  private final Subprocess process;
  private final int port;

  private Minio(Subprocess process, int port) {
    this.process = process;
    this.port = port;
  }

  /** In the cache that outlives a checkout. */
  public static Path program() {
    return Path.of(System.getProperty("user.home"), ".cache", "secateur", "bin", "minio");
  }

  public static boolean isThere() {
    return Files.isExecutable(program());
  }

  /** A bucket of a server that has not yet run is a directory. */
  public static Minio start(Path directory, String... buckets) throws IOException {
    for (String bucket : buckets) {
      Files.createDirectories(directory.resolve("data").resolve(bucket));
    }
    int port = Ports.free();
    Subprocess process =
        Subprocess.start(
            directory.resolve("minio.log"),
            Map.of(
                "MINIO_ROOT_USER",
                ACCESS_KEY,
                "MINIO_ROOT_PASSWORD",
                SECRET_KEY,
                "MINIO_BROWSER",
                "off",
                "MINIO_UPDATE",
                "off"),
            List.of(
                program().toString(),
                "server",
                directory.resolve("data").toString(),
                "--address",
                "127.0.0.1:" + port));
    Minio minio = new Minio(process, port);
    process.await("MinIO", Duration.ofSeconds(30), minio::isLive);
    return minio;
  }

  private boolean isLive() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create(endpoint() + "/minio/health/ready").toURL().openConnection();
      return connection.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  public String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  public Subprocess process() {
    return process;
  }

  @Override
  public void close() {
    process.close();
  }
}
