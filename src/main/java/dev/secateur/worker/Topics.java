package dev.secateur.worker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** The topics that a worker needs: created with sensible settings where it may, else checked. */
final class Topics {
  /** Progress is watched live; a day is for those who look later. */
  private static final Duration PROGRESS_RETENTION = Duration.ofDays(1);

  private static final Duration RETENTION = Duration.ofDays(30);

  /** As large as the largest record that another topic may have let in. */
  private static final int LARGEST_DEAD_LETTER = 100 << 20;

  private static final int ANSWER_SECONDS = 10;

  private final WorkerConfiguration.Topics topics;
  private final WorkerConfiguration.Kafka settings;

  Topics(WorkerConfiguration.Topics topics, WorkerConfiguration.Kafka settings) {
    this.topics = topics;
    this.settings = settings;
  }

  /**
   * Creates what is missing, or lists it.
   *
   * @throws IllegalStateException naming the missing topics, if they may not be created
   */
  void ensure(Admin admin) throws ExecutionException, InterruptedException, TimeoutException {
    Set<String> existing = admin.listTopics().names().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    List<NewTopic> missing = new ArrayList<>(wanted());
    missing.removeIf(topic -> existing.contains(topic.name()));
    if (missing.isEmpty()) {
      return;
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
            Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(LARGEST_DEAD_LETTER))));
  }

  private NewTopic topic(
      String name, int partitions, Duration retention, Map<String, String> more) {
    Map<String, String> configuration = new java.util.HashMap<>(more);
    configuration.put(TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retention.toMillis()));
    return new NewTopic(name, partitions, settings.replicationFactor()).configs(configuration);
  }
}
