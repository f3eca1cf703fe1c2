package dev.secateur.worker;

import dev.secateur.job.Chain;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Terms;
import dev.secateur.result.Engine;
import dev.secateur.store.DownloadCache;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.Sizes;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.ChannelRegistry;
import io.smallrye.reactive.messaging.PausableChannel;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordMetadata;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;
import sun.misc.Signal;

/**
 * The worker's shell: wires the parts together, hands records to the intake, has orders run, and
 * drains.
 *
 * <p>Intake and execution are apart: a record is acknowledged when its order, or its refusal, is
 * durable, and orders are run by whoever is idle. While draining nothing is acknowledged and
 * nothing refused.
 */
@ApplicationScoped
final class Worker {
  private static final Logger LOG = Logger.getLogger(Worker.class);

  /** For probing the surroundings, housekeeping and cancels. */
  private static final int SPARE_THREADS = 4;

  /** Records that are taken in at once: what takes time is waiting for the store. */
  private static final int INTAKE = 32;

  private static final String CHANNEL = "registered";

  /** For a store that is slow to take back the claims of jobs that did not stop. */
  private static final Duration GIVING_BACK = Duration.ofSeconds(3);

  /** For the doorbell to be passed by a worker that leaves since nothing is open. */
  private static final Duration LAST_LOOK = Duration.ofSeconds(5);

  /** Before a record is looked at again that met an error of this process. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  /** For how long the page of orders is served as it was made. */
  private static final Duration PAGE = Duration.ofSeconds(5);

  /** For the events that are on their way. */
  private static final Duration LAST_EVENTS = Duration.ofSeconds(3);

  /** Exit code of a worker whose native libraries do not work. */
  private static final int BROKEN = 1;

  /** Exit code of a worker whose job did not stop in time: that of one that SIGTERM ended. */
  private static final int NOT_DRAINED = 128 + 15;

  private static final Optional<String> NOT_TESTED = Optional.of("not tested yet");

  @Inject WorkerConfiguration configuration;
  @Inject MeterRegistry registry;
  @Inject KafkaClientService clients;
  @Inject Tracer tracer;
  @Inject ChannelRegistry channels;
  @Inject Vertx vertx;

  @Inject
  @ConfigProperty(name = "quarkus.http.host", defaultValue = "0.0.0.0")
  String host;

  @Inject
  @Identifier("default-kafka-broker")
  Map<String, Object> kafka;

  @Inject
  @ConfigProperty(name = "mp.messaging.incoming.registered.group.id")
  String group;

  private Shop shop;
  private WorkDirectory workDirectory;
  private CountedDefects intake;
  private Execution execution;
  private Housekeeping housekeeping;
  private EventPublisher publisher;
  private Admin admin;
  private Surroundings surroundings;
  private volatile Optional<String> nativeTrouble = NOT_TESTED;
  private ExecutorService jobs;
  private ExecutorService takers;
  private ScheduledExecutorService clock;

  /** For the signs of life alone: nothing may make them wait. */
  private ScheduledExecutorService hearts;

  private final Slots slots = new Slots(INTAKE);

  /** Before the messaging channels start. */
  void start(@Observes @Priority(1) StartupEvent event) {
    if (isAbsent()) {
      return;
    }
    check();
    int concurrency = configuration.jobs().concurrency();
    jobs = Executors.newFixedThreadPool(concurrency, named("job"));
    takers = Executors.newFixedThreadPool(INTAKE, named("intake"));
    clock = Executors.newScheduledThreadPool(SPARE_THREADS, named("clock"));
    hearts = Executors.newScheduledThreadPool(concurrency + 1, named("heart"));
    shop = open(concurrency);
    execution =
        new Execution(
            shop,
            concurrency,
            hearts,
            heartbeat(),
            configuration.jobs().poll(),
            this::mayTake,
            named("answer"));
    intake =
        new CountedDefects(
            new Intake(shop, configuration.intake().sharedTopic(), execution::wake)::take,
            shop.ledger().defects(),
            publisher,
            shop.work()::stopsWaiting);
    admin = Admin.create(KafkaProperties.admin(kafka));
    Lag lag = new Lag(admin, configuration.topics().registered(), group);
    shop.meters().watch(lag);
    Positions positions = new Positions(clients, CHANNEL);
    surroundings =
        new Surroundings(
            admin,
            new Topics(configuration.topics(), configuration.kafka()),
            lag,
            positions,
            new Gaps(KafkaProperties.consumer(kafka), positions),
            shop,
            this::letRecordsIn);
    surroundings.ask();
    surroundings.watch(clock);
    housekeeping = new Housekeeping(shop, execution, configuration.retention().settled());
    shop.meters().watch(housekeeping);
    shop.meters().watch(shop.fitness());
    housekeeping.start(clock);
    new JobsServer(shop.ledger().books(), PAGE).start(vertx, host, configuration.page().port());
    named("self-test").newThread(this::testNatives).start();
    configuration.drain().whenIdle().ifPresent(this::leaveWhenIdle);
    drainOnTermination();
    LOG.infof("worker %s, %d at a time", shop.workerId(), concurrency);
  }

  /** The application has a second mode, in which this is all that there is of a worker. */
  private boolean isAbsent() {
    return configuration.mode() != WorkerConfiguration.Mode.WORKER;
  }

  /**
   * @throws ConfigurationException of which Quarkus shows the message alone
   */
  private void check() {
    if (!kafka.containsKey(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG)) {
      throw new ConfigurationException(
          "no broker is named: set KAFKA_BOOTSTRAP_SERVERS (kafka.bootstrap.servers), such as"
              + " localhost:9092; 'secateur worker --help' lists what else a worker is told");
    }
    try {
      Limits.check(configuration);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(e.getMessage(), e);
    }
  }

  /** Of a claim: others take it for dead when four are missing. */
  private Duration heartbeat() {
    Duration quarter = configuration.claim().expiry().dividedBy(4);
    return configuration.claim().heartbeat().filter(h -> h.compareTo(quarter) < 0).orElse(quarter);
  }

  /** Whether this worker is sound, so that an order that fails here is not failed by it. */
  private boolean mayTake() {
    return nativeTrouble.isEmpty() && shop.fitness().trouble().isEmpty();
  }

  /**
   * Before a worker is known to be sound it does not join the group, so that no partition waits for
   * it. One that turns out not to be leaves in the end: others get its partitions.
   */
  private void letRecordsIn() {
    boolean open = mayTake() && surroundings.storeTrouble().isEmpty();
    PausableChannel channel = channels.getPausable(CHANNEL);
    if (channel != null && channel.isPaused() == open) {
      if (open) {
        channel.resume();
        // From here on it can know that there is nothing to do.
        execution.stir();
        LOG.info("records are let in");
      } else {
        channel.pause();
        LOG.info("no more records are let in");
      }
    }
    if (shop.fitness().lasted().compareTo(configuration.health().grace().multipliedBy(2)) > 0
        && !shop.work().isDraining()) {
      LOG.errorf("leaving: %s", shop.fitness().trouble().orElse("-"));
      Quarkus.asyncExit(BROKEN);
    }
  }

  /**
   * A worker that was started for the work there is: exits 0 when there has been none for so long.
   */
  private void leaveWhenIdle(Duration most) {
    clock.scheduleWithFixedDelay(
        () -> {
          boolean idle = execution.idle().filter(i -> i.compareTo(most) > 0).isPresent();
          if (idle && slots.isEmpty()) {
            LOG.infof("idle for %d s: leaving", most.toSeconds());
            Quarkus.asyncExit(0);
          }
        },
        1,
        1,
        TimeUnit.SECONDS);
  }

  /** A worker without them can do nothing, and says so where everybody looks: it ends. */
  private void testNatives() {
    nativeTrouble = NativeTest.trouble();
    if (nativeTrouble.isPresent() && !shop.work().isDraining()) {
      LOG.errorf("leaving: the native libraries do not work: %s", nativeTrouble.get());
      Quarkus.asyncExit(BROKEN);
      return;
    }
    for (int job = 0; job < configuration.jobs().concurrency(); job++) {
      jobs.execute(execution::work);
    }
    letRecordsIn();
  }

  /**
   * SIGTERM asks for a drain. A worker that has drained did what it was asked to and ends with 0,
   * where the JVM by itself would end with 143. The code is left open here: see {@link #drain()}.
   */
  private static void drainOnTermination() {
    Signal.handle(new Signal("TERM"), signal -> Quarkus.asyncExit());
  }

  private Shop open(int concurrency) {
    Work work = new Work();
    JobMeters meters = new JobMeters(registry);
    Map<String, Object> properties = KafkaProperties.producer(kafka);
    publisher =
        new EventPublisher(
            () -> new KafkaProducer<>(properties), configuration.topics(), meters, registry);
    ProcessMemory memory =
        new ProcessMemory(
            configuration
                .memory()
                .limit()
                .map(l -> OptionalLong.of(Sizes.bytes("secateur.memory.limit", l)))
                .orElse(OptionalLong.empty()));
    ObjectStore store = Stores.open(configuration.store(), meters);
    ObjectUri state = ObjectUri.of(configuration.state().uri()).resolve("");
    Path directory = Path.of(configuration.cache().directory());
    workDirectory = WorkDirectory.open(directory);
    DownloadCache cache =
        new DownloadCache(
            store, directory, Sizes.bytes("secateur.cache.size", configuration.cache().size()));
    meters.watch(cache, memory, work);
    String id = workerId();
    WorkerConfiguration.Claim lease = configuration.claim();
    WorkerConfiguration.Jobs limits = configuration.jobs();
    Disk disk = new Disk(workDirectory.path());
    StoredProducts products =
        new StoredProducts(store, state.resolve("products/"), workDirectory.path());
    return new Shop(
        store,
        state,
        ObjectUri.of(limits.output()).resolve(""),
        new Ledger(
            new ObjectLedgerStore(store, state),
            InstantSource.system(),
            new Terms(id, Engine.VERSION, lease.expiry(), limits.stall())),
        cache,
        workDirectory.path(),
        disk,
        new Fitness(disk, configuration.health().grace()),
        publisher,
        new Answers(publisher, id, work::stopsWaiting),
        new Doorbell(
            publisher,
            KafkaProperties.consumer(kafka),
            configuration.topics().doorbell(),
            group + "-doorbell",
            work::isDraining),
        (job, reports, checkpoints, listener, cancelled) ->
            Chain.run(job, reports, checkpoints, products, listener, cancelled),
        meters,
        work,
        tracer,
        memory,
        Limits.of(configuration.limits()),
        id,
        limits
            .threads()
            .orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / concurrency)),
        limits.maxAttempts(),
        limits.deadline(),
        limits.checkpointInterval(),
        limits.retryDelay(),
        limits.retryMaxDelay());
  }

  /**
   * Takes a record; completes when there is room for the next.
   *
   * <p>A record is acknowledged out of order; the connector commits only up to the first that is
   * not.
   */
  @Incoming(CHANNEL)
  CompletionStage<Void> consume(Message<byte[]> message) {
    execution.stir();
    CompletionStage<Void> room = slots.take();
    shop.work().received();
    take(message);
    return room;
  }

  private void take(Message<byte[]> message) {
    if (shop.work().isDraining()) {
      return;
    }
    Runnable taking =
        () -> {
          Disposition disposition;
          try {
            disposition = intake.answer(record(message));
          } catch (RuntimeException | Error e) {
            // Such as a full heap: the record is looked at again.
            LOG.error("a record could not be taken in", e);
            disposition = new Disposition.Later(AGAIN);
          }
          if (disposition instanceof Disposition.Later later && !shop.work().isDraining()) {
            clock.schedule(() -> take(message), later.pause().toMillis(), TimeUnit.MILLISECONDS);
            return;
          }
          shop.work().settled();
          slots.give();
          if (disposition instanceof Disposition.Done) {
            acknowledge(message);
          }
        };
    try {
      takers.execute(taking);
    } catch (RejectedExecutionException e) {
      LOG.debug("a record came while the worker drains: it is another's");
    }
  }

  private static void acknowledge(Message<byte[]> message) {
    message
        .ack()
        .exceptionally(
            e -> {
              LOG.warnf("taken in, but not acknowledged: it will come again: %s", e.getMessage());
              return null;
            });
  }

  @SuppressWarnings("unchecked")
  private static ConsumerRecord<byte[], byte[]> record(Message<byte[]> message) {
    return message
        .getMetadata(IncomingKafkaRecordMetadata.class)
        .map(m -> (ConsumerRecord<byte[], byte[]>) m.getRecord())
        .orElseThrow(() -> new IllegalStateException("a message that did not come from Kafka"));
  }

  /** Before HTTP stops, so that probes and scrapes see the drain. */
  void beforeShutdown(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
    if (!isAbsent()) {
      drain();
    }
  }

  /** In development there is no moment before. */
  void shutdown(@Observes ShutdownEvent event) throws InterruptedException {
    if (!isAbsent() && !shop.work().isDraining()) {
      drain();
    }
  }

  /** Stops taking work, lets the running job checkpoint, and gives it back. */
  private void drain() throws InterruptedException {
    Duration most = configuration.drain().timeout();
    LOG.infof("draining, at most %d s", most.toSeconds());
    shop.work().drain();
    takers.shutdown();
    jobs.shutdown();
    for (int job = 0; job < configuration.jobs().concurrency(); job++) {
      execution.wake();
    }
    if (!jobs.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("the running job did not stop in time; it is given back as it is");
      Quarkus.asyncExit(NOT_DRAINED);
      clock.execute(execution::giveAllBack);
      clock.shutdown();
      clock.awaitTermination(GIVING_BACK.toMillis(), TimeUnit.MILLISECONDS);
    }
    clock.shutdownNow();
    clock.awaitTermination(GIVING_BACK.toMillis(), TimeUnit.MILLISECONDS);
    execution.awaitAnswers(LAST_EVENTS);
    hearts.shutdownNow();
    if (configuration.drain().whenIdle().isPresent()) {
      Thread leaving = named("leaving").newThread(housekeeping::leave);
      leaving.start();
      leaving.join(LAST_LOOK.toMillis());
    }
    takers.awaitTermination(GIVING_BACK.toMillis(), TimeUnit.MILLISECONDS);
    publisher.close(LAST_EVENTS);
    admin.close(Duration.ofSeconds(1));
    shop.store().close();
    LOG.info("drained");
  }

  Surroundings surroundings() {
    return surroundings;
  }

  /** Empty: they work. */
  Optional<String> nativeTrouble() {
    return nativeTrouble;
  }

  Shop shop() {
    return shop;
  }

  /** Tells workers apart in claims and events: the host's name and a few random digits. */
  private static String workerId() {
    String random = UUID.randomUUID().toString().substring(0, 8);
    try {
      return InetAddress.getLocalHost().getHostName() + "-" + random;
    } catch (UnknownHostException e) {
      return "worker-" + random;
    }
  }

  private static ThreadFactory named(String name) {
    return runnable -> {
      Thread thread = new Thread(runnable, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
