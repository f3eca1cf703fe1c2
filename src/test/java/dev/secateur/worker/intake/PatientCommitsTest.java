package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaConnectorIncomingConfiguration;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.commit.ContextHolder;
import io.smallrye.reactive.messaging.kafka.commit.KafkaCommitHandler;
import io.vertx.mutiny.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With the connector's own commits, and a consumer whose answers are made up. */
class PatientCommitsTest {
  private static final Duration ENOUGH = Duration.ofMinutes(1);

  private final Vertx vertx = Vertx.vertx();

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
  }

  static List<KafkaException> forGood() {
    return List.of(
        new GroupAuthorizationException("secateur"),
        new SaslAuthenticationException("secateur"),
        new WakeupException());
  }

  @ParameterizedTest
  @MethodSource("forGood")
  void whoIsNotLetInOrWasClosedIsNotAskedAgain(KafkaException failure) {
    Queue<KafkaException> failures =
        new ArrayDeque<>(List.of(failure, new TimeoutException("asked again")));

    assertThatThrownBy(() -> received(failures)).isInstanceOf(failure.getClass());
    assertThat(failures).hasSize(1);
  }

  /** What the application does is what is tested here. */
  @Test
  void theChannelCommitsSo() throws IOException {
    Properties application = new Properties();
    try (InputStream in = getClass().getResourceAsStream("/application.properties")) {
      application.load(in);
    }
    assertThat(application.getProperty("mp.messaging.incoming.registered.commit-strategy"))
        .isEqualTo(PatientCommits.class.getAnnotation(Identifier.class).value());
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
        new PatientCommits().create(configuration, vertx, consumer, (failure, fatal) -> {});
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
