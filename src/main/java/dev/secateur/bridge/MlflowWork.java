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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;

/**
 * Polls MLflow and writes answers back, one thing after another on one thread, so that nothing of
 * it races. An answer that cannot be written for a cause of its own is set aside; while MLflow, the
 * store or the broker is away, all waits.
 */
final class MlflowWork implements RecordLoop.Work {
  private static final Logger LOG = Logger.getLogger(MlflowWork.class);

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
  private final MeterRegistry meters;
  private final AtomicInteger asideNow;

  /**
   * Versions that need nothing as long as these are their tags. Used by the loop's thread alone.
   */
  private final Map<String, Map<String, String>> settled = new HashMap<>();

  private volatile boolean woken = true;
  private volatile long polled = System.nanoTime();

  /**
   * @param name of the registry, in events' ids
   * @param interval between two polls
   * @param keepTrying how long an answer is set aside
   */
  MlflowWork(
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

  @Override
  public void between() {
    if (woken || System.nanoTime() - polled > interval.toNanos()) {
      woken = false;
      try {
        poll();
        tryAgain();
      } catch (RuntimeException e) {
        // Whoever woke it meant that it is polled.
        woken = true;
        throw e;
      }
      polled = System.nanoTime();
    }
  }

  @Override
  public void take(ConsumerRecord<byte[], byte[]> record) {
    Answer.of(record, name).ifPresent(this::write);
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
      if (isAway(e)) {
        throw e;
      }
      return setAside(answer, e);
    } catch (IllegalArgumentException | IllegalStateException | NullPointerException e) {
      // Of an answer that is not as it should be.
      return setAside(answer, e);
    }
  }

  /** One that answers others has something against this very request. */
  private boolean isAway(MlflowException e) {
    return e.kind() == MlflowException.Kind.AWAY && !mlflow.answers();
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
      if (version.tags().equals(settled.get(version.toString()))) {
        continue;
      }
      try {
        consider(version, defaults.computeIfAbsent(version.name(), registry::tags));
      } catch (MlflowException e) {
        if (isAway(e)) {
          throw e;
        }
        // Such as a version that was deleted meanwhile.
        LOG.warnf("%s: passed over: %s", version, e.getMessage());
      }
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
    } catch (Refusal | IllegalArgumentException e) {
      refuse(version, e.getMessage());
    } catch (StoreException e) {
      if (e.passing()) {
        throw e;
      }
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
