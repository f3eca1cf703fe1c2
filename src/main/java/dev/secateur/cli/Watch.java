package dev.secateur.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "watch",
    description = {
      "Follows progress and results. With JOB, ends with that job's result and its exit code."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Watch implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);

  /** As large as a result may be. */
  private static final int LARGEST = 4 << 20;

  private static final Pattern KEY = Pattern.compile("[0-9a-f]{8,64}");

  @Spec CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "JOB",
      description = {
        "The id that publish printed, or a job's key or its beginning (8 digits or more): also a"
            + " result that was sent before.",
        "Or a model's name: the next result of that model."
      })
  Optional<String> job;

  @Option(
      names = "--from-beginning",
      description = "Also what was sent before, as far as the topics still hold it.")
  boolean fromBeginning;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Give up after this long without the result (exit 3).")
  Optional<Long> timeout;

  @Option(names = "--json", description = "Each event as one line of JSON.")
  boolean json;

  @Mixin ServerOptions servers;

  @Override
  public Integer call() {
    if (job.isPresent() && job.get().isBlank()) {
      throw new SettingsException("JOB: is empty (was the model published?)");
    }
    long start = System.nanoTime();
    try (KafkaConsumer<byte[], byte[]> consumer = servers.openConsumer(Optional.empty())) {
      List<TopicPartition> partitions = servers.partitions(consumer, servers.answers());
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      if (fromBeginning || job.isPresent()) {
        consumer.seekToBeginning(partitions);
      } else {
        ends.forEach(consumer::seek);
      }
      while (timeout.isEmpty() || System.nanoTime() - start < timeout.get() * 1_000_000_000L) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          TopicPartition place = new TopicPartition(record.topic(), record.partition());
          boolean isNew = fromBeginning || record.offset() >= ends.get(place);
          Optional<Integer> code =
              read(record).filter(e -> isWanted(record, e, isNew)).flatMap(this::show);
          if (code.isPresent()) {
            return code.get();
          }
        }
      }
    }
    spec.commandLine().getErr().println("no result within " + timeout.orElse(0L) + " s");
    return ExitCode.FAILED;
  }

  private static Optional<CloudEvent> read(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header.value());
    }
    try {
      return Optional.of(
          KafkaBinding.read(headers, Optional.ofNullable(record.value()), LARGEST, ""));
    } catch (MalformedEventException e) {
      // Somebody else's record in the topic.
      return Optional.empty();
    }
  }

  /** A name has many jobs, so that only a new record can be the one that is waited for. */
  private boolean isWanted(ConsumerRecord<byte[], byte[]> record, CloudEvent event, boolean isNew) {
    if (job.isEmpty()) {
      return true;
    }
    String wanted = job.get();
    JsonNode data = event.data();
    return data.at("/job/registeredId").asText().equals(wanted)
        || answers(record).equals(Optional.of(wanted))
        || (KEY.matcher(wanted).matches() && data.at("/job/key").asText().startsWith(wanted))
        || (isNew && data.at("/model/name").asText().equals(wanted));
  }

  /** Of a result that was sent again: the registration that this sending answers. */
  private static Optional<String> answers(ConsumerRecord<byte[], byte[]> record) {
    return Optional.ofNullable(record.headers().lastHeader(KafkaBinding.ANSWERS))
        .map(header -> new String(header.value(), StandardCharsets.UTF_8));
  }

  /** The exit code, once the job that is watched has its result. */
  private Optional<Integer> show(CloudEvent event) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? event.data().toString() : EventLine.of(event));
    out.flush();
    if (job.isEmpty() || event.type() == EventType.PROGRESSED) {
      return Optional.empty();
    }
    return Optional.of(
        switch (event.data().path("outcome").asText()) {
          case "accepted" -> ExitCode.DONE;
          case "rejected" -> ExitCode.NOT_ACCEPTED;
          default -> ExitCode.FAILED;
        });
  }
}
