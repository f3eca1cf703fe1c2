package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.WorkerProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Workers that join while records come: what is taken in is acknowledged in the end. */
final class RebalanceIT {
  private static final int PARTITIONS = 6;
  private static final int WORKERS = 3;

  /** A worker's member of the group, and its last answer, outlast no minute. */
  private static final Duration SETTLED = Duration.ofMinutes(1);

  @Test
  void noLagIsLeftByWorkersThatJoinWhileRecordsCome() throws Exception {
    try (Platform platform = new Platform("joining", PARTITIONS)) {
      platform.worker("joining-0").awaitReady();
      AtomicBoolean enough = new AtomicBoolean();
      CompletableFuture<Integer> sent = CompletableFuture.supplyAsync(() -> send(platform, enough));
      List<WorkerProcess> more = new ArrayList<>();
      for (int w = 1; w <= WORKERS; w++) {
        more.add(platform.worker("joining-" + w));
      }
      more.forEach(WorkerProcess::awaitReady);
      platform.await("all are members, at rest", () -> platform.membersAtRest() == 1 + WORKERS);
      enough.set(true);
      int records = sent.get();
      platform.await("all is put aside", () -> letters(platform) >= records);
      platform.await("no lag is left", SETTLED, () -> platform.lag() == 0);
      assertThat(platform.acknowledged()).isEqualTo(records);
    }
  }

  /** Records that are no events: each is soon done with. */
  private static int send(Platform platform, AtomicBoolean enough) {
    int n = 0;
    while (!enough.get()) {
      byte[] value = ("no event " + n).getBytes(StandardCharsets.UTF_8);
      platform.send(
          new ProducerRecord<>(platform.registered(), n % PARTITIONS, new byte[] {1}, value));
      n++;
    }
    return n;
  }

  private static long letters(Platform platform) {
    return platform.records(platform.deadLetters()).stream()
        .map(
            r ->
                Platform.header(r, DeadLetter.PARTITION)
                    + "-"
                    + Platform.header(r, DeadLetter.OFFSET))
        .distinct()
        .count();
  }
}
