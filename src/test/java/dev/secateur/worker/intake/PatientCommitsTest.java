package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaConnectorIncomingConfiguration;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.commit.ContextHolder;
import io.smallrye.reactive.messaging.kafka.commit.KafkaCommitHandler;
import io.vertx.mutiny.core.Vertx;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With the connector's own commits, and a consumer whose answers are made up. */
class PatientCommitsTest {
  private static final Duration ENOUGH = Duration.ofMinutes(1);

  private final Vertx vertx = Vertx.vertx();
  private final List<Throwable> reported = new ArrayList<>();

  @AfterEach
  void close() {
    vertx.closeAndAwait();
  }

  @Test
  void aRecordIsHandedOnWhenTheBrokerSaysAgainWhatWasCommitted() {
    Queue<KafkaException> failures =
        new ArrayDeque<>(
            List.of(new TimeoutException("away"), new KafkaException("Unexpected error")));

    assertThat(received(failures)).isNotNull();
    assertThat(failures).isEmpty();
    assertThat(reported).isEmpty();
  }

  @Test
  void whoIsNotLetInIsToldSo() {
    Queue<KafkaException> failures =
        new ArrayDeque<>(List.of(new GroupAuthorizationException("secateur")));

    assertThatThrownBy(() -> received(failures)).isInstanceOf(GroupAuthorizationException.class);
  }

  private IncomingKafkaRecord<String, byte[]> received(Queue<KafkaException> failures) {
    KafkaConsumer<?, ?> consumer =
        (KafkaConsumer<?, ?>)
            Proxy.newProxyInstance(
                KafkaConsumer.class.getClassLoader(),
                new Class<?>[] {KafkaConsumer.class},
                (self, method, arguments) ->
                    switch (method.getName()) {
                      case "configuration" -> Map.of("group.id", "secateur");
                      case "committed" ->
                          Uni.createFrom()
                              .item(
                                  () -> {
                                    if (!failures.isEmpty()) {
                                      throw failures.remove();
                                    }
                                    return Map.of();
                                  });
                      default -> throw new UnsupportedOperationException(method.getName());
                    });
    var configuration =
        new KafkaConnectorIncomingConfiguration(
            new SmallRyeConfigBuilder()
                .withDefaultValues(
                    Map.of(
                        "connector",
                        "smallrye-kafka",
                        "channel-name",
                        "x",
                        "value.deserializer",
                        "none"))
                .build());
    KafkaCommitHandler commits =
        new PatientCommits()
            .create(configuration, vertx, consumer, (failure, fatal) -> reported.add(failure));
    ((ContextHolder) commits)
        .capture(((io.vertx.core.impl.VertxInternal) vertx.getDelegate()).createEventLoopContext());
    var record =
        new IncomingKafkaRecord<>(
            new ConsumerRecord<>("registered", 0, 7, "key", new byte[0]),
            "x",
            0,
            commits,
            null,
            false);
    return commits.received(record).await().atMost(ENOUGH);
  }
}
