package dev.secateur.demo;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** An S3 server (s3proxy) in this process, on 127.0.0.1, over a directory of buckets. */
public final class LocalStore implements AutoCloseable {
  public static final String ACCESS_KEY = "local-access";
  public static final String SECRET_KEY = "local-secret-key";

  private final S3Proxy server;

  private LocalStore(S3Proxy server) {
    this.server = server;
  }

  /** Starts a server; {@code buckets} are created where they are missing. */
  public static LocalStore start(Path directory, int port, String... buckets) throws Exception {
    ServerLogs.quieten();
    for (String bucket : buckets) {
      Files.createDirectories(directory.resolve(bucket));
    }
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(directory.toString()))
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, SECRET_KEY)
            .ignoreUnknownHeaders(true)
            .build();
    server.start();
    return new LocalStore(server);
  }

  public String endpoint() {
    return "http://127.0.0.1:" + server.getPort();
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }
}
