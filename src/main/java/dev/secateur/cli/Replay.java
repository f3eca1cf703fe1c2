package dev.secateur.cli;

import dev.secateur.worker.DeadLetter;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "replay",
    description = {
      "Sends dead letters back to the topic that they came from, each once.",
      "Those that were replayed before are passed over; --all looks at them again."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Replay implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);

  @Spec CommandSpec spec;

  @Option(
      names = "--reason",
      paramLabel = "CODE",
      description = "Only dead letters with this reason, such as attempts-exhausted.")
  List<String> reasons = List.of();

  @Option(names = "--dry-run", description = "List them, send nothing.")
  boolean dryRun;

  @Option(names = "--all", description = "Also those that were replayed before.")
  boolean all;

  @Mixin ServerOptions servers;

  @Override
  public Integer call() {
    try (KafkaConsumer<byte[], byte[]> consumer =
            servers.openConsumer(Optional.of("secateur-replay"), "earliest");
        KafkaProducer<byte[], byte[]> producer = servers.openProducer()) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(ServerOptions.deadLetters()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      if (all) {
        consumer.seekToBeginning(partitions);
      }
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      int count = 0;
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          count += replay(record, producer) ? 1 : 0;
        }
      }
      // A filter leaves letters behind, and so must be free to look at them again.
      if (!dryRun && reasons.isEmpty()) {
        consumer.commitSync(
            partitions.stream()
                .collect(
                    Collectors.toMap(p -> p, p -> new OffsetAndMetadata(consumer.position(p)))));
      }
      spec.commandLine().getOut().println(count + (dryRun ? " to replay" : " replayed"));
      spec.commandLine().getOut().flush();
      return ExitCode.DONE;
    }
  }

  private boolean replay(
      ConsumerRecord<byte[], byte[]> record, KafkaProducer<byte[], byte[]> producer) {
    DeadLetter letter = DeadLetter.of(record);
    if (!reasons.isEmpty() && !reasons.contains(letter.reason())) {
      return false;
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(letter.position() + "  " + letter.reason() + ": " + letter.cause());
    if (dryRun) {
      return true;
    }
    try {
      producer.send(letter.replay(ServerOptions.registered())).get();
      return true;
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          letter.position() + ": was not taken: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
