package dev.secateur.worker.health;

import dev.secateur.worker.Limits;
import dev.secateur.worker.WorkerConfiguration;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * When a worker begins and ends. The application has a second mode, in which this is all that there
 * is of one.
 */
@Singleton
final class Life {
  private final WorkerConfiguration configuration;
  private final Map<String, Object> kafka;
  private final Instance<Worker> workers;

  /** Once it has begun. */
  private Optional<Worker> worker = Optional.empty();

  @Inject
  Life(
      WorkerConfiguration configuration,
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      Instance<Worker> workers) {
    this.configuration = configuration;
    this.kafka = kafka;
    this.workers = workers;
  }

  /** Before the messaging channels start. */
  void start(@Observes @Priority(1) StartupEvent event) {
    if (configuration.mode() == WorkerConfiguration.Mode.WORKER) {
      check();
      worker = Optional.of(workers.get());
      worker.get().start();
    }
  }

  /**
   * @throws ConfigurationException of which Quarkus shows the message alone
   */
  private void check() {
    if (!kafka.containsKey(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG)) {
      throw new ConfigurationException(
          "no broker is named: set KAFKA_BOOTSTRAP_SERVERS (kafka.bootstrap.servers), such as"
              + " localhost:9092; 'secateur worker --help' lists what else a worker is told");
    }
    try {
      Limits.check(configuration);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(e.getMessage(), e);
    }
  }

  /** Before HTTP stops, so that probes and scrapes see the drain. */
  void beforeShutdown(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
    if (worker.isPresent()) {
      worker.get().drain();
    }
  }

  /** In development there is no moment before. */
  void shutdown(@Observes ShutdownEvent event) throws InterruptedException {
    if (worker.isPresent()) {
      worker.get().drain();
    }
  }
}
