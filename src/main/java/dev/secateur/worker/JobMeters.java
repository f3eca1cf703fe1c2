package dev.secateur.worker;

import dev.secateur.job.Stage;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.result.Variant;
import dev.secateur.store.StoreListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The meters that {@link Metrics} names. Counters exist from the start, so that a rate is never
 * missing.
 */
@Singleton
public final class JobMeters implements StoreListener {
  /** One second to four hours: the length of a stage or a job. */
  private static final Duration[] LONG = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(2),
    Duration.ofMinutes(5),
    Duration.ofMinutes(10),
    Duration.ofMinutes(30),
    Duration.ofHours(1),
    Duration.ofHours(2),
    Duration.ofHours(4)
  };

  private static final Duration[] SHORT = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(20),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10),
    Duration.ofSeconds(60)
  };

  private static final double[] RATIOS = {1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32};
  private static final double[] CHANGES = {
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1
  };

  /** The outcome of a job that was left to another worker. */
  public static final String UNENDED = "none";

  /** Outcome of an order that is a search's trial, however it ended: its search judges it. */
  public static final String TRIAL = "trial";

  /** The worker's own stages, before and after the chain's. */
  public static final String FETCH = "fetch";

  public static final String PUSH = "push";

  private final MeterRegistry registry;
  private final LongTaskTimer running;
  private final Map<String, AtomicInteger> stages = new ConcurrentHashMap<>();
  private final Counter steps;
  private final Counter images;

  @Inject
  JobMeters(MeterRegistry registry, Work work) {
    this.registry = registry;
    this.running = LongTaskTimer.builder(Metrics.JOBS_RUNNING).register(registry);
    this.steps = registry.counter(Metrics.TRAINING_STEPS);
    this.images = registry.counter(Metrics.TRAINING_IMAGES);
    for (String outcome : new String[] {"accepted", "rejected"}) {
      jobs(outcome, "none");
      duration(outcome);
    }
    for (FailureReason reason : FailureReason.values()) {
      jobs("failed", code(reason));
    }
    duration("failed");
    for (Stage stage : Stage.values()) {
      stage(stage.label());
    }
    stage(FETCH);
    stage(PUSH);
    for (String event : new String[] {"taken", "taken-over", "lost"}) {
      registry.counter(Metrics.CLAIMS, Metrics.EVENT, event);
    }
    for (String event : new String[] {"written", "restored"}) {
      registry.counter(Metrics.CHECKPOINTS, Metrics.EVENT, event);
    }
    for (String type : new String[] {"progressed", "completed", "failed"}) {
      registry.counter(Metrics.EVENTS_SENT, Metrics.TYPE, type);
    }
    for (String direction : new String[] {"in", "out"}) {
      registry.counter(Metrics.STORE_BYTES, Metrics.DIRECTION, direction);
    }
    for (String direction : new String[] {"loss", "gain"}) {
      change(direction);
    }
    for (String result : new String[] {"hit", "miss"}) {
      registry.counter(Metrics.CACHE, Metrics.RESULT, result);
    }
    for (Operation operation : Operation.values()) {
      requests(operation, Result.OK);
      requests(operation, Result.FAILED);
    }
    registry.counter(Metrics.DUPLICATES);
    registry.counter(Metrics.PASSED_BY);
    registry.counter(Metrics.DEAD_LETTERS, Metrics.REASON, Failure.ATTEMPTS);
    registry.counter(Metrics.RETRIES, Metrics.REASON, code(FailureReason.INTERNAL));
    ratio();
    queueWait();
    watch(Metrics.JOBS_QUEUED, work::queued);
    watch(Metrics.DRAINING, () -> work.isDraining() ? 1 : 0);
    watch(Metrics.JOB_PROGRESS, work::progress);
    gauge(Metrics.JOB_PROGRESS_AGE, "seconds", Tags.empty(), work::progressAgeSeconds);
    watch(Metrics.TRAINING_EPOCH, work::epoch);
    watch(Metrics.TRAINING_SPARSITY, work::sparsity);
  }

  /** Shows a figure whenever it is asked for. */
  public void watch(String name, Supplier<Number> value) {
    gauge(name, null, Tags.empty(), value);
  }

  public void watchBytes(String name, Supplier<Number> value) {
    gauge(name, "bytes", Tags.empty(), value);
  }

  /** One of several figures of a name, told apart by a tag. */
  public void watch(String name, String tag, String which, Supplier<Number> value) {
    gauge(name, null, Tags.of(tag, which), value);
  }

  public static String code(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public LongTaskTimer.Sample jobStarted(Duration waited) {
    queueWait().record(waited.isNegative() ? Duration.ZERO : waited);
    return running.start();
  }

  public void jobEnded(LongTaskTimer.Sample sample, String outcome, String reason) {
    Duration took = Duration.ofNanos(sample.stop());
    if (!outcome.equals(UNENDED)) {
      duration(outcome).record(took);
      jobs(outcome, reason).increment();
    }
  }

  /** A job that ended before it started. */
  public void refused(String reason) {
    jobs("failed", reason).increment();
  }

  public void stageStarted(String stage) {
    stage(stage).incrementAndGet();
  }

  public void stageEnded(String stage, Duration took) {
    stage(stage).decrementAndGet();
    stageDuration(stage).record(took);
  }

  public void trained(int newSteps, int newImages) {
    steps.increment(newSteps);
    images.increment(newImages);
  }

  public void measured(JobResult result) {
    result.judged().ifPresent(judged -> measured(result.variant("original").orElseThrow(), judged));
  }

  private void measured(Variant original, Variant judged) {
    ratio().record((double) original.zippedBytes() / Math.max(1, judged.zippedBytes()));
    if (original.top1().isPresent() && judged.top1().isPresent()) {
      double change = judged.top1().get() - original.top1().get();
      change(change < 0 ? "loss" : "gain").record(Math.abs(change));
    }
  }

  public void claimed(boolean takenOver) {
    count(Metrics.CLAIMS, Metrics.EVENT, takenOver ? "taken-over" : "taken");
  }

  public void claimLost() {
    count(Metrics.CLAIMS, Metrics.EVENT, "lost");
  }

  public void retried(String reason) {
    count(Metrics.RETRIES, Metrics.REASON, reason);
  }

  void deadLettered(String reason) {
    count(Metrics.DEAD_LETTERS, Metrics.REASON, reason);
  }

  void sent(String type) {
    count(Metrics.EVENTS_SENT, Metrics.TYPE, type);
  }

  public void duplicate() {
    registry.counter(Metrics.DUPLICATES).increment();
  }

  public void passedBy() {
    registry.counter(Metrics.PASSED_BY).increment();
  }

  public void cached(boolean hit) {
    count(Metrics.CACHE, Metrics.RESULT, hit ? "hit" : "miss");
  }

  public void checkpointWritten() {
    count(Metrics.CHECKPOINTS, Metrics.EVENT, "written");
  }

  public void checkpointRestored() {
    count(Metrics.CHECKPOINTS, Metrics.EVENT, "restored");
  }

  @Override
  public void requested(Operation operation, Result result, Duration took) {
    requests(operation, result).record(took);
  }

  @Override
  public void read(long bytes) {
    registry.counter(Metrics.STORE_BYTES, Metrics.DIRECTION, "in").increment(bytes);
  }

  @Override
  public void written(long bytes) {
    registry.counter(Metrics.STORE_BYTES, Metrics.DIRECTION, "out").increment(bytes);
  }

  private void count(String name, String tag, String value) {
    registry.counter(name, tag, value).increment();
  }

  private void gauge(String name, String unit, Tags tags, Supplier<Number> value) {
    Gauge.builder(name, value).baseUnit(unit).tags(tags).strongReference(true).register(registry);
  }

  private Counter jobs(String outcome, String reason) {
    return registry.counter(Metrics.JOBS, Metrics.OUTCOME, outcome, Metrics.REASON, reason);
  }

  private Timer duration(String outcome) {
    return timer(Metrics.JOB_DURATION, LONG, Metrics.OUTCOME, outcome);
  }

  private Timer stageDuration(String stage) {
    return timer(Metrics.STAGE_DURATION, LONG, Metrics.STAGE, stage);
  }

  private Timer queueWait() {
    return timer(Metrics.QUEUE_WAIT, LONG);
  }

  private Timer requests(Operation operation, Result result) {
    return timer(
        Metrics.STORE_REQUESTS,
        SHORT,
        Metrics.OPERATION,
        code(operation),
        Metrics.RESULT,
        code(result));
  }

  private Timer timer(String name, Duration[] buckets, String... tags) {
    return Timer.builder(name).tags(tags).serviceLevelObjectives(buckets).register(registry);
  }

  private DistributionSummary ratio() {
    return summary(Metrics.COMPRESSION_RATIO, RATIOS);
  }

  private DistributionSummary change(String direction) {
    return summary(Metrics.ACCURACY_CHANGE, CHANGES, Metrics.DIRECTION, direction);
  }

  private DistributionSummary summary(String name, double[] buckets, String... tags) {
    return DistributionSummary.builder(name)
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  private AtomicInteger stage(String stage) {
    stageDuration(stage);
    return stages.computeIfAbsent(
        stage,
        s -> {
          AtomicInteger count = new AtomicInteger();
          Gauge.builder(Metrics.STAGE_RUNNING, count, AtomicInteger::get)
              .tag(Metrics.STAGE, s)
              .register(registry);
          return count;
        });
  }
}
