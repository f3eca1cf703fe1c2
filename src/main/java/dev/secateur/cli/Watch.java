package dev.secateur.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
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

  @Spec CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "JOB",
      description = "A job's key or its beginning, the id that publish printed, or a model's name.")
  Optional<String> job;

  @Option(
      names = "--from-beginning",
      description = "Also what was sent before; with JOB this is the default.")
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
    String from = fromBeginning || job.isPresent() ? "earliest" : "latest";
    long end = timeout.map(s -> System.nanoTime() + s * 1_000_000_000L).orElse(Long.MAX_VALUE);
    try (KafkaConsumer<byte[], byte[]> consumer = servers.openConsumer(Optional.empty(), from)) {
      consumer.subscribe(ServerOptions.answers());
      while (System.nanoTime() < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Optional<Integer> code = read(record).filter(this::isWanted).flatMap(this::show);
          if (code.isPresent()) {
            return code.get();
          }
        }
      }
    }
    spec.commandLine().getErr().println("no result within " + timeout.orElse(0L) + " s");
    return ExitCode.FAILED;
  }

  static Optional<CloudEvent> read(ConsumerRecord<byte[], byte[]> record) {
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

  private boolean isWanted(CloudEvent event) {
    JsonNode data = event.data();
    return job.map(
            wanted ->
                data.at("/job/key").asText().startsWith(wanted)
                    || data.at("/job/registeredId").asText().equals(wanted)
                    || data.at("/model/name").asText().equals(wanted))
        .orElse(true);
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
