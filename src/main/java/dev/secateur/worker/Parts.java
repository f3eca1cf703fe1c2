package dev.secateur.worker;

import dev.secateur.ledger.Asks;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Terms;
import dev.secateur.result.Engine;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes what the rooms share, each once and when it is first asked for. */
@Singleton
final class Parts {
  @Produces
  @Singleton
  static WorkerId id() {
    return WorkerId.random();
  }

  /** The bridge uses the same settings; a worker's requests are counted. */
  @Produces
  @Singleton
  static ObjectStore store(WorkerConfiguration configuration, Instance<JobMeters> meters) {
    boolean counted = configuration.mode() == WorkerConfiguration.Mode.WORKER;
    return Stores.open(configuration.store(), counted ? meters.get() : StoreListener.NONE);
  }

  @Produces
  @Singleton
  static Storage storage(ObjectStore store, WorkerConfiguration configuration) {
    return new Storage(
        store,
        ObjectUri.of(configuration.state().uri()).resolve(""),
        ObjectUri.of(configuration.jobs().output()).resolve(""));
  }

  @Produces
  @Singleton
  static Ledger ledger(Storage storage, WorkerConfiguration configuration, WorkerId id) {
    return new Ledger(
        new ObjectLedgerStore(storage.store(), storage.state()),
        InstantSource.system(),
        new Terms(
            id.value(),
            Engine.VERSION,
            configuration.claim().expiry(),
            configuration.jobs().stall()),
        Asks.beside(Parts::aside));
  }

  private static void aside(Runnable asking) {
    Thread thread = new Thread(asking, "look");
    thread.setDaemon(true);
    thread.start();
  }

  @Produces
  @Singleton
  static WorkDirectory workDirectory(WorkerConfiguration configuration) {
    return WorkDirectory.open(Path.of(configuration.cache().directory()));
  }

  @Produces
  @Singleton
  static Limits limits(WorkerConfiguration configuration) {
    return Limits.of(configuration.limits());
  }

  @Produces
  @Singleton
  static EventPublisher publisher(
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      WorkerConfiguration configuration,
      JobMeters meters,
      MeterRegistry registry,
      Retry retry) {
    Map<String, Object> properties = KafkaProperties.producer(kafka);
    return new EventPublisher(
        () -> new KafkaProducer<>(properties), configuration.topics(), meters, registry, retry);
  }

  @Produces
  @Singleton
  static Doorbell doorbell(
      EventPublisher publisher,
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      WorkerConfiguration configuration,
      @ConfigProperty(name = "mp.messaging.incoming.registered.group.id") String group,
      Work work) {
    String ringers = group + "-doorbell";
    Map<String, Object> properties = Doorbell.settings(KafkaProperties.consumer(kafka), ringers);
    return new Doorbell(
        publisher,
        new KeptConsumer(
            () ->
                new KafkaConsumer<>(
                    properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())),
        configuration.topics().doorbell(),
        ringers,
        work::isDraining);
  }
}
