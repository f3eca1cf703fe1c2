package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.FixedHostPortGenericContainer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** The packaged worker against Kafka and MinIO in containers, where a Docker engine answers. */
final class ContainersIT {
  private static final String KAFKA = "apache/kafka:4.1.1";
  private static final String MINIO = "minio/minio:RELEASE.2025-09-07T16-13-09Z";

  @TempDir Path directory;

  /** Before each, not before all: a class that never began is not counted as skipped. */
  @BeforeEach
  void needsDocker() {
    Assumptions.assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(), "no Docker engine answers here");
  }

  @Test
  void aRegisteredModelBecomesArtifactsOnContainers() throws Exception {
    int port = Ports.free();
    try (GenericContainer<?> kafka = kafka(port);
        GenericContainer<?> minio = minio()) {
      kafka.start();
      minio.start();
      String s3 = "http://" + minio.getHost() + ":" + minio.getMappedPort(9000);
      try (Platform platform =
          new Platform("containers", 2, kafka.getHost() + ":" + port, s3, directory)) {
        platform.worker("containers-1").awaitReady();
        platform.publish(platform.job("shapes", "1", 1));
        assertThat(platform.awaitResults(1).values())
            .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
      }
    }
  }

  /** Clients are sent to the address that the broker names, so the port is known beforehand. */
  @SuppressWarnings("deprecation")
  private static GenericContainer<?> kafka(int port) {
    return new FixedHostPortGenericContainer<>(KAFKA)
        .withFixedExposedPort(port, 9092)
        .withEnv("KAFKA_NODE_ID", "1")
        .withEnv("KAFKA_PROCESS_ROLES", "broker,controller")
        .withEnv("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093")
        .withEnv("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://localhost:" + port)
        .withEnv("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .withEnv("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT")
        .withEnv("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        .withEnv("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .waitingFor(Wait.forLogMessage(".*Kafka Server started.*", 1));
  }

  private static GenericContainer<?> minio() {
    List<String> buckets = List.of(LocalServers.BUCKETS);
    return new GenericContainer<>(MINIO)
        .withEnv("MINIO_ROOT_USER", LocalStore.ACCESS_KEY)
        .withEnv("MINIO_ROOT_PASSWORD", LocalStore.SECRET_KEY)
        .withCreateContainerCmdModifier(c -> c.withEntrypoint("sh", "-c"))
        .withCommand("mkdir -p /data/" + String.join(" /data/", buckets) + " && minio server /data")
        .withExposedPorts(9000)
        .waitingFor(Wait.forHttp("/minio/health/ready").forPort(9000));
  }
}
