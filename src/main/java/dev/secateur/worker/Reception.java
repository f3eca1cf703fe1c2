package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import io.micrometer.core.instrument.LongTaskTimer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Answers records, each with exactly one of: a result event, a dead letter, "later", or, while
 * draining, nothing. A record is done with only when its answer is durable.
 */
final class Reception {
  private static final Logger LOG = Logger.getLogger(Reception.class);

  /** Longer than topics keep their records. */
  private static final Duration LONGEST_WAIT = Duration.ofDays(30);

  private static final Duration SOON = Duration.ofMillis(500);

  private final Shop shop;

  Reception(Shop shop) {
    this.shop = shop;
  }

  /** A record that has been understood. */
  private record Order(
      ConsumerRecord<byte[], byte[]> record,
      CloudEvent event,
      ModelRegistered model,
      Plan plan,
      String replay) {
    String name() {
      return model.model().resolvedName();
    }
  }

  Disposition answer(ConsumerRecord<byte[], byte[]> record) {
    try {
      Order order = read(record);
      MDC.put("model", order.name());
      MDC.put("version", order.model().model().resolvedVersion());
      return answer(order);
    } catch (MalformedEventException e) {
      LOG.warnf(
          "%s-%d@%d: dead letter: %s: %s",
          record.topic(), record.partition(), record.offset(), e.reason().code(), e.getMessage());
      return shop.publisher()
              .deadLetter(
                  record,
                  e.reason().code(),
                  e.getMessage(),
                  Optional.empty(),
                  shop.work()::stopsWaiting)
          ? Disposition.DONE
          : Disposition.LEFT;
    } finally {
      MDC.clear();
    }
  }

  private Order read(ConsumerRecord<byte[], byte[]> record) throws MalformedEventException {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      if (header.value() != null) {
        headers.put(header.key(), header.value());
      }
    }
    String position = record.topic() + "-" + record.partition() + "-" + record.offset();
    CloudEvent event =
        KafkaBinding.read(
            headers, Optional.ofNullable(record.value()), shop.limits().event(), position);
    if (event.type() != EventType.REGISTERED) {
      throw new MalformedEventException(
          MalformedEventException.Reason.UNKNOWN_TYPE,
          "type: " + event.type().type() + " is none that this worker answers");
    }
    ModelRegistered model = ModelRegistered.read(event.data());
    byte[] replay = headers.getOrDefault(DeadLetter.REPLAY, new byte[0]);
    return new Order(
        record, event, model, plan(event.data()), new String(replay, StandardCharsets.UTF_8));
  }

  /** What the schema lets pass and the engine does not, such as an end before the beginning. */
  private static Plan plan(JsonNode data) throws MalformedEventException {
    try {
      return Plan.read(data);
    } catch (PlanException e) {
      throw new MalformedEventException(
          MalformedEventException.Reason.INVALID_DATA, e.getMessage());
    }
  }

  /**
   * As long as the store is away nothing can be decided, and no job is to blame. Where it answers
   * and only an input is not to be had, the job is given up after as many attempts as any. Without
   * claims and results nobody can know what became of a job, so for them the record waits, and the
   * worker is not ready.
   */
  private Disposition answer(Order order) {
    BackOff backOff = shop.backOff();
    int attempts = 0;
    Optional<Failure> trouble = Optional.empty();
    do {
      try {
        Disposition verdict =
            attempts < shop.maxAttempts() ? settle(order) : refuse(order, trouble.orElseThrow());
        shop.work().stateTrouble(Optional.empty());
        return verdict;
      } catch (UnavailableInputException e) {
        LOG.warnf("an input is not to be had, trying again: %s", e.getMessage());
        if (shop.storeAnswers()) {
          attempts++;
          trouble = Optional.of(e.failure());
        }
      } catch (StoreException e) {
        LOG.warnf("claims or results are not to be had, trying again: %s", e.getMessage());
        shop.work().stateTrouble(Optional.of(e.getMessage()));
      }
    } while (backOff.pause());
    return Disposition.LEFT;
  }

  /** An input that may be had later. */
  private static final class UnavailableInputException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String code;

    UnavailableInputException(StoreException cause) {
      super(cause.getMessage(), cause);
      this.code = cause.kind().code();
    }

    Failure failure() {
      return new Failure(code, getMessage(), true);
    }
  }

  private Disposition settle(Order order) {
    for (int look = 1; ; look++) {
      StoredInputs inputs;
      ObjectUri output;
      try {
        output = output(order);
        inputs = StoredInputs.resolve(order.model(), shop.store());
      } catch (StoreException e) {
        if (shop.mayPass(e)) {
          throw new UnavailableInputException(e);
        }
        return refuse(order, new Failure(e.kind().code(), e.getMessage(), false));
      } catch (IllegalArgumentException e) {
        return refuse(order, new Failure(Failure.FORBIDDEN, e.getMessage(), false));
      }
      JobKey key = JobKey.of(order.model(), inputs, order.plan(), output, order.replay());
      MDC.put("job", key.value());
      Optional<CloudEvent> existing = shop.results().find(key);
      if (existing.isPresent()) {
        LOG.infof("job %s has its result already", key.abbreviated());
        shop.meters().duplicate();
        return publish(order, existing.get());
      }
      Claims.Answer answer = shop.claims().take(key);
      // From here on it is the job that takes its time.
      shop.work().stateTrouble(Optional.empty());
      if (answer instanceof Claims.Taken taken) {
        Optional<Disposition> verdict = run(order, inputs, output, key, taken);
        if (verdict.isPresent()) {
          return verdict.get();
        }
        if (look >= shop.maxAttempts()) {
          return refuse(
              order,
              new Failure(
                  StoreException.Kind.CHANGED.code(),
                  "an input kept changing while it was read",
                  false));
        }
      } else {
        Duration pause = ((Claims.Busy) answer).retryAfter();
        return new Disposition.Later(pause.compareTo(SOON) > 0 ? pause : SOON);
      }
    }
  }

  /** Artifacts and state are kept apart: an event must not be able to write a result. */
  private ObjectUri output(Order order) {
    ModelRegistered model = order.model();
    ObjectUri output =
        model.output().map(o -> ObjectUri.of(o.uri()).resolve("")).orElse(shop.output());
    shop.store().requireWritable(output);
    if (shop.state().contains(output)
        || shop.state()
            .contains(output.resolve(order.name() + "/" + model.model().resolvedVersion()))) {
      throw new IllegalArgumentException(output + ": is where the workers keep their state");
    }
    return output;
  }

  /** Empty: an input changed since it was looked up, so the job is another. */
  private Optional<Disposition> run(
      Order order, StoredInputs inputs, ObjectUri output, JobKey key, Claims.Taken taken) {
    shop.meters().claimed(taken.takenOver());
    Claim claim = taken.claim();
    Replies replies = replies(order, key);
    LOG.infof("job %s: claim %d, attempt %d", key.abbreviated(), claim.epoch(), claim.attempts());
    Duration waited = waited(since(order), Instant.now());
    shop.work().started();
    LongTaskTimer.Sample sample = shop.meters().jobStarted(waited);
    Span span = shop.tracer().spanBuilder("compress").setParent(parent(order.event())).startSpan();
    String outcome = JobMeters.UNENDED;
    String reason = "none";
    try (claim) {
      JobRun run =
          new JobRun(
              shop,
              claim,
              inputs,
              order.plan(),
              replies,
              output,
              order.name(),
              Context.root().with(span));
      JobRun.End end = run.run();
      if (end instanceof JobRun.End.Completed completed) {
        outcome = completed.event().data().path("outcome").asText();
        shop.meters().measured(completed.result());
        return Optional.of(deliver(order, claim, run, completed.event()));
      }
      if (end instanceof JobRun.End.Failed failed) {
        outcome = "failed";
        reason = failed.failure().code();
        return Optional.of(deliver(order, claim, run, failed.event()));
      }
      if (end instanceof JobRun.End.Lost) {
        shop.meters().claimLost();
        return Optional.of(new Disposition.Later(SOON));
      }
      if (end instanceof JobRun.End.Stale stale) {
        LOG.warnf("an input changed: %s", stale.message());
        return Optional.empty();
      }
      return Optional.of(Disposition.LEFT);
    } finally {
      span.setAttribute("secateur.outcome", outcome).end();
      shop.work().stopped();
      shop.meters().jobEnded(sample, outcome, reason);
    }
  }

  private Disposition deliver(Order order, Claim claim, JobRun run, CloudEvent event) {
    Optional<CloudEvent> settled;
    try {
      settled =
          insist(
              () -> {
                // A worker that was paused past its claim must not settle over its successor.
                claim.ensureHeld();
                return shop.results().settle(claim.key(), event);
              });
    } catch (ClaimLostException e) {
      shop.meters().claimLost();
      return new Disposition.Later(SOON);
    }
    if (settled.isEmpty()) {
      return Disposition.LEFT;
    }
    Failpoint.RESULT_STORED.reached();
    Disposition verdict = publish(order, settled.get());
    run.checkpoints().deleteAll();
    Failpoint.EVENT_SENT.reached();
    return verdict;
  }

  /** A record whose job has no key of its own, since an input of it is not there or not allowed. */
  private Disposition refuse(Order order, Failure failure) {
    JobKey key = JobKey.ofRefused(order.event().data(), failure, order.replay());
    MDC.put("job", key.value());
    LOG.warnf("refused: %s: %s", failure.code(), failure.message());
    Optional<CloudEvent> existing = shop.results().find(key);
    if (existing.isPresent()) {
      shop.meters().duplicate();
      return publish(order, existing.get());
    }
    CloudEvent event = replies(order, key).failed(0, 0, failure, Optional.of(order.plan()));
    shop.meters().refused(failure.code());
    return publish(order, shop.results().settle(key, event));
  }

  /** Sends the result and, where the job was given up, the dead letter. */
  private Disposition publish(Order order, CloudEvent result) {
    if (!shop.publisher()
        .result(order.name(), result, order.event().id(), shop.work()::stopsWaiting)) {
      return Disposition.LEFT;
    }
    JsonNode reason = result.data().path("reason");
    if (reason.path("retried").asBoolean()) {
      String code = reason.path("code").asText();
      String message = reason.path("message").asText();
      String job = result.data().at("/job/key").asText();
      return shop.publisher()
              .deadLetter(
                  order.record(), code, message, Optional.of(job), shop.work()::stopsWaiting)
          ? Disposition.DONE
          : Disposition.LEFT;
    }
    return Disposition.DONE;
  }

  /** Until the store has it; the work is done and must not be lost to a pause of the store. */
  private <T> Optional<T> insist(Supplier<T> request) {
    BackOff backOff = shop.backOff();
    do {
      try {
        return Optional.of(request.get());
      } catch (StoreException e) {
        LOG.warnf("result not stored, trying again: %s", e.getMessage());
      }
    } while (backOff.pause());
    return Optional.empty();
  }

  private Replies replies(Order order, JobKey key) {
    return new Replies(order.event(), order.model(), key, shop.workerId());
  }

  /** An event that tells an impossible time has not waited since then. */
  private static Duration waited(Instant since, Instant now) {
    boolean possible = since.isAfter(now.minus(LONGEST_WAIT)) && since.isBefore(now);
    return possible ? Duration.between(since, now) : Duration.ZERO;
  }

  /** When the event happened; for one that does not say, when Kafka got it. */
  private static Instant since(Order order) {
    return order.event().time().orElse(Instant.ofEpochMilli(order.record().timestamp()));
  }

  private static Context parent(CloudEvent event) {
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), event, TRACEPARENT);
  }

  private static final TextMapGetter<CloudEvent> TRACEPARENT =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(CloudEvent event) {
          return List.of("traceparent");
        }

        @Override
        public String get(CloudEvent event, String key) {
          return key.equals("traceparent") ? event.traceparent().orElse(null) : null;
        }
      };
}
