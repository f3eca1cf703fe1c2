package dev.secateur.worker.health;

import dev.secateur.worker.KafkaProperties;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** The client by which the broker is asked how it is. */
@Singleton
final class Broker {
  @Produces
  @Singleton
  static Admin admin(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
    return Admin.create(KafkaProperties.admin(kafka));
  }
}
