package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.Minio;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.EventJson;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectUri;
import io.minio.admin.MinioAdminClient;
import io.minio.admin.QuotaUnit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The packaged worker against a bucket of MinIO's that is full: claims and results, of a few
 * kilobytes, find room, checkpoints and artifacts do not.
 */
final class FullStoreIT {
  private static final String BUCKET = "artifacts";
  private static final long QUOTA_KILOBYTES = 8;
  private static final int EPOCHS = 2;

  @TempDir Path directory;

  @BeforeEach
  void minioIsThere() {
    Assumptions.assumeTrue(
        Minio.isThere(), () -> Minio.program() + ": no MinIO; .ci/run builds it");
  }

  private static MinioAdminClient admin(Minio minio) {
    return MinioAdminClient.builder()
        .endpoint(minio.endpoint())
        .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
        .build();
  }

  private Platform platform(String name, Minio minio) throws Exception {
    return new Platform(name, 1, LocalServers.get().kafka, minio.endpoint(), directory);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aJobWaitsForRoomAndDoesNotTrainAgain() throws Exception {
    try (Minio minio = Minio.start(directory, LocalServers.BUCKETS);
        Platform platform = platform("full-for-a-while", minio)) {
      admin(minio).setBucketQuota(BUCKET, QUOTA_KILOBYTES, QuotaUnit.KB);
      WorkerProcess worker = platform.worker("waiting").awaitReady();
      platform.publish(platform.job("shapes", "1", EPOCHS));
      platform.await("refused twice", () -> refused(worker) >= 2);
      assertThat(platform.results()).isEmpty();
      assertThat(worker.process().output()).containsPattern("checkpoint at step \\d+ not kept");
      assertThat(worker.status("/q/health/live")).isEqualTo(200);
      assertThat(worker.status("/q/health/ready")).isEqualTo(200);

      admin(minio).clearBucketQuota(BUCKET);
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/job/attempt").asInt()).isGreaterThan(2);
      assertThat(result.at("/job/epoch").asInt()).isEqualTo(1);
      everyArtifactIsThere(platform, result);
      assertThat(worker.metric("secateur_training_steps_total")).isEqualTo(steps(platform, result));
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      System.out.printf("full bucket: refused %.0f times, then accepted%n", refused(worker));
    }
  }

  /** Of the training whose network was kept, as the report tells. */
  private static double steps(Platform platform, JsonNode result) throws Exception {
    ObjectUri report = ObjectUri.of(result.at("/report/json").asText());
    JsonNode json = EventJson.parse(platform.store.read(report, 1 << 22).orElseThrow());
    int steps = json.at("/training/steps").asInt();
    assertThat(steps).isPositive();
    return steps;
  }

  private static double refused(WorkerProcess worker) {
    return worker.metric("secateur_retries_total", "reason=\"store-full\"");
  }

  private static void everyArtifactIsThere(Platform platform, JsonNode result) {
    assertThat(result.path("artifacts")).hasSizeGreaterThan(5);
    for (JsonNode artifact : result.path("artifacts")) {
      ObjectUri uri = ObjectUri.of(artifact.path("uri").asText());
      byte[] bytes = platform.store.read(uri, artifact.path("bytes").asInt()).orElseThrow();
      assertThat(Digests.sha256(bytes)).isEqualTo(artifact.path("sha256").asText());
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aJobThatFindsNoRoomFailsAsADeadLetterThatCanBeReplayed() throws Exception {
    try (Minio minio = Minio.start(directory, LocalServers.BUCKETS);
        Platform platform = platform("full-for-good", minio)) {
      admin(minio).setBucketQuota(BUCKET, QUOTA_KILOBYTES, QuotaUnit.KB);
      platform.worker("giving-up", Map.of("secateur.jobs.max-attempts", "2")).awaitReady();
      String id = platform.publish(platform.job("shapes", "1", EPOCHS));
      JsonNode failed = platform.awaitResults(1).values().iterator().next();
      assertThat(failed.path("outcome").asText()).isEqualTo("failed");
      assertThat(failed.at("/reason/code").asText()).isEqualTo("store-full");
      assertThat(failed.at("/reason/retried").asBoolean()).isTrue();
      assertThat(failed.at("/job/attempt").asInt()).isEqualTo(2);
      platform.await("a dead letter", () -> platform.records(platform.deadLetters()).size() == 1);
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      ConsumerRecord<byte[], byte[]> letter = platform.records(platform.deadLetters()).get(0);
      assertThat(Platform.header(letter, DeadLetter.REASON)).isEqualTo("store-full");
      assertThat(new String(letter.key(), java.nio.charset.StandardCharsets.UTF_8)).isEqualTo(id);

      admin(minio).clearBucketQuota(BUCKET);
      platform.send(DeadLetter.of(letter).replay(platform.registered()));
      List<String> outcomes =
          platform.awaitResults(2).values().stream().map(r -> r.path("outcome").asText()).toList();
      assertThat(outcomes).containsExactlyInAnyOrder("failed", "accepted");
    }
  }
}
