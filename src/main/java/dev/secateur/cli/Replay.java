package dev.secateur.cli;

import dev.secateur.event.MalformedEventException;
import dev.secateur.worker.DeadLetter;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "replay",
    description = {
      "Sends the dead letters since the last replay to the topic of registered models, to be run"
          + " again.",
      "Passed over: letters without their value, and, unless --reason chooses them, records that"
          + " are no event, which would be refused again.",
      "With --reason the letters count as not yet replayed: a later replay sends them again, and"
          + " they are answered with the result that they have by then, without another run."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Replay implements Callable<Integer> {
  private static final String GROUP = "secateur-replay";
  private static final Duration POLL = Duration.ofMillis(500);

  private static final Set<String> MALFORMED =
      Arrays.stream(MalformedEventException.Reason.values())
          .map(MalformedEventException.Reason::code)
          .collect(Collectors.toUnmodifiableSet());

  @Spec CommandSpec spec;

  @Option(
      names = "--reason",
      paramLabel = "CODE",
      description = "Only dead letters with this reason, such as attempts-exhausted.")
  List<String> reasons = List.of();

  @Option(names = "--dry-run", description = "List them, send nothing.")
  boolean dryRun;

  @Option(names = "--all", description = "Also those that were replayed or passed over before.")
  boolean all;

  @Mixin ServerOptions servers;

  /** What became of a letter. */
  private enum Fate {
    SENT,
    NOT_CHOSEN,
    PASSED_OVER,
    REFUSED
  }

  @Override
  public Integer call() {
    int[] fates = new int[Fate.values().length];
    try (KafkaConsumer<byte[], byte[]> consumer = servers.openConsumer(Optional.of(GROUP));
        KafkaProducer<byte[], byte[]> producer = servers.openProducer()) {
      List<TopicPartition> partitions =
          servers.partitions(consumer, List.of(servers.deadLetters()));
      consumer.assign(partitions);
      if (all) {
        consumer.seekToBeginning(partitions);
      }
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          TopicPartition place = new TopicPartition(record.topic(), record.partition());
          // What comes meanwhile may be the answer to what was just replayed.
          if (record.offset() < ends.get(place)) {
            fates[replay(DeadLetter.of(record), producer).ordinal()]++;
            // A filter leaves letters behind, and so must be free to look at them again.
            if (!dryRun && reasons.isEmpty()) {
              consumer.commitSync(Map.of(place, new OffsetAndMetadata(record.offset() + 1)));
            }
          }
        }
      }
    }
    say(fates[Fate.SENT.ordinal()] + (dryRun ? " to replay" : " replayed"));
    return fates[Fate.REFUSED.ordinal()] == 0 ? ExitCode.DONE : ExitCode.FAILED;
  }

  private Fate replay(DeadLetter letter, KafkaProducer<byte[], byte[]> producer) {
    if (!reasons.isEmpty() && !reasons.contains(letter.reason())) {
      return Fate.NOT_CHOSEN;
    }
    String line = letter.position() + "  " + letter.reason() + ": " + letter.cause();
    if (letter.isOmitted()) {
      say(line + " (passed over: it has lost its value)");
      return Fate.PASSED_OVER;
    }
    if (reasons.isEmpty() && MALFORMED.contains(letter.reason())) {
      say(line + " (passed over: it would be refused again)");
      return Fate.PASSED_OVER;
    }
    say(line);
    return dryRun || isTaken(letter, producer) ? Fate.SENT : Fate.REFUSED;
  }

  private boolean isTaken(DeadLetter letter, KafkaProducer<byte[], byte[]> producer) {
    try {
      producer.send(letter.replay(servers.registered())).get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RecordTooLargeException
          || e.getCause() instanceof InvalidRecordException) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(letter.position() + ": not replayed: " + e.getCause().getMessage());
        err.flush();
        return false;
      }
      throw new KafkaException(
          letter.position() + ": was not taken: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
