package dev.secateur.worker.intake;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.KafkaConnectorIncomingConfiguration;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.commit.KafkaCommitHandler;
import io.smallrye.reactive.messaging.kafka.commit.KafkaThrottledLatestProcessedCommit;
import io.vertx.mutiny.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jboss.logging.Logger;

/**
 * The connector's commits, but for one thing: before it hands on the first record of a partition it
 * asks what was committed there, and an answer that does not come ends the channel for good. A
 * broker that is away for a minute just then is no reason for that: it is asked again until it
 * answers, or does not let this worker in.
 */
@ApplicationScoped
@Identifier("patient")
final class PatientCommits implements KafkaCommitHandler.Factory {
  private static final Logger LOG = Logger.getLogger(PatientCommits.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  @Override
  public KafkaCommitHandler create(
      KafkaConnectorIncomingConfiguration configuration,
      Vertx vertx,
      KafkaConsumer<?, ?> consumer,
      BiConsumer<Throwable, Boolean> reportFailure) {
    return new KafkaThrottledLatestProcessedCommit.Factory()
        .create(configuration, vertx, patient(consumer), reportFailure);
  }

  /** The same consumer; what was committed it is asked again and again. */
  private static KafkaConsumer<?, ?> patient(KafkaConsumer<?, ?> consumer) {
    return (KafkaConsumer<?, ?>)
        Proxy.newProxyInstance(
            KafkaConsumer.class.getClassLoader(),
            new Class<?>[] {KafkaConsumer.class},
            (self, method, arguments) -> {
              try {
                Object answer = method.invoke(consumer, arguments);
                return method.getName().equals("committed") ? again((Uni<?>) answer) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static Uni<?> again(Uni<?> answer) {
    return answer
        .onFailure(PatientCommits::mayPass)
        .invoke(e -> LOG.warnf("what was committed is asked again: %s", e.getMessage()))
        .onFailure(PatientCommits::mayPass)
        .retry()
        .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
        .indefinitely();
  }

  private static boolean mayPass(Throwable e) {
    return !(e instanceof AuthorizationException || e instanceof AuthenticationException);
  }
}
