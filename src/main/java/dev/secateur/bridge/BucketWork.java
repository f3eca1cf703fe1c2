package dev.secateur.bridge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;

/**
 * Makes an order of a model file that was put into a bucket: its metadata says what MLflow's tags
 * say, such as {@code x-amz-meta-secateur-train}. What is not wanted is passed by, and what is
 * wrong is told in the log; there is nobody else to tell.
 */
final class BucketWork implements RecordLoop.Work {
  private static final Logger LOG = Logger.getLogger(BucketWork.class);
  private static final String PREFIX = "secateur-";
  private static final List<String> MODELS = List.of(".keras", ".h5", ".hdf5");

  /** Of an id, which has bounds of its own; the digest tells the rest apart. */
  private static final int SHOWN = 500;

  private static final int DIGITS = 16;

  private final ObjectStore store;
  private final AllowedPrefixes models;
  private final SetAddresses sets;
  private final EventSender sender;
  private final MeterRegistry meters;

  BucketWork(
      ObjectStore store,
      AllowedPrefixes models,
      SetAddresses sets,
      EventSender sender,
      MeterRegistry meters) {
    this.store = store;
    this.models = models;
    this.sets = sets;
    this.sender = sender;
    this.meters = meters;
  }

  @Override
  public void take(ConsumerRecord<byte[], byte[]> record) {
    List<BucketNotice> notices;
    try {
      notices = record.value() == null ? List.of() : BucketNotice.read(record.value());
    } catch (IOException e) {
      LOG.warnf("%s-%d@%d: is no JSON", record.topic(), record.partition(), record.offset());
      return;
    }
    for (BucketNotice notice : notices) {
      try {
        event(notice).ifPresent(this::submit);
      } catch (Refusal | IllegalArgumentException e) {
        refuse(notice, e);
      } catch (StoreException e) {
        if (e.passing()) {
          throw e;
        }
        refuse(notice, e);
      }
    }
  }

  private void refuse(BucketNotice notice, Exception e) {
    meters.counter(BridgeMetrics.REFUSED, BridgeMetrics.PLATFORM, "bucket").increment();
    LOG.warnf("s3://%s/%s: refused: %s", notice.bucket(), notice.key(), e.getMessage());
  }

  private void submit(CloudEvent event) {
    sender.send(event);
    meters.counter(BridgeMetrics.SUBMITTED, BridgeMetrics.PLATFORM, "bucket").increment();
    LOG.infof("%s: submitted", event.id());
  }

  /** Empty where the file is nobody's order: no model by its name, or one that says so. */
  Optional<CloudEvent> event(BucketNotice notice) throws Refusal {
    String file = notice.key().toLowerCase(Locale.ROOT);
    if (MODELS.stream().noneMatch(file::endsWith)) {
      return Optional.empty();
    }
    ObjectUri uri = models.require("the file", notice.address());
    Map<String, String> metadata = notice.metadata().orElseGet(() -> store.metadata(uri));
    Asked asked = Asked.of(PREFIX, metadata, Map.of());
    if (asked.isOff()) {
      return Optional.empty();
    }
    ObjectNode data = asked.data();
    ObjectNode model = data.putObject("model").put("uri", uri.toString());
    Optional.ofNullable(metadata.get(PREFIX + "name")).ifPresent(name -> model.put("name", name));
    String state = notice.version().orElse(notice.state()).replaceAll("[^A-Za-z0-9._-]", "");
    Optional.ofNullable(metadata.get(PREFIX + "version"))
        .or(() -> Optional.of(state.substring(0, Math.min(DIGITS, state.length()))))
        .filter(version -> !version.isEmpty())
        .ifPresent(version -> model.put("version", version));
    sets.require(data);
    String what = uri + " " + notice.state() + " " + asked.digest();
    String digest = Digests.sha256(what.getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
    String shown = notice.bucket() + "/" + notice.key();
    return Optional.of(
        new CloudEvent(
            "s3:" + shown.substring(0, Math.min(SHOWN, shown.length())) + "/" + digest,
            VersionEvent.SOURCE,
            EventType.REGISTERED,
            Optional.of(model.path("name").asText(uri.fileName())),
            Optional.of(Instant.now()),
            Optional.empty(),
            data));
  }
}
