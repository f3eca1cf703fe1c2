package dev.secateur.demo;

import io.minio.http.HttpUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Assumptions;

/** MinIO itself as a process, where {@code .ci/run} has built it. */
public final class Minio implements AutoCloseable {
  /** The other store's, so that a worker finds either. */
  public static final String ACCESS_KEY = LocalStore.ACCESS_KEY;

  public static final String SECRET_KEY = LocalStore.SECRET_KEY;

  private final Subprocess process;
  private final int port;
  private final Optional<Certificates> certificates;
  private final OkHttpClient http;

  private Minio(Subprocess process, int port, Optional<Certificates> certificates)
      throws IOException, GeneralSecurityException {
    this.process = process;
    this.port = port;
    this.certificates = certificates;
    OkHttpClient client = new OkHttpClient();
    this.http =
        certificates.isEmpty()
            ? client
            : HttpUtils.enableExternalCertificates(
                client, certificates.get().authority().toString());
  }

  public static Path program() {
    return ToolCache.DIRECTORY.resolve("bin").resolve("minio");
  }

  public static boolean isThere() {
    return Files.isExecutable(program());
  }

  /** Skips the test where there is none. */
  public static void assumeThere() {
    Assumptions.assumeTrue(isThere(), () -> program() + ": no MinIO; .ci/run builds it");
  }

  public static Minio start(Path directory, String... buckets)
      throws IOException, GeneralSecurityException {
    return start(directory, Optional.empty(), Map.of(), buckets);
  }

  /**
   * A bucket of a server that has not yet run is a directory.
   *
   * @param certificates for TLS
   * @param settings further variables of the environment
   */
  public static Minio start(
      Path directory,
      Optional<Certificates> certificates,
      Map<String, String> settings,
      String... buckets)
      throws IOException, GeneralSecurityException {
    for (String bucket : buckets) {
      Files.createDirectories(directory.resolve("data").resolve(bucket));
    }
    int port = Ports.free();
    Map<String, String> environment = new HashMap<>(settings);
    environment.put("MINIO_ROOT_USER", ACCESS_KEY);
    environment.put("MINIO_ROOT_PASSWORD", SECRET_KEY);
    environment.put("MINIO_BROWSER", "off");
    environment.put("MINIO_UPDATE", "off");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(program().toString(), "server", directory.resolve("data").toString()));
    command.addAll(List.of("--address", "127.0.0.1:" + port));
    certificates.ifPresent(
        c -> command.addAll(List.of("--certs-dir", c.directory().toAbsolutePath().toString())));
    Subprocess process = Subprocess.start(directory.resolve("minio.log"), environment, command);
    Minio minio = new Minio(process, port, certificates);
    process.await("MinIO", Duration.ofMinutes(5), minio::isLive);
    return minio;
  }

  private boolean isLive() {
    Request request = new Request.Builder().url(endpoint() + "/minio/health/ready").build();
    try (Response response = http.newCall(request).execute()) {
      return response.isSuccessful();
    } catch (IOException e) {
      return false;
    }
  }

  public String endpoint() {
    return endpoint("127.0.0.1");
  }

  /** Under another name of this machine. */
  public String endpoint(String host) {
    return (certificates.isPresent() ? "https://" : "http://") + host + ":" + port;
  }

  public Subprocess process() {
    return process;
  }

  @Override
  public void close() {
    process.close();
  }
}
