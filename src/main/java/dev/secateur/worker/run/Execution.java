package dev.secateur.worker.run;

import dev.secateur.event.CloudEvent;
import dev.secateur.ledger.ClaimLostException;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Result;
import dev.secateur.ledger.Tenure;
import dev.secateur.result.Engine;
import dev.secateur.result.FailureReason;
import dev.secateur.store.StoreException;
import dev.secateur.worker.Answers;
import dev.secateur.worker.Bell;
import dev.secateur.worker.Failure;
import dev.secateur.worker.Fitness;
import dev.secateur.worker.JobKey;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Records;
import dev.secateur.worker.Replies;
import dev.secateur.worker.Retry;
import dev.secateur.worker.TrialOf;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkerConfiguration;
import dev.secateur.worker.run.JobRun.End;
import io.micrometer.core.instrument.LongTaskTimer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Runs orders: an idle thread takes the best one that is to be had, works at it under its claim,
 * and settles it: the result first, then the answer, then the books. Whatever is left half done
 * here, another worker finds as it was left.
 */
@Singleton
public final class Execution {
  private static final Logger LOG = Logger.getLogger(Execution.class);

  /** How long this worker does not look again at an order that it could not deal with. */
  private static final Duration LEFT = Duration.ofMinutes(1);

  /** Orders that have ended and are not yet answered, of which the next do not wait. */
  private static final int BEHIND = 4;

  private final Ledger ledger;
  private final Answers answers;
  private final JobRuns runs;
  private final Work work;
  private final Fitness fitness;
  private final JobMeters meters;
  private final Retry retry;
  private final Bell bell;
  private final Tracer tracer;
  private final int threads;
  private final int maxAttempts;
  private final Duration heartbeat;

  /** How long an idle worker waits before it looks again. */
  private final Duration poll;

  private final Set<Running> running = ConcurrentHashMap.newKeySet();
  private final ExecutorService jobs;

  /** For the signs of life alone: nothing may make them wait. */
  private final ScheduledExecutorService hearts;

  /** When all of them are busy, or stopped, whoever has something to be answered does it. */
  private final ExecutorService answering =
      new ThreadPoolExecutor(
          0,
          BEHIND,
          1,
          TimeUnit.MINUTES,
          new SynchronousQueue<>(),
          named("answer"),
          (answer, all) -> answer.run());

  @Inject
  Execution(
      Ledger ledger,
      Answers answers,
      JobRuns runs,
      Work work,
      Fitness fitness,
      JobMeters meters,
      Retry retry,
      Bell bell,
      Tracer tracer,
      WorkerConfiguration configuration) {
    this.ledger = ledger;
    this.answers = answers;
    this.runs = runs;
    this.work = work;
    this.fitness = fitness;
    this.meters = meters;
    this.retry = retry;
    this.bell = bell;
    this.tracer = tracer;
    this.threads = configuration.jobs().concurrency();
    this.maxAttempts = configuration.jobs().maxAttempts();
    this.heartbeat = heartbeat(configuration.claim());
    this.poll = configuration.jobs().poll();
    this.jobs = Executors.newFixedThreadPool(threads, named("job"));
    this.hearts = Executors.newScheduledThreadPool(threads + 1, named("heart"));
  }

  /** Of a claim: others take it for dead when four are missing. */
  private static Duration heartbeat(WorkerConfiguration.Claim claim) {
    Duration quarter = claim.expiry().dividedBy(4);
    return claim.heartbeat().filter(h -> h.compareTo(quarter) < 0).orElse(quarter);
  }

  private static ThreadFactory named(String name) {
    return runnable -> {
      Thread thread = new Thread(runnable, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** From now on orders are taken. */
  public void start() {
    for (int thread = 0; thread < threads; thread++) {
      jobs.execute(this::work);
    }
  }

  /** How long there has been nothing to do; empty while an order is worked at. */
  public Optional<Duration> idle() {
    return running.isEmpty() ? Optional.of(work.idle()) : Optional.empty();
  }

  /**
   * Takes no more orders, and waits until those that are worked at have ended or are given back.
   *
   * @return whether they did in time
   */
  public boolean stop(Duration most) throws InterruptedException {
    jobs.shutdown();
    for (int thread = 0; thread < threads; thread++) {
      bell.ring();
    }
    return jobs.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Takes orders, one after the other, until the worker drains. */
  private void work() {
    Optional<Order> fresh = Optional.empty();
    while (!work.isDraining()) {
      Optional<Tenure> next = next(fresh);
      fresh = Optional.empty();
      if (next.isPresent()) {
        holdSafely(next.get());
      } else if (ledger.isPaused()) {
        // What comes in meanwhile is paused as well.
        var unused = work.awaitDrain(poll);
      } else {
        fresh = bell.await(poll);
      }
    }
  }

  /** Whatever an order does to this thread, the next one is taken. */
  private void holdSafely(Tenure tenure) {
    try {
      hold(tenure);
    } catch (RuntimeException | Error e) {
      LOG.errorf(e, "order %s: left as it is", tenure.order().id());
      var unused = bell.await(poll);
    }
  }

  /**
   * @param fresh one that has just come in while nothing else was to be done
   */
  private Optional<Tenure> next(Optional<Order> fresh) {
    if (!fitness.mayTake()) {
      return Optional.empty();
    }
    try {
      Optional<Tenure> next = fresh.flatMap(ledger::take).or(ledger::next);
      work.stateTrouble(Optional.empty());
      return next;
    } catch (StoreException e) {
      LOG.debugf("the ledger does not answer: %s", e.getMessage());
      work.stateTrouble(Optional.of(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("the ledger cannot be read", e);
      work.stateTrouble(Optional.of(e.toString()));
    }
    return Optional.empty();
  }

  /** Ends what somebody wants ended: here at once, elsewhere where nobody is at it. */
  void endCancelled() {
    Set<String> cancelled = ledger.cancels().requested();
    running.stream()
        .filter(r -> cancelled.contains(r.tenure().order().id()))
        .forEach(Running::cancel);
    Optional<Tenure> waiting = cancelled.isEmpty() ? Optional.empty() : ledger.nextCancelled();
    while (waiting.isPresent() && !work.isDraining()) {
      hold(waiting.get());
      waiting = ledger.nextCancelled();
    }
  }

  private void hold(Tenure tenure) {
    hold(tenure, Optional.empty());
  }

  /**
   * @param search whose trial it is, where this thread holds that too
   */
  private void hold(Tenure tenure, Optional<Running> search) {
    Running held = new Running(tenure, search, hearts, heartbeat);
    running.add(held);
    boolean handedOver = false;
    try {
      // A search goes on with what its trials have come to.
      Optional<Result> ended =
          guarded(
              held,
              () ->
                  search.isEmpty()
                      ? ended(held)
                      : ended(held).flatMap(mine -> settled(held, mine)));
      if (ended.isPresent()) {
        answering.execute(() -> answer(held, ended.get()));
        handedOver = true;
      }
    } finally {
      if (!handedOver) {
        release(held);
      }
    }
  }

  /** Runs one of a search's trials in the search's own thread, if one is to be had. */
  private boolean help(Running search, Set<String> trials) {
    if (!fitness.mayTake()) {
      return false;
    }
    Optional<Tenure> trial = ledger.nextOf(trials);
    if (trial.isEmpty()) {
      return false;
    }
    Map<String, Object> context = MDC.getMap();
    hold(trial.get(), Optional.of(search));
    context.forEach(MDC::put);
    work.started();
    return true;
  }

  /** The result is made durable, then sent, and the books are closed, beside the next order. */
  private void answer(Running held, Result mine) {
    try {
      var unused =
          guarded(
              held,
              () -> {
                Optional<Result> settled = settled(held, mine);
                settled.ifPresent(result -> deliver(held, result));
                return settled;
              });
    } finally {
      release(held);
    }
  }

  private Optional<Result> guarded(Running held, Supplier<Optional<Result>> action) {
    Order order = held.tenure().order();
    MDC.put("order", order.id());
    MDC.put("job", order.job());
    MDC.put("model", order.model());
    MDC.put("version", order.version());
    try {
      return action.get();
    } catch (ClaimLostException e) {
      LOG.warn(e.getMessage());
      meters.claimLost();
    } catch (RuntimeException | Error e) {
      LOG.errorf(e, "order %s met a defect", order.id());
      metDefect(held);
    } finally {
      MDC.clear();
    }
    return Optional.empty();
  }

  private void release(Running held) {
    held.close();
    running.remove(held);
    work.stir();
  }

  /** What the order has come to; empty where another is to see to it. */
  private Optional<Result> ended(Running held) {
    Tenure tenure = held.tenure();
    if (tenure.result().isPresent()) {
      LOG.infof("order %s has its result already", tenure.order().id());
      meters.duplicate();
      return tenure.result();
    }
    meters.claimed(tenure.isTakenOver());
    OrderedJob ordered;
    try {
      ordered = OrderedJob.of(tenure.order());
    } catch (IllegalArgumentException e) {
      if (isOwn(tenure.order()) && tenure.attempts() >= maxAttempts) {
        return givenUp(held, e);
      }
      throw e;
    }
    return run(held, ordered);
  }

  /**
   * What one worker cannot read another may, in the middle of an upgrade; when so many of its own
   * version have tried, the order is given up.
   */
  private Optional<Result> givenUp(Running held, IllegalArgumentException unreadable) {
    Tenure tenure = held.tenure();
    Order order = tenure.order();
    Replies replies =
        new Replies(
            order.id(),
            order.resolved().path("id").asText(),
            Optional.empty(),
            new Replies.Model(order.model(), order.version(), ""),
            new JobKey(order.job()),
            answers.worker());
    Failure failure =
        new Failure(JobMeters.code(FailureReason.INTERNAL), unreadable.getMessage(), true);
    return Optional.of(
        result(
            tenure,
            replies.failed(tenure.epoch(), tenure.attempts(), failure, Optional.empty()),
            failure.isShared()));
  }

  /**
   * Counted where all workers see it, so that it ends, and left to the others for a while. What
   * another version took in is its own to read: a worker that cannot is no attempt at it.
   */
  private void metDefect(Running held) {
    Tenure tenure = held.tenure();
    try {
      if (isOwn(tenure.order())) {
        tenure.nextAttempt();
      }
      ledger.leave(tenure, LEFT);
    } catch (StoreException | ClaimLostException e) {
      LOG.warnf("order %s: not given back: %s", tenure.order().id(), e.getMessage());
    }
  }

  private static boolean isOwn(Order order) {
    return order.engine().equals(Engine.VERSION);
  }

  private Optional<Result> run(Running held, OrderedJob ordered) {
    Tenure tenure = held.tenure();
    Order order = tenure.order();
    LOG.infof("order %s: claim %d, attempt %d", order.id(), tenure.epoch(), tenure.attempts());
    work.started();
    LongTaskTimer.Sample sample = meters.jobStarted(Duration.between(order.since(), Instant.now()));
    Span span = tracer.spanBuilder("compress").setParent(parent(ordered.asked())).startSpan();
    String outcome = JobMeters.UNENDED;
    String reason = "none";
    try {
      End end =
          runs.of(held, ordered, trials -> help(held, trials), Context.root().with(span)).run();
      boolean trial = ordered.trial().isPresent();
      if (end instanceof End.Completed completed) {
        outcome = trial ? JobMeters.TRIAL : completed.event().data().path("outcome").asText();
        if (!trial) {
          meters.measured(completed.result());
        }
        return Optional.of(result(tenure, completed.event(), true));
      } else if (end instanceof End.Failed failed) {
        outcome = trial ? JobMeters.TRIAL : "failed";
        reason = failed.failure().code();
        return Optional.of(result(tenure, failed.event(), failed.failure().isShared()));
      } else if (end instanceof End.Lost) {
        meters.claimLost();
      } else if (end instanceof End.Unfit unfit) {
        fitness.blame(unfit.trouble());
      }
      return Optional.empty();
    } finally {
      span.setAttribute("secateur.outcome", outcome).end();
      work.stopped();
      meters.jobEnded(sample, outcome, reason);
    }
  }

  private Result result(Tenure tenure, CloudEvent event, boolean shared) {
    return answers.result(tenure.order().id(), tenure.epoch(), tenure.attempts(), event, shared);
  }

  /** The work is done, and must not be lost to a pause of the store. */
  private Optional<Result> settled(Running held, Result mine) {
    Tenure tenure = held.tenure();
    if (tenure.result().isPresent()) {
      return tenure.result();
    }
    Optional<Result> standing = insist(() -> ledger.settle(tenure, mine));
    if (standing.isEmpty()) {
      held.giveBack();
    } else {
      Failpoint.RESULT_STORED.reached();
    }
    return standing;
  }

  private void deliver(Running held, Result result) {
    Order order = held.tenure().order();
    // A trial's result is its search's to read: nobody else has asked.
    boolean sent =
        TrialOf.in(order).isPresent()
            || answers.send(
                result, order.resolved().path("id").asText(), Records.record(order.received()));
    if (!sent) {
      held.giveBack();
      return;
    }
    Failpoint.EVENT_SENT.reached();
    Optional<Boolean> closed =
        insist(
            () -> {
              ledger.close(held.tenure());
              return true;
            });
    if (closed.isEmpty()) {
      LOG.warnf("order %s is answered; its last traces are left to the next", order.id());
    }
  }

  /** Until the store has answered, at least once also while the worker drains. */
  private <T> Optional<T> insist(Supplier<T> request) {
    return retry.insist(
        request::get,
        e -> LOG.warnf("the ledger does not answer, trying again: %s", e.getMessage()));
  }

  /** When no order is worked at any more: waits for the answers that are on their way. */
  public void awaitAnswers(Duration most) throws InterruptedException {
    answering.shutdown();
    if (!answering.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("not all answers were sent: the next worker sends them");
      giveAllBack();
    }
    hearts.shutdownNow();
  }

  /** Gives back what is held, whatever its jobs are doing: they can write no more. */
  public void giveAllBack() {
    running.forEach(Running::giveBack);
  }

  private static Context parent(OrderedJob.Asked asked) {
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), asked, TRACEPARENT);
  }

  private static final TextMapGetter<OrderedJob.Asked> TRACEPARENT =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(OrderedJob.Asked asked) {
          return List.of("traceparent");
        }

        @Override
        public String get(OrderedJob.Asked asked, String key) {
          return key.equals("traceparent") ? asked.traceparent().orElse(null) : null;
        }
      };
}
