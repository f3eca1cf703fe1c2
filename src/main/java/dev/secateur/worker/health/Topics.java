package dev.secateur.worker.health;

import dev.secateur.worker.WorkerConfiguration;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jboss.logging.Logger;

/** The topics that a worker needs: created with sensible settings where it may, else checked. */
@Singleton
final class Topics {
  /** Progress is watched live; a day is for those who look later. */
  private static final Duration PROGRESS_RETENTION = Duration.ofDays(1);

  private static final Duration RETENTION = Duration.ofDays(30);

  /** As large as the largest record that another topic may have let in. */
  private static final int LARGEST_DEAD_LETTER = 100 << 20;

  /** A result event with the longest addresses and reason that its parts allow. */
  static final int LARGEST_RESULT = 128 << 10;

  private static final int ANSWER_SECONDS = 10;
  private static final Logger LOG = Logger.getLogger(Topics.class);

  private final WorkerConfiguration.Topics topics;
  private final WorkerConfiguration.Kafka settings;
  private volatile boolean hasDoorbell;

  @Inject
  Topics(WorkerConfiguration configuration) {
    this(configuration.topics(), configuration.kafka());
  }

  Topics(WorkerConfiguration.Topics topics, WorkerConfiguration.Kafka settings) {
    this.topics = topics;
    this.settings = settings;
  }

  /**
   * Creates what is missing, or lists it; else looks whether the topics take what will be sent.
   *
   * @return whether all were there and have been looked at: what was just created may not be seen
   *     by each broker yet
   * @throws IllegalStateException naming the topics that are missing and may not be created, or the
   *     setting that is too small
   */
  boolean ensure(Admin admin) throws ExecutionException, InterruptedException, TimeoutException {
    if (created(admin)) {
      return false;
    }
    checkSizes(admin);
    return true;
  }

  /** Whether the topic is there that may be missing. */
  boolean hasDoorbell() {
    return hasDoorbell;
  }

  void lookForDoorbell(Admin admin)
      throws ExecutionException, InterruptedException, TimeoutException {
    hasDoorbell =
        admin
            .listTopics()
            .names()
            .get(ANSWER_SECONDS, TimeUnit.SECONDS)
            .contains(topics.doorbell());
  }

  private boolean created(Admin admin)
      throws ExecutionException, InterruptedException, TimeoutException {
    Set<String> existing = admin.listTopics().names().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    hasDoorbell = existing.contains(topics.doorbell());
    List<NewTopic> missing = new ArrayList<>(wanted());
    missing.removeIf(topic -> existing.contains(topic.name()));
    if (!settings.createTopics()) {
      missing.removeIf(topic -> topic.name().equals(topics.doorbell()));
    }
    if (missing.isEmpty()) {
      return false;
    }
    if (!settings.createTopics()) {
      throw new IllegalStateException(
          "missing topics, or this user may not see them: "
              + String.join(", ", missing.stream().map(NewTopic::name).toList())
              + "; create them (docs/operations.md says how), or set"
              + " secateur.kafka.create-topics=true");
    }
    try {
      admin.createTopics(missing).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      // Another worker that starts at the same time was faster.
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
    return true;
  }

  private void checkSizes(Admin admin)
      throws ExecutionException, InterruptedException, TimeoutException {
    long results;
    long letters;
    long records;
    try {
      results = largest(admin, topics.compressed());
      letters = largest(admin, topics.deadLetters());
      records = largest(admin, topics.registered());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException) {
        LOG.debug("the topics' settings may not be read, and are not checked");
        return;
      }
      throw e;
    }
    if (results < LARGEST_RESULT) {
      throw new IllegalStateException(
          "%s: max.message.bytes is %d; a result event may need %d"
              .formatted(topics.compressed(), results, LARGEST_RESULT));
    }
    if (letters < records) {
      LOG.warnf(
          "%s: max.message.bytes is %d, below the %d of %s: a larger record loses its value there",
          topics.deadLetters(), letters, records, topics.registered());
    }
  }

  private static long largest(Admin admin, String topic)
      throws ExecutionException, InterruptedException, TimeoutException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    // A broker that does not tell is taken to let all through.
    return Optional.ofNullable(
            admin
                .describeConfigs(List.of(resource))
                .all()
                .get(ANSWER_SECONDS, TimeUnit.SECONDS)
                .get(resource)
                .get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG))
        .map(entry -> Long.parseLong(entry.value()))
        .orElse(Long.MAX_VALUE);
  }

  private List<NewTopic> wanted() {
    return List.of(
        topic(topics.registered(), settings.partitions(), RETENTION, Map.of()),
        topic(topics.progress(), settings.partitions(), PROGRESS_RETENTION, Map.of()),
        topic(topics.compressed(), settings.partitions(), RETENTION, Map.of()),
        topic(
            topics.deadLetters(),
            1,
            RETENTION,
            Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(LARGEST_DEAD_LETTER))),
        topic(topics.doorbell(), 1, RETENTION, Map.of()));
  }

  private NewTopic topic(
      String name, int partitions, Duration retention, Map<String, String> more) {
    Map<String, String> configuration = new java.util.HashMap<>(more);
    configuration.put(TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retention.toMillis()));
    return new NewTopic(name, partitions, settings.replicationFactor()).configs(configuration);
  }
}
