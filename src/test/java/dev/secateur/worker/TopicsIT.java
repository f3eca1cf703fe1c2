package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** Topics on a real broker: created, found missing, found too small. */
final class TopicsIT {
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
      Names names = new Names("topics-missing");
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> new Topics(names, new Settings(false)).ensure(admin))
          .withMessageContaining("topics-missing-registered, topics-missing-progress")
          .withMessageContaining("secateur.kafka.create-topics=true");
      new Topics(names, new Settings(true)).ensure(admin);
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
      Names names = new Names("topics-small");
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
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> new Topics(names, new Settings(false)).ensure(admin))
          .withMessage(
              "topics-small-compressed: max.message.bytes is 1000; a result event may need %d",
              Topics.LARGEST_RESULT);
    }
  }
}
