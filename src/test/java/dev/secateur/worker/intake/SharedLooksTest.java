package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedLooksTest {
  private static final int ASKERS = 8;

  private final AtomicInteger begun = new AtomicInteger();
  private final CountDownLatch open = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private <T> FutureTask<T> started(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    threads.add(thread);
    return task;
  }

  private void awaitAllToWait() {
    await().until(() -> threads.stream().allMatch(t -> t.getState() == Thread.State.WAITING));
  }

  private int blocked() {
    int mine = begun.incrementAndGet();
    try {
      open.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return mine;
  }

  @Test
  void whoCameBeforeALookBeganSharesItAndWhoCameLaterDoesNot() throws Exception {
    SharedLooks<String, Integer> looks = new SharedLooks<>(key -> blocked());
    long early = System.nanoTime();
    List<FutureTask<Integer>> sharing = new ArrayList<>();
    for (int n = 0; n < ASKERS; n++) {
      sharing.add(started(() -> looks.at("a", early)));
    }
    awaitAllToWait();
    assertThat(begun).hasValue(1);
    long whileItIsUnderWay = System.nanoTime();
    FutureTask<Integer> later = started(() -> looks.at("a", whileItIsUnderWay));
    awaitAllToWait();
    assertThat(begun).hasValue(2);

    open.countDown();

    for (FutureTask<Integer> one : sharing) {
      assertThat(one.get(1, TimeUnit.MINUTES)).isEqualTo(1);
    }
    assertThat(later.get(1, TimeUnit.MINUTES)).isEqualTo(2);
    assertThat(looks.at("a", early)).as("the last, which began after it came").isEqualTo(2);
    assertThat(looks.at("a", System.nanoTime())).as("came after all of them").isEqualTo(3);
  }

  @Test
  void otherKeysDoNotWait() {
    SharedLooks<String, Integer> looks =
        new SharedLooks<>(key -> key.equals("slow") ? blocked() : -1);
    var unused = started(() -> looks.at("slow", System.nanoTime()));
    awaitAllToWait();

    assertThat(looks.at("quick", System.nanoTime())).isEqualTo(-1);

    open.countDown();
  }

  @Test
  void allWhoShareAFailureGetItAndWhoAsksAnewDoesNot() {
    SharedLooks<String, Integer> looks =
        new SharedLooks<>(
            key -> {
              if (begun.incrementAndGet() == 1) {
                throw new IllegalArgumentException("no " + key);
              }
              return begun.get();
            });
    long early = System.nanoTime();

    for (int n = 0; n < ASKERS; n++) {
      assertThatThrownBy(() -> looks.at("a", early))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no a");
    }
    assertThat(looks.at("a", System.nanoTime())).isEqualTo(2);
  }
}
