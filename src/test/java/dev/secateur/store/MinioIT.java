package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.demo.Minio;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.SetBucketVersioningArgs;
import io.minio.StatObjectArgs;
import io.minio.messages.VersioningConfiguration;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract against MinIO itself, conditional writes included. */
final class MinioIT extends StoreContract {
  @TempDir static Path root;

  private static Minio server;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    if (!Minio.isThere()) {
      return;
    }
    server = Minio.start(root, "models", "artifacts");
    store =
        S3ProxyIT.s3(server.endpoint(), CredentialSources.keys(Minio.ACCESS_KEY, Minio.SECRET_KEY));
  }

  /** Before each, not before all: a class that never began is not counted as skipped. */
  @BeforeEach
  void needsMinio() {
    Minio.assumeThere();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      store.close();
      server.close();
    }
  }

  @Override
  ObjectStore store() {
    return store;
  }

  @Test
  void aRotatedCredentialsFileIsTakenUp() throws Exception {
    Path file = root.resolve("credentials.properties");
    Files.writeString(file, "access-key=wrong\nsecret-key=wrong-too\n");
    ObjectUri uri = ObjectUri.of("s3://artifacts/rotated");
    try (ObjectStore own = S3ProxyIT.s3(server.endpoint(), CredentialSources.file(file))) {
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> own.write(uri, "x".getBytes(StandardCharsets.UTF_8)))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FORBIDDEN))
          .withMessageNotContaining("wrong-too");
      Files.writeString(
          file, "access-key=" + Minio.ACCESS_KEY + "\nsecret-key=" + Minio.SECRET_KEY + "\n");
      own.write(uri, "x".getBytes(StandardCharsets.UTF_8));
      assertThat(own.stat(uri)).isPresent();
    }
  }

  @Test
  void aVersionIsReadThoughAnotherIsCurrent() throws Exception {
    versioned("models");
    try {
      ObjectUri uri = ObjectUri.of("s3://models/versioned.bin");
      admin().putObject(object("first"));
      String first =
          admin()
              .statObject(StatObjectArgs.builder().bucket("models").object(uri.key()).build())
              .versionId();
      admin().putObject(object("the second"));
      ObjectUri before = ObjectUri.of(uri + "?versionId=" + first);

      StoredObject stat = store.stat(before).orElseThrow();
      assertThat(stat.bytes()).isEqualTo(5);
      assertThat(stat.uri()).isEqualTo(before);
      Path file = root.resolve("first.bin");
      store.download(stat, Optional.empty(), 100, file);
      assertThat(file).hasContent("first");
      assertThat(store.stat(uri).orElseThrow().bytes()).isEqualTo(10);
      assertThat(store.stat(ObjectUri.of(uri + "?versionId=" + UUID.randomUUID()))).isEmpty();
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> store.write(before, new byte[0]))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FORBIDDEN));
    } finally {
      admin()
          .setBucketVersioning(
              SetBucketVersioningArgs.builder()
                  .bucket("models")
                  .config(
                      new VersioningConfiguration(VersioningConfiguration.Status.SUSPENDED, false))
                  .build());
    }
  }

  private static MinioClient admin() {
    return MinioClient.builder()
        .endpoint(server.endpoint())
        .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
        .build();
  }

  private static PutObjectArgs object(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return PutObjectArgs.builder().bucket("models").object("versioned.bin").stream(
            new ByteArrayInputStream(bytes), bytes.length, -1)
        .build();
  }

  private static void versioned(String bucket) throws Exception {
    admin()
        .setBucketVersioning(
            SetBucketVersioningArgs.builder()
                .bucket(bucket)
                .config(new VersioningConfiguration(VersioningConfiguration.Status.ENABLED, false))
                .build());
  }
}
