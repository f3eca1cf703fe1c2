package dev.secateur.demo;

import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.MinIOContainer;
import org.testcontainers.kafka.KafkaContainer;

/** Kafka and MinIO as people run them, where a Docker engine answers. */
public final class Containers implements AutoCloseable {
  private static final String KAFKA = "apache/kafka:4.1.1";
  private static final String MINIO = "minio/minio:RELEASE.2025-09-07T16-13-09Z";

  private final KafkaContainer kafka = new KafkaContainer(KAFKA);
  private final MinIOContainer minio = new MinIOContainer(MINIO);

  private Containers() {}

  public static boolean areThere() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  /** Starts both, the broker with the settings of {@link LocalBroker} that tests count on. */
  public static Containers start(String... buckets) throws Exception {
    Containers containers = new Containers();
    containers
        .kafka
        .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        .withEnv("KAFKA_MESSAGE_MAX_BYTES", String.valueOf(100 << 20))
        .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
        .start();
    containers
        .minio
        .withUserName(LocalStore.ACCESS_KEY)
        .withPassword(LocalStore.SECRET_KEY)
        .start();
    try (MinioClient client =
        MinioClient.builder()
            .endpoint(containers.s3())
            .credentials(LocalStore.ACCESS_KEY, LocalStore.SECRET_KEY)
            .build()) {
      for (String bucket : buckets) {
        client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
      }
    }
    return containers;
  }

  public String kafka() {
    return kafka.getBootstrapServers().replaceFirst("^.*://", "");
  }

  public String s3() {
    return minio.getS3URL();
  }

  @Override
  public void close() {
    kafka.stop();
    minio.stop();
  }
}
