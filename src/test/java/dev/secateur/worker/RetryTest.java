package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

final class RetryTest {
  /** Nobody waits for its end. */
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private final Work work = new Work();

  private Retry brief() {
    return new Retry(work, Duration.ofMillis(1), Duration.ofMillis(1));
  }

  private static String unavailable() {
    throw new StoreException(StoreException.Kind.UNAVAILABLE, "away");
  }

  @Test
  void whatStoreAndBrokerDoNotAnswerIsAskedForAgainAndToldOf() {
    List<RuntimeException> faults =
        List.of(
            new StoreException(StoreException.Kind.UNAVAILABLE, "away"),
            new StoreException(StoreException.Kind.FORBIDDEN, "keys are changed"),
            new KafkaException("no leader"));
    AtomicInteger asked = new AtomicInteger();
    List<RuntimeException> told = new ArrayList<>();
    Optional<String> answer =
        brief()
            .insist(
                () -> {
                  int n = asked.getAndIncrement();
                  if (n < faults.size()) {
                    throw faults.get(n);
                  }
                  return "answer";
                },
                told::add);
    assertThat(answer).contains("answer");
    assertThat(told).isEqualTo(faults);
  }

  @Test
  void aDefectIsNotTriedAgain() {
    AtomicInteger asked = new AtomicInteger();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(
            () ->
                brief()
                    .insist(
                        () -> {
                          asked.incrementAndGet();
                          throw new IllegalArgumentException("defect");
                        },
                        e -> {}));
    assertThat(asked).hasValue(1);
  }

  @Test
  void whileTheWorkerDrainsItIsAskedForOnce() {
    work.drain();
    AtomicInteger asked = new AtomicInteger();
    Retry retry = new Retry(work, FOR_EVER, FOR_EVER);
    assertThat(
            retry.insist(
                () -> {
                  asked.incrementAndGet();
                  return unavailable();
                },
                e -> {}))
        .isEmpty();
    assertThat(asked).hasValue(1);
    assertThat(retry.insist(() -> "answer", e -> {})).contains("answer");
  }

  private CompletableFuture<Optional<String>> waiting(AtomicBoolean stop, CountDownLatch asked) {
    return CompletableFuture.supplyAsync(
        () ->
            new Retry(work, FOR_EVER, FOR_EVER)
                .insist(RetryTest::unavailable, e -> asked.countDown(), stop::get));
  }

  @Test
  void aDrainEndsAWait() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<Optional<String>> waiting = waiting(new AtomicBoolean(), asked);
    asked.await();
    work.drain();
    assertThat(waiting).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(Optional.empty());
  }

  @Test
  void whoeverWantsItEndedEndsAWait() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Optional<String>> waiting = waiting(stop, asked);
    asked.await();
    stop.set(true);
    assertThat(waiting).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(Optional.empty());
  }

  @Test
  void anInterruptEndsAWait() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              Optional<String> answer =
                  new Retry(work, FOR_EVER, FOR_EVER)
                      .insist(RetryTest::unavailable, e -> asked.countDown());
              interrupted.complete(answer.isEmpty() && Thread.interrupted());
            });
    thread.start();
    asked.await();
    thread.interrupt();
    assertThat(interrupted).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(true);
  }
}
