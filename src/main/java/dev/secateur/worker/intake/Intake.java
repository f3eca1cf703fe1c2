package dev.secateur.worker.intake;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.CompressionCancelled;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.TrialChosen;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Orders;
import dev.secateur.ledger.Result;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.result.Engine;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredFolder;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.Answers;
import dev.secateur.worker.Bell;
import dev.secateur.worker.DeadLetter;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.Failure;
import dev.secateur.worker.JobKey;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Limits;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.OrderedJob.Asked;
import dev.secateur.worker.Records;
import dev.secateur.worker.Replies;
import dev.secateur.worker.Retry;
import dev.secateur.worker.Storage;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkerConfiguration;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Takes records in: each becomes an order that stands in the ledger, an answer that says why it is
 * none, or a dead letter, and is then done with. No job runs here, so no record waits for one.
 */
@Singleton
final class Intake {
  private static final Logger LOG = Logger.getLogger(Intake.class);

  /** Longer than topics keep their records. */
  private static final Duration LONGEST_WAIT = Duration.ofDays(30);

  private final Storage storage;
  private final Ledger ledger;
  private final Answers answers;
  private final EventPublisher publisher;
  private final Doorbell doorbell;
  private final JobMeters meters;
  private final Work work;
  private final Retry retry;

  /** Told that there is an order to be run, and of it if it is new. */
  private final Consumer<Optional<Order>> wake;

  private final long largestEvent;
  private final int maxAttempts;

  /** Whether others send events of their own, which are none of a worker's business. */
  private final boolean shared;

  /** Records that come at once ask for the same inputs. */
  private final SharedLooks<ObjectUri, Optional<StoredObject>> inputObjects;

  @Inject
  Intake(
      Storage storage,
      Ledger ledger,
      Answers answers,
      EventPublisher publisher,
      Doorbell doorbell,
      JobMeters meters,
      Work work,
      Retry retry,
      Bell bell,
      Limits limits,
      WorkerConfiguration configuration) {
    this(
        storage,
        ledger,
        answers,
        publisher,
        doorbell,
        meters,
        work,
        retry,
        bell::ring,
        limits.event(),
        configuration.jobs().maxAttempts(),
        configuration.intake().sharedTopic());
  }

  Intake(
      Storage storage,
      Ledger ledger,
      Answers answers,
      EventPublisher publisher,
      Doorbell doorbell,
      JobMeters meters,
      Work work,
      Retry retry,
      Consumer<Optional<Order>> wake,
      long largestEvent,
      int maxAttempts,
      boolean shared) {
    this.storage = storage;
    this.ledger = ledger;
    this.answers = answers;
    this.publisher = publisher;
    this.doorbell = doorbell;
    this.meters = meters;
    this.work = work;
    this.retry = retry;
    this.wake = wake;
    this.largestEvent = largestEvent;
    this.maxAttempts = maxAttempts;
    this.shared = shared;
    this.inputObjects = new SharedLooks<>(uri -> StoredFolder.look(uri, storage.store()));
  }

  /**
   * @param came when the record did, by the nanosecond clock
   */
  Disposition take(ConsumerRecord<byte[], byte[]> record, long came) {
    try {
      CloudEvent event = read(record);
      return switch (event.type()) {
        case REGISTERED -> register(record, event, came);
        case CANCELLED -> cancel(event);
        case TRIAL_CHOSEN -> choose(record, event);
        default ->
            throw new MalformedEventException(
                MalformedEventException.Reason.UNKNOWN_TYPE,
                "type: " + event.type().type() + " is none that this worker answers");
      };
    } catch (MalformedEventException e) {
      if (shared && e.reason() == MalformedEventException.Reason.UNKNOWN_TYPE) {
        meters.passedBy();
        return Disposition.DONE;
      }
      return refuse(record, e);
    } finally {
      MDC.clear();
    }
  }

  private CloudEvent read(ConsumerRecord<byte[], byte[]> record) throws MalformedEventException {
    return KafkaBinding.read(
        Records.headers(record),
        Optional.ofNullable(record.value()),
        largestEvent,
        Records.position(record));
  }

  private Disposition register(ConsumerRecord<byte[], byte[]> record, CloudEvent event, long came)
      throws MalformedEventException {
    Asked asked = Asked.of(event);
    Plan plan = plan(event);
    asked.registered().requireSamples(plan.trains());
    String replay = replay(record);
    String id = order(event.source(), event.id(), replay);
    MDC.put("model", asked.model());
    MDC.put("version", asked.version());
    MDC.put("order", id);
    return insist(record, id, asked, plan, replay, came);
  }

  /** A search's trial that is to be made as a whole: an order like others. */
  private Disposition choose(ConsumerRecord<byte[], byte[]> record, CloudEvent event)
      throws MalformedEventException {
    TrialChosen chosen = TrialChosen.read(event.data());
    String search = chosen.order().orElseGet(() -> order(chosen.registered().orElseThrow()));
    String id = order(event.source(), event.id(), replay(record));
    MDC.put("order", id);
    return insist(
        () -> {
          Order order = ChosenTrial.order(ledger, search, chosen.trial(), id, event, record);
          return taken(record, OrderedJob.of(order).asked(), ledger.orders().register(order));
        });
  }

  /**
   * Whoever has an order ends it. One that is not known yet may be on its way in another record: it
   * ends when it comes.
   */
  private Disposition cancel(CloudEvent event) throws MalformedEventException {
    CompressionCancelled cancelled = CompressionCancelled.read(event.data());
    return insist(
        () -> {
          List<String> orders = meant(cancelled);
          orders.forEach(ledger.cancels()::request);
          LOG.infof(
              "cancelled %d orders: %s",
              orders.size(), cancelled.reason().orElse("no reason given"));
          return Disposition.DONE;
        });
  }

  /** As long as the store is away nothing can be taken in. */
  private <X extends Exception> Disposition insist(Retry.Request<Disposition, X> request) throws X {
    return retry
        .insist(
            request,
            e -> {
              if (e instanceof UnavailableInputException) {
                LOG.warnf("an input is not to be had, trying again: %s", e.getMessage());
              } else {
                LOG.warnf("the ledger does not answer, trying again: %s", e.getMessage());
                work.stateTrouble(Optional.of(e.getMessage()));
              }
            })
        .orElse(Disposition.LEFT);
  }

  private List<String> meant(CompressionCancelled cancelled) {
    Optional<String> one =
        cancelled.registered().map(asked -> Order.idOf(asked.source(), asked.id()));
    return one.isPresent()
        ? one.filter(id -> ledger.orders().result(id).isEmpty()).stream().toList()
        : cancelled
            .model()
            .map(model -> ledger.books().unsettled(model.name(), model.version()))
            .orElse(List.of());
  }

  /** What the schema lets pass and the engine does not, such as an end before the beginning. */
  private static Plan plan(CloudEvent event) throws MalformedEventException {
    try {
      return Plan.read(event.data());
    } catch (PlanException e) {
      throw new MalformedEventException(
          MalformedEventException.Reason.INVALID_DATA, e.getMessage());
    }
  }

  private static String order(CompressionCancelled.Registered registered) {
    return Order.idOf(registered.source(), registered.id());
  }

  /** One that is asked for again by way of the dead letters is another order. */
  private static String order(String source, String id, String replay) {
    return Order.idOf(source, replay.isEmpty() ? id : id + "\n" + replay);
  }

  private static String replay(ConsumerRecord<byte[], byte[]> record) {
    byte[] replay = Records.headers(record).getOrDefault(DeadLetter.REPLAY, new byte[0]);
    return new String(replay, StandardCharsets.UTF_8);
  }

  /**
   * Where the store answers and only an input is not to be had, the record is given up after as
   * many attempts as any job.
   */
  private Disposition insist(
      ConsumerRecord<byte[], byte[]> record,
      String id,
      Asked asked,
      Plan plan,
      String replay,
      long came) {
    AtomicInteger attempts = new AtomicInteger();
    AtomicLong since = new AtomicLong(came);
    return insist(
        () -> {
          try {
            Disposition taken = resolve(record, id, asked, plan, replay, since.get());
            work.stateTrouble(Optional.empty());
            return taken;
          } catch (UnavailableInputException e) {
            since.set(System.nanoTime());
            if (!storage.answers() || attempts.incrementAndGet() < maxAttempts) {
              throw e;
            }
            return refuse(record, id, asked, Optional.of(plan), e.failure());
          }
        });
  }

  private Disposition resolve(
      ConsumerRecord<byte[], byte[]> record,
      String id,
      Asked asked,
      Plan plan,
      String replay,
      long since) {
    StoredInputs inputs;
    ObjectUri output;
    try {
      output = output(asked);
      inputs = StoredInputs.resolve(asked.registered(), uri -> inputObjects.at(uri, since));
    } catch (StoreException | IllegalArgumentException e) {
      Optional<Order> known = ledger.orders().find(id);
      if (known.isPresent()) {
        // An event that comes again finds the order that it has, whatever became of its inputs.
        return taken(record, asked, ledger.orders().register(known.get()));
      }
      return refuse(record, id, asked, Optional.of(plan), failure(e));
    }
    JobKey key = JobKey.of(asked.registered(), inputs, plan, output, replay);
    OrderedJob job = new OrderedJob(asked, plan, inputs, output, key, Optional.empty());
    Order order =
        new Order(
            id,
            Records.received(record),
            asked.model(),
            asked.version(),
            asked.registered().tenant().orElseGet(asked::model),
            asked.registered().priority().orElse(Order.USUAL),
            since(record, Instant.now()),
            key.value(),
            Engine.VERSION,
            job.json());
    return taken(record, asked, ledger.orders().register(order));
  }

  /**
   * @throws UnavailableInputException if the input may be had later
   */
  private Failure failure(RuntimeException refusal) {
    if (!(refusal instanceof StoreException e)) {
      return new Failure(Failure.FORBIDDEN, refusal.getMessage(), false);
    }
    if (storage.mayPass(e)) {
      throw new UnavailableInputException(e);
    }
    return new Failure(e.kind().code(), e.getMessage(), false);
  }

  private Disposition taken(
      ConsumerRecord<byte[], byte[]> record, Asked asked, Orders.Registration registration) {
    if (registration.result().isPresent()) {
      LOG.infof("order %s has its answer already", registration.order().id());
      meters.duplicate();
      return hasRun(registration.result().get()) && isOf(record, registration.order())
          ? Disposition.DONE
          : sent(record, registration.result().get(), asked.id());
    }
    LOG.infof("order %s is taken in", registration.order().id());
    wake.accept(Optional.of(registration.order()).filter(order -> registration.isNew()));
    doorbell.ring(registration.order().id());
    return Disposition.DONE;
  }

  /** Whoever settled a claimed order sends its answer, or who finds the claim; before it closes. */
  private static boolean hasRun(Result result) {
    return result.epoch() > 0;
  }

  /**
   * Whether a record is the one that an order came with, delivered again since its acknowledgement
   * was lost with a worker. An event that was published again has another place, or in a new topic
   * another time: its sender waits for an answer.
   */
  private static boolean isOf(ConsumerRecord<byte[], byte[]> record, Order order) {
    return order.received().position().equals(Records.position(record))
        && order.since().equals(Instant.ofEpochMilli(record.timestamp()));
  }

  /** A record that says who it is gets its answer; any other goes aside. */
  private Disposition refuse(ConsumerRecord<byte[], byte[]> record, MalformedEventException e) {
    String code = e.reason().code();
    LOG.warnf("%s: refused: %s: %s", Records.position(record), code, e.getMessage());
    Optional<KafkaBinding.Identity> identity =
        KafkaBinding.identity(
            Records.headers(record), Optional.ofNullable(record.value()), largestEvent);
    if (identity.isEmpty()) {
      return publisher.deadLetter(
              record, code, e.getMessage(), Optional.empty(), work::stopsWaiting)
          ? Disposition.DONE
          : Disposition.LEFT;
    }
    KafkaBinding.Identity who = identity.get();
    String id = order(who.source(), who.id(), replay(record));
    Failure failure = new Failure(code, e.getMessage(), false);
    Replies replies =
        new Replies(
            id,
            who.id(),
            who.traceparent(),
            Replies.Model.of(who.data()),
            JobKey.ofRefused(who.data(), failure, replay(record)),
            answers.worker());
    return refuse(record, id, who.id(), replies.failed(0, 0, failure, Optional.empty()), failure);
  }

  /** An event that cannot become an order, since an input of it is not there or not allowed. */
  private Disposition refuse(
      ConsumerRecord<byte[], byte[]> record,
      String id,
      Asked asked,
      Optional<Plan> plan,
      Failure failure) {
    LOG.warnf("refused: %s: %s", failure.code(), failure.message());
    JobKey key = JobKey.ofRefused(asked.data(), failure, replay(record));
    Replies replies = Replies.to(id, asked, key, answers.worker());
    return refuse(record, id, asked.id(), replies.failed(0, 0, failure, plan), failure);
  }

  private Disposition refuse(
      ConsumerRecord<byte[], byte[]> record,
      String id,
      String registeredId,
      CloudEvent event,
      Failure failure) {
    Result mine = answers.result(id, 0, 0, event, false);
    return insist(
        () -> {
          Result standing = ledger.orders().refuse(mine);
          if (standing.at().equals(mine.at())) {
            meters.refused(failure.code());
          } else {
            meters.duplicate();
          }
          return sent(record, standing, registeredId);
        });
  }

  private Disposition sent(
      ConsumerRecord<byte[], byte[]> record, Result result, String registeredId) {
    return answers.send(result, registeredId, record) ? Disposition.DONE : Disposition.LEFT;
  }

  /** Artifacts and state are kept apart: an event must not be able to write a result. */
  private ObjectUri output(Asked asked) {
    Optional<ObjectUri> said = asked.registered().output().map(o -> ObjectUri.of(o.uri()));
    if (said.flatMap(ObjectUri::version).isPresent()) {
      throw new IllegalArgumentException(
          said.get() + ": a version is written by the store alone; name where artifacts are to go");
    }
    ObjectUri output = said.map(uri -> uri.resolve("")).orElse(storage.output());
    storage.store().requireWritable(output);
    if (storage.state().contains(output)
        || storage.state().contains(output.resolve(asked.model() + "/" + asked.version()))) {
      throw new IllegalArgumentException(output + ": is where the workers keep their state");
    }
    return output;
  }

  /** When Kafka got the record. One that tells an impossible time has not waited since then. */
  static Instant since(ConsumerRecord<byte[], byte[]> record, Instant now) {
    Instant told = Instant.ofEpochMilli(record.timestamp());
    boolean possible = told.isAfter(now.minus(LONGEST_WAIT)) && told.isBefore(now);
    return possible ? told : now;
  }
}
