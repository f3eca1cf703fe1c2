package dev.secateur.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Runs actors in virtual time, one at any one moment: the one that wakes first. An actor is
 * ordinary blocking code on a thread of its own that gives way whenever it sleeps.
 */
final class Scheduler {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "actor");
            thread.setDaemon(true);
            return thread;
          });

  /** The history is over: unwinds an actor. */
  private static final class Over extends Error {
    private static final long serialVersionUID = 1;

    Over() {
      super(null, null, false, false);
    }
  }

  private final class Actor implements Comparable<Actor> {
    final Semaphore go = new Semaphore(0);
    final int number = actors.size();
    long wakes;

    @Override
    public int compareTo(Actor other) {
      int order = Long.compare(wakes, other.wakes);
      return order != 0 ? order : Integer.compare(number, other.number);
    }
  }

  private final List<Actor> actors = new ArrayList<>();
  private final PriorityQueue<Actor> sleeping = new PriorityQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final long limit;
  private Actor running;
  private long now;
  private boolean stopped;
  private RuntimeException failure;

  /**
   * @param limit virtual milliseconds after which it is over
   */
  Scheduler(long limit) {
    this.limit = limit;
  }

  /** Virtual milliseconds. */
  long now() {
    return now;
  }

  void add(Runnable body) {
    Actor actor = new Actor();
    actor.wakes = now;
    actors.add(actor);
    sleeping.add(actor);
    THREADS.execute(
        () -> {
          try {
            await(actor);
            body.run();
            pass();
          } catch (Over e) {
            // Unwound.
          } catch (RuntimeException | Error e) {
            fail(e instanceof RuntimeException r ? r : new IllegalStateException(e));
            over.countDown();
          }
        });
  }

  /** Keeps the running actor from going on for so long. */
  void sleep(long millis) {
    if (stopped) {
      throw new Over();
    }
    Actor me = running;
    me.wakes = now + millis;
    sleeping.add(me);
    if (sleeping.peek() == me && me.wakes <= limit) {
      sleeping.poll();
      now = me.wakes;
      return;
    }
    pass();
    await(me);
  }

  /** Hands on to whoever wakes first. */
  private void pass() {
    Actor next = sleeping.poll();
    if (stopped || next == null || next.wakes > limit) {
      over.countDown();
      return;
    }
    now = next.wakes;
    running = next;
    next.go.release();
  }

  private void await(Actor actor) {
    actor.go.acquireUninterruptibly();
    if (stopped) {
      throw new Over();
    }
  }

  void fail(RuntimeException violation) {
    if (failure == null) {
      failure = violation;
    }
    stopped = true;
  }

  /** Ends the history at the next sleep. */
  void stop() {
    stopped = true;
  }

  /** Runs all of it; throws what failed. */
  void run() {
    pass();
    try {
      over.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    stopped = true;
    actors.forEach(actor -> actor.go.release());
    if (failure != null) {
      throw failure;
    }
  }
}
