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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;

/**
 * The connector's commits, but for one thing: before it hands on the first record of a partition it
 * asks what was committed there, and an answer that does not come ends the channel for good. A
 * broker that is away for a minute just then is no reason for that: it is asked again until it
 * answers, and the probes tell meanwhile that it does not. Other failures end the channel, and with
 * it the worker, where minutes do not mend them; who is not let in is told so at once.
 */
@ApplicationScoped
@Identifier("patient")
final class PatientCommits implements KafkaCommitHandler.Factory {
  private static final Logger LOG = Logger.getLogger(PatientCommits.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofMinutes(5);

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
        .onFailure(RetriableException.class)
        .invoke(PatientCommits::tell)
        .onFailure(RetriableException.class)
        .retry()
        .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
        .indefinitely()
        .onFailure(PatientCommits::mayPass)
        .invoke(PatientCommits::tell)
        .onFailure(PatientCommits::mayPass)
        .retry()
        .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
        .expireIn(LONGEST.toMillis());
  }

  private static void tell(Throwable failure) {
    LOG.warnf("what was committed is asked again: %s", failure.getMessage());
  }

  /** A consumer that was closed fails otherwise. */
  private static boolean mayPass(Throwable failure) {
    return failure instanceof KafkaException
        && !(failure instanceof AuthorizationException
            || failure instanceof AuthenticationException
            || failure instanceof WakeupException
            || failure instanceof InterruptException);
  }
}
