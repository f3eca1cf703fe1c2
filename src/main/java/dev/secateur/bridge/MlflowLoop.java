package dev.secateur.bridge;

import dev.secateur.event.CloudEvent;
import dev.secateur.store.StoreException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Polls MLflow and writes answers back, one thing after another on one thread, so that nothing of
 * it races. A record is acknowledged when its answer was written, or set aside for a cause of its
 * own; while MLflow, the store or the broker is away, all waits.
 */
final class MlflowLoop implements Runnable {
  private static final Logger LOG = Logger.getLogger(MlflowLoop.class);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final String name;
  private final Duration interval;
  private final Duration keepTrying;
  private final MlflowClient mlflow;
  private final Registry registry;
  private final VersionEvents events;
  private final ModelFiles files;
  private final WriteBack writeBack;
  private final SetAside aside;
  private final EventSender sender;
  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final String answers;
  private final MeterRegistry meters;
  private final AtomicInteger asideNow;

  /**
   * Versions that need nothing as long as these are their tags. Used by the loop's thread alone.
   */
  private final Map<String, Map<String, String>> settled = new HashMap<>();

  private volatile boolean stopped;
  private volatile boolean woken = true;
  private volatile long polled = System.nanoTime();
  private volatile long moved = System.nanoTime();
  private volatile Optional<String> trouble = Optional.of("has not polled yet");

  /**
   * @param name of the registry, in events' ids
   * @param interval between two polls
   * @param keepTrying how long an answer is set aside
   * @param answers topic of the workers' answers
   */
  MlflowLoop(
      String name,
      Duration interval,
      Duration keepTrying,
      MlflowClient mlflow,
      Registry registry,
      VersionEvents events,
      ModelFiles files,
      WriteBack writeBack,
      SetAside aside,
      EventSender sender,
      Supplier<Consumer<byte[], byte[]>> consumers,
      String answers,
      MeterRegistry meters) {
    this.name = name;
    this.interval = interval;
    this.keepTrying = keepTrying;
    this.mlflow = mlflow;
    this.registry = registry;
    this.events = events;
    this.files = files;
    this.writeBack = writeBack;
    this.aside = aside;
    this.sender = sender;
    this.consumers = consumers;
    this.answers = answers;
    this.meters = meters;
    this.asideNow = meters.gauge(BridgeMetrics.ASIDE, new AtomicInteger());
    TimeGauge.builder(BridgeMetrics.POLL_AGE, this, TimeUnit.SECONDS, loop -> seconds(loop.polled))
        .register(meters);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /** Has MLflow polled soon, whenever the next poll is due. */
  void wake() {
    woken = true;
  }

  void stop() {
    stopped = true;
  }

  /** What keeps it from its work; empty: nothing. */
  Optional<String> trouble() {
    return trouble;
  }

  /** Since it last did anything, be it to fail. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - moved);
  }

  @Override
  public void run() {
    Duration pause = SHORTEST_PAUSE;
    while (!stopped) {
      try (Consumer<byte[], byte[]> consumer = consumers.get()) {
        consumer.subscribe(List.of(answers));
        while (!stopped) {
          turn(consumer);
          trouble = Optional.empty();
          pause = SHORTEST_PAUSE;
        }
      } catch (RuntimeException e) {
        say(e);
        sleep(pause);
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      }
    }
  }

  private void say(RuntimeException e) {
    boolean expected =
        e instanceof MlflowException || e instanceof StoreException || e instanceof KafkaException;
    if (!trouble.equals(Optional.of(String.valueOf(e.getMessage())))) {
      LOG.log(
          expected ? Logger.Level.WARN : Logger.Level.ERROR,
          "waiting: " + e.getMessage(),
          expected ? null : e);
    }
    trouble = Optional.of(String.valueOf(e.getMessage()));
    moved = System.nanoTime();
  }

  private void sleep(Duration pause) {
    long end = System.nanoTime() + pause.toNanos();
    while (!stopped && System.nanoTime() < end) {
      try {
        Thread.sleep(LOOK.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void turn(Consumer<byte[], byte[]> consumer) {
    moved = System.nanoTime();
    if (woken || System.nanoTime() - polled > interval.toNanos()) {
      woken = false;
      poll();
      tryAgain();
      polled = System.nanoTime();
    }
    deliver(consumer, consumer.poll(LOOK));
  }

  private void deliver(Consumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
    for (TopicPartition partition : records.partitions()) {
      for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
        Answer.of(record, name).ifPresent(this::write);
        moved = System.nanoTime();
      }
      var last = records.records(partition).get(records.records(partition).size() - 1);
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(last.offset() + 1)));
    }
  }

  /** What fails for everybody is thrown, and comes again with its record. */
  private void write(Answer answer) {
    tried(answer).ifPresent(cause -> aside.put(answer, cause, Instant.now().toString()));
  }

  /** Writes it; what it failed of, if that is its own. */
  private Optional<String> tried(Answer answer) {
    try {
      if (writeBack.write(answer)) {
        meters.counter(BridgeMetrics.WRITTEN, BridgeMetrics.OUTCOME, answer.outcome()).increment();
        LOG.infof("%s: %s, written back", answer.asked().id(), answer.outcome());
      }
      files.forget(answer.asked().order());
      return Optional.empty();
    } catch (StoreException e) {
      if (e.passing()) {
        throw e;
      }
      return setAside(answer, e);
    } catch (MlflowException e) {
      if (e.kind() == MlflowException.Kind.AWAY && !mlflow.answers()) {
        throw e;
      }
      return setAside(answer, e);
    } catch (IllegalArgumentException | IllegalStateException | NullPointerException e) {
      // Of an answer that is not as it should be.
      return setAside(answer, e);
    }
  }

  private static Optional<String> setAside(Answer answer, RuntimeException e) {
    LOG.warnf("%s: not written back, to be tried again: %s", answer.asked().id(), e.getMessage());
    return Optional.of(String.valueOf(e.getMessage()));
  }

  private void tryAgain() {
    int left = 0;
    for (SetAside.Kept kept : aside.all()) {
      Optional<String> cause = tried(kept.answer());
      if (cause.isPresent() && age(kept.since()).compareTo(keepTrying) < 0) {
        aside.put(kept.answer(), cause.get(), kept.since());
        left++;
      } else {
        cause.ifPresent(c -> LOG.errorf("%s: given up: %s", kept.answer().asked().id(), c));
        aside.remove(kept);
      }
    }
    asideNow.set(left);
  }

  private static Duration age(String since) {
    try {
      return Duration.between(Instant.parse(since), Instant.now());
    } catch (DateTimeParseException e) {
      return Duration.ofDays(365);
    }
  }

  private void poll() {
    Map<String, Map<String, String>> defaults = new HashMap<>();
    for (ModelVersion version : registry.compressible()) {
      if (stopped) {
        return;
      }
      if (version.tags().equals(settled.get(version.toString()))) {
        continue;
      }
      try {
        consider(version, defaults.computeIfAbsent(version.name(), registry::tags));
      } catch (MlflowException e) {
        if (e.kind() == MlflowException.Kind.AWAY) {
          throw e;
        }
        // Such as a version that was deleted meanwhile.
        LOG.warnf("%s: passed over: %s", version, e.getMessage());
      }
      moved = System.nanoTime();
    }
  }

  private void consider(ModelVersion version, Map<String, String> defaults) {
    Asked asked = Asked.of(Tags.PREFIX, version.tags(), defaults);
    if (asked.isOff()) {
      return;
    }
    VersionEvent identity =
        new VersionEvent(name, version.name(), version.version(), asked.digest());
    String status = version.tag(Tags.STATUS).orElse("");
    boolean sent = version.tag(Tags.EVENT).equals(Optional.of(identity.id()));
    if (sent && !status.equals("submitting")) {
      settled.put(version.toString(), version.tags());
      return;
    }
    try {
      submit(version, events.of(version, identity, asked));
    } catch (Refusal e) {
      refuse(version, e.getMessage());
    }
  }

  /** Sent between two tags: after a crash in the middle it is sent again, and is the same order. */
  private void submit(ModelVersion version, CloudEvent event) {
    for (String answered : List.of(Tags.OUTCOME, Tags.INT8, Tags.SUMMARY, Tags.REASON)) {
      registry.untag(version, answered);
    }
    registry.tag(version, Tags.STATUS, "submitting");
    registry.tag(version, Tags.EVENT, event.id());
    sender.send(event);
    registry.tag(version, Tags.STATUS, "submitted");
    meters.counter(BridgeMetrics.SUBMITTED, BridgeMetrics.PLATFORM, "mlflow").increment();
    LOG.infof("%s: submitted", event.id());
  }

  /** Looked at again at each poll: what stands against it may be the configuration. */
  private void refuse(ModelVersion version, String reason) {
    String told = Registry.cut(reason);
    if (version.tag(Tags.STATUS).equals(Optional.of("refused"))
        && version.tag(Tags.REASON).equals(Optional.of(told))) {
      return;
    }
    for (String answered : List.of(Tags.EVENT, Tags.OUTCOME, Tags.INT8, Tags.SUMMARY)) {
      registry.untag(version, answered);
    }
    registry.tag(version, Tags.REASON, told);
    registry.tag(version, Tags.STATUS, "refused");
    meters.counter(BridgeMetrics.REFUSED, BridgeMetrics.PLATFORM, "mlflow").increment();
    LOG.infof("%s: refused: %s", version, reason);
  }
}
