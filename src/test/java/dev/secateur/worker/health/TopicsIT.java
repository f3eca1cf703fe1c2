package dev.secateur.worker.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.worker.LocalServers;
import dev.secateur.worker.WorkerConfiguration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Topics on a real broker: created, found missing, found too small. */
final class TopicsIT {
  /** Its own at each try. */
  private record Names(String prefix) implements WorkerConfiguration.Topics {
    @Override
    public String registered() {
      return prefix + "-registered";
    }

    @Override
    public String progress() {
      return prefix + "-progress";
    }

    @Override
    public String compressed() {
      return prefix + "-compressed";
    }

    @Override
    public String deadLetters() {
      return prefix + "-dlq";
    }

    @Override
    public String doorbell() {
      return prefix + "-doorbell";
    }
  }

  private record Settings(boolean createTopics) implements WorkerConfiguration.Kafka {
    @Override
    public int partitions() {
      return 5;
    }

    @Override
    public short replicationFactor() {
      return 1;
    }
  }

  @Test
  void missingTopicsAreNamedOrCreated() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", LocalServers.get().kafka))) {
      Names names = new Names("topics-missing-" + UUID.randomUUID());
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> new Topics(names, new Settings(false)).ensure(admin))
          .withMessageContaining(names.registered() + ", " + names.progress())
          .withMessageContaining("secateur.kafka.create-topics=true");
      new Topics(names, new Settings(true)).ensure(admin);
      Awaitility.await()
          .until(() -> admin.listTopics().names().get().contains(names.deadLetters()));
      new Topics(names, new Settings(false)).ensure(admin);
      assertThat(
              admin
                  .describeTopics(Set.of(names.registered()))
                  .allTopicNames()
                  .get()
                  .get(names.registered())
                  .partitions())
          .hasSize(5);
    }
  }

  @Test
  void aTopicThatCouldNotTakeAResultIsRefusedAtTheStart() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", LocalServers.get().kafka))) {
      Names names = new Names("topics-small-" + UUID.randomUUID());
      admin
          .createTopics(
              List.of(
                  new NewTopic(names.registered(), 1, (short) 1),
                  new NewTopic(names.progress(), 1, (short) 1),
                  new NewTopic(names.compressed(), 1, (short) 1)
                      .configs(Map.of("max.message.bytes", "1000")),
                  new NewTopic(names.deadLetters(), 1, (short) 1)))
          .all()
          .get();
      Awaitility.await()
          .until(() -> admin.listTopics().names().get().contains(names.deadLetters()));
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> new Topics(names, new Settings(false)).ensure(admin))
          .withMessage(
              "%s: max.message.bytes is 1000; a result event may need %d",
              names.compressed(), Topics.LARGEST_RESULT);
    }
  }
}
