package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.Subprocess;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers to which something is missing, so that no record can be answered. */
final class BrokenWorkerIT {
  @Test
  void withoutNativeLibrariesItEndsAndSaysWhy() throws Exception {
    try (Platform platform = new Platform("no-natives", 1)) {
      WorkerProcess worker =
          platform.worker("no-natives-1", Map.of("org.bytedeco.javacpp.platform", "linux-none"));
      assertThat(worker.process().exitCode(Platform.LONG)).isEqualTo(1);
      assertThat(worker.process().output())
          .contains("leaving: the native libraries do not work")
          .contains("UnsatisfiedLinkError");
    }
  }

  @Test
  void withoutABrokerItSaysInOneLineHowToNameOne(@TempDir Path directory) throws Exception {
    Subprocess worker =
        Subprocess.java(
            directory.resolve("log"),
            Map.of(),
            List.of("-Dquarkus.http.port=0", "-jar", WorkerProcess.application().toString()));
    assertThat(worker.exitCode(Platform.LONG)).isEqualTo(1);
    assertThat(worker.output().lines())
        .singleElement()
        .asString()
        .contains("KAFKA_BOOTSTRAP_SERVERS");
  }

  /** That it is not alive after minutes: {@link StandstillTest}. */
  @Test
  void whatCannotBeReadAgainAndAgainMakesItUnready() throws Exception {
    try (Platform platform = new Platform("no-codec", 1)) {
      WorkerProcess worker =
          platform
              .worker("no-codec-1", Map.of("org.xerial.snappy.use.systemlib", "true"))
              .awaitReady();
      CloudEvent event = platform.event("packed", platform.job("shapes", "1", 1));
      KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>(
              platform.registered(), "shapes".getBytes(StandardCharsets.UTF_8), encoded.value());
      encoded.headers().forEach(record.headers()::add);
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", platform.kafka, "compression.type", "snappy"),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        producer.send(record).get();
      }
      platform.await("unready", () -> worker.status("/q/health/ready") == 503);
      assertThat(worker.body("/q/health/ready"))
          .contains("records are not read: " + platform.registered() + "-0 stands at offset 0");
      assertThat(worker.status("/q/health/live")).isEqualTo(200);
    }
  }
}
