package dev.secateur.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.DirectoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Notices as stores send them, and what becomes of them. */
final class BucketWorkTest {
  /** As a MinIO of 2026-02 sent it. */
  private static final String MINIO =
      """
      {"EventName": "%s", "Key": "models/shapes net+1.keras",
       "Records": [{"eventVersion": "2.0", "eventSource": "minio:s3", "awsRegion": "",
        "eventTime": "2026-11-27T20:00:00.000Z", "eventName": "%s",
        "userIdentity": {"principalId": "x"}, "requestParameters": {}, "responseElements": {},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "Config",
         "bucket": {"name": "models", "ownerIdentity": {"principalId": "x"}, "arn": "arn:aws:s3:::models"},
         "object": {"key": "%s", "size": 107833, "eTag": "0af45d9daaf3f84c37a3b1589c51105f",
          "contentType": "application/octet-stream", "sequencer": "18A",
          "userMetadata": {"X-Amz-Meta-Secateur-Train": "s3://datasets/shapes.npz",
           "X-Amz-Meta-Secateur-Preprocessing": "1/255", "content-type": "x"}}},
        "source": {"host": "127.0.0.1", "port": "", "userAgent": "MinIO"}}]}
      """;

  @TempDir Path directory;
  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());

  private BucketWork work() {
    return new BucketWork(
        new DirectoryStore(
            directory, new AllowedBuckets(Set.of("models", "datasets"), Set.of("artifacts"))),
        new AllowedPrefixes("secateur.bridge.models", List.of("s3://models/")),
        new SetAddresses(
            new AllowedPrefixes("secateur.bridge.datasets", List.of("s3://datasets/"))),
        new EventSender(() -> producer, "model-registered"),
        new SimpleMeterRegistry());
  }

  private static ConsumerRecord<byte[], byte[]> record(String value) {
    return new ConsumerRecord<>(
        "notices", 0, 0, new byte[0], value.getBytes(StandardCharsets.UTF_8));
  }

  private static String minio(String event, String key) {
    return MINIO.formatted(event, event, key);
  }

  private JsonNode sent(int number) throws Exception {
    return new ObjectMapper().readTree(producer.history().get(number).value());
  }

  @Test
  void aFileThatIsPutIsAnOrderAndItsMetadataNamesTheSets() throws Exception {
    BucketWork work = work();
    work.take(record(minio("s3:ObjectCreated:Put", "shapes+net%2B1.keras")));
    work.take(record(minio("s3:ObjectCreated:Put", "shapes+net%2B1.keras")));
    assertThat(sent(0).at("/model/uri").asText()).isEqualTo("s3://models/shapes net+1.keras");
    assertThat(sent(0).at("/model/version").asText()).isEqualTo("0af45d9daaf3f84c");
    assertThat(sent(0).at("/datasets/train/uri").asText()).isEqualTo("s3://datasets/shapes.npz");
    assertThat(sent(0).at("/preprocessing/scale").asDouble()).isEqualTo(1.0 / 255);
    assertThat(EventSchemas.violations(EventType.REGISTERED, sent(0))).isEmpty();
    // A notice that comes twice is the same order.
    assertThat(producer.history().get(0).headers().lastHeader("ce_id").value())
        .isEqualTo(producer.history().get(1).headers().lastHeader("ce_id").value());
  }

  @Test
  void theBusOfEventsHasKeysAsTheyAreAndNoMetadata() throws Exception {
    String event =
        """
        {"version": "0", "id": "x", "detail-type": "Object Created", "source": "aws.s3",
         "detail": {"version": "0", "bucket": {"name": "models"},
          "object": {"key": "a+b%41.h5", "size": 1, "etag": "b1946ac92492d2347c6235b4d2611184",
           "version-id": "v1", "sequencer": "00"}, "reason": "PutObject"}}
        """;
    assertThat(BucketNotice.read(event.getBytes(StandardCharsets.UTF_8)))
        .singleElement()
        .satisfies(
            notice -> {
              assertThat(notice.address()).isEqualTo("s3://models/a+b%41.h5?versionId=v1");
              assertThat(notice.metadata()).isEmpty();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "7",
        "{}",
        "{\"Records\": 7}",
        "{\"Records\": [{}]}",
        "{\"Event\": \"s3:TestEvent\", \"Bucket\": \"models\"}",
        "{\"Records\": [{\"eventName\": \"ObjectCreated:Put\", \"s3\": {\"bucket\": {\"name\":"
            + " \"models\"}}}]}"
      })
  void whatIsNoNoticeIsPassedBy(String value) {
    work().take(record(value));
    assertThat(producer.history()).isEmpty();
  }

  @Test
  void whatIsNotPutOrNoModelOrElsewhereIsNoOrder() {
    BucketWork work = work();
    work.take(record(minio("s3:ObjectRemoved:Delete", "shapes.keras")));
    work.take(record(minio("s3:ObjectAccessed:Get", "shapes.keras")));
    work.take(record(minio("s3:ObjectCreated:Put", "readme.txt")));
    work.take(record(minio("s3:ObjectCreated:Put", "a%2F..%2Fb.keras")));
    work.take(
        record(
            minio("s3:ObjectCreated:Put", "a.keras")
                .replace("\"name\": \"models\"", "\"name\": \"artifacts\"")));
    work.take(
        record(minio("s3:ObjectCreated:Put", "a.keras").replace("s3://datasets", "s3://secrets")));
    work.take(record(minio("s3:ObjectCreated:Put", "a.keras").replace("Secateur-Train", "Other")));
    work.take(new ConsumerRecord<>("notices", 0, 0, new byte[0], null));
    assertThat(producer.history()).isEmpty();
    work.take(record(minio("s3:ObjectCreated:CompleteMultipartUpload", "a.keras")));
    assertThat(producer.history()).hasSize(1);
  }
}
