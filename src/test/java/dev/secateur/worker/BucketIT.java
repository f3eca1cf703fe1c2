package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.Minio;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.store.ObjectUri;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.SetBucketNotificationArgs;
import io.minio.UploadObjectArgs;
import io.minio.messages.EventType;
import io.minio.messages.NotificationConfiguration;
import io.minio.messages.QueueConfiguration;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** A file that is dropped into a real MinIO, whose notification wakes the packaged bridge. */
final class BucketIT {
  private static final String TOPIC = "bucket-notifications";

  @Test
  void aFileThatIsDroppedBecomesAModel() throws Exception {
    assumeTrue(Minio.isThere(), "MinIO is not built: .ci/tools minio");
    LocalServers servers = LocalServers.get();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers.kafka))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
    Map<String, String> notifying =
        Map.of(
            "MINIO_NOTIFY_KAFKA_ENABLE_SECATEUR",
            "on",
            "MINIO_NOTIFY_KAFKA_BROKERS_SECATEUR",
            servers.kafka,
            "MINIO_NOTIFY_KAFKA_TOPIC_SECATEUR",
            TOPIC);
    try (Minio minio =
            Minio.start(
                servers.directory.resolve("bucket"),
                Optional.empty(),
                notifying,
                LocalServers.BUCKETS);
        Platform platform =
            new Platform("bucket", 1, servers.kafka, minio.endpoint(), servers.directory)) {
      platform.worker("worker");
      WorkerProcess bridge =
          platform.worker(
              "bridge",
              Map.of(
                  "quarkus.profile",
                  "bridge",
                  "secateur.bridge.buckets.topic",
                  TOPIC,
                  "secateur.bridge.group",
                  platform.name + "-bridge"));
      String train = platform.source(Platform.DATA, "datasets").path("uri").asText();
      MinioClient client =
          MinioClient.builder()
              .endpoint(minio.endpoint())
              .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
              .build();
      notify(client);
      Map<String, String> metadata =
          Map.of(
              "secateur-train",
              train,
              "secateur-compress",
              "{\"fineTuning\":{\"recipe\":\"instant\"},\"acceptance\":{\"maxAccuracyDrop\":0.5}}");
      client.uploadObject(
          UploadObjectArgs.builder()
              .bucket("models")
              .object("dropped here/shapes net+1.h5")
              .filename(Platform.MODEL.toString())
              .userMetadata(metadata)
              .build());
      // As S3's bus of events has it asked for.
      assertThat(platform.store.metadata(ObjectUri.of("s3://models/dropped here/shapes net+1.h5")))
          .containsEntry("secateur-train", train);
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).as(result.toString()).isEqualTo("accepted");
      assertThat(result.at("/model/name").asText()).isEqualTo("shapes-net-1");
      assertThat(result.at("/model/uri").asText())
          .isEqualTo("s3://models/dropped here/shapes net+1.h5");
      // A file that says nothing of its sets, and one that is no model.
      for (String key : List.of("silent.keras", "readme.txt")) {
        client.putObject(
            PutObjectArgs.builder().bucket("models").object(key).stream(
                    new ByteArrayInputStream(new byte[7]), 7, -1)
                .build());
      }
      platform.await(
          "the refusal", () -> bridge.metric("secateur_bridge_refused_total", "bucket") == 1);
      assertThat(bridge.metric("secateur_bridge_submitted_total", "bucket")).isEqualTo(1);
    }
  }

  private static void notify(MinioClient client) throws Exception {
    QueueConfiguration queue = new QueueConfiguration();
    queue.setQueue("arn:minio:sqs::SECATEUR:kafka");
    queue.setEvents(List.of(EventType.OBJECT_CREATED_ANY));
    NotificationConfiguration configuration = new NotificationConfiguration();
    configuration.setQueueConfigurationList(List.of(queue));
    client.setBucketNotification(
        SetBucketNotificationArgs.builder().bucket("models").config(configuration).build());
  }
}
