package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class WorkersTest {
  @Test
  void closingWaitsForWhatHasBegunAndBeginsNothingMore() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    AtomicBoolean next = new AtomicBoolean();
    Workers workers = new Workers(1);
    List<CompletableFuture<Boolean>> work =
        workers.start(
            List.of(
                () -> {
                  begun.countDown();
                  return awaited(end);
                },
                () -> {
                  next.set(true);
                  return true;
                }));
    begun.await();
    Thread closing = new Thread(workers::close);
    closing.start();
    await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    end.countDown();
    closing.join();
    assertThat(work.get(0)).isCompletedWithValue(true);
    assertThat(work.get(1)).isCompletedExceptionally();
    assertThat(next).isFalse();
    assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> Workers.results(work));
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
