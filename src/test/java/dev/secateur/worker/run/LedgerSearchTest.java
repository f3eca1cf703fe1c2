package dev.secateur.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.LedgerStore;
import dev.secateur.ledger.MemoryStore;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Received;
import dev.secateur.ledger.Result;
import dev.secateur.ledger.Tenure;
import dev.secateur.ledger.Terms;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import dev.secateur.result.MadeUp;
import dev.secateur.result.ResultJson;
import dev.secateur.search.Choice;
import dev.secateur.search.Point;
import dev.secateur.search.Trial;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.JobKey;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Shared;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.StoredInputs.Role;
import dev.secateur.worker.TrialOf;
import dev.secateur.worker.Work;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/**
 * Searches in a ledger whose workers are killed at any of their requests, before it is heard or
 * after: the same is tried, found, refused and answered. The trials are made up, and take no time.
 */
class LedgerSearchTest {
  private static final int TRIALS = 12;
  private static final int KILLS = 100;
  private static final int NEVER = Integer.MAX_VALUE;
  private static final Duration LEASE = Duration.ofSeconds(20);

  @Test
  void aKillAtAnyRequestChangesNothing() {
    History whole = new History(p -> NEVER, 0);
    JsonNode expected = whole.answer();
    assertThat(expected.at("/refused")).hasSize(1);
    assertThat(expected.at("/trials")).hasSize(TRIALS);
    assertThat(whole.worked).isGreaterThan(KILLS);
    IntStream.rangeClosed(1, whole.worked)
        .parallel()
        .forEach(
            request -> {
              History killed = new History(p -> p == 0 ? request : NEVER, request);
              assertThat(killed.answer()).as("killed at request %d", request).isEqualTo(expected);
              assertThat(killed.kills).isEqualTo(1);
            });
  }

  /** Of workers that help each other, in one search after the other. */
  @Test
  void aHundredKillsChangeNothing() {
    JsonNode expected = new History(p -> NEVER, 0).answer();
    int kills = 0;
    for (int seed = 1; kills < KILLS; seed++) {
      Random random = new Random(seed);
      History history =
          new History(p -> p < KILLS ? 20 + random.nextInt(200) : NEVER, seed).helped();
      assertThat(history.answer()).as("seed %d", seed).isEqualTo(expected);
      kills += history.kills;
    }
  }

  /** The process is gone: unwinds what it was doing. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;

    Killed() {
      super(null, null, false, false);
    }
  }

  /** How many requests a process lives, by its number. */
  private interface Lives {
    int of(int process);
  }

  /** One search, from its order to its answer, and all processes that worked at it. */
  private static final class History {
    private final Lives lives;
    private final Random random;
    private final MemoryStore memory;
    private boolean helped;
    private long now = 1_700_000_000_000L;
    private int processes;
    private int requests;

    /** Requests until it was answered. */
    private int worked;

    private int kills;

    History(Lives lives, long seed) {
      this.lives = lives;
      this.random = new Random(seed);
      this.memory = new MemoryStore(() -> now);
    }

    /** By a second worker, which takes trials too. */
    History helped() {
      helped = true;
      return this;
    }

    /** What the search is answered with. */
    JsonNode answer() {
      Order order = order();
      ledger("intake", NEVER).orders().register(order);
      requests = 0;
      while (true) {
        try {
          work(process());
          worked = requests;
          return ledger("reader", NEVER).orders().result(order.id()).orElseThrow().event();
        } catch (Killed e) {
          died();
        }
      }
    }

    private void died() {
      kills++;
      now += LEASE.multipliedBy(2).toMillis();
    }

    private Ledger process() {
      int number = processes++;
      return ledger("process-" + number, lives.of(number));
    }

    private Ledger ledger(String name, int life) {
      int[] left = {life};
      boolean heard = random.nextBoolean();
      LedgerStore store =
          (LedgerStore)
              Proxy.newProxyInstance(
                  LedgerStore.class.getClassLoader(),
                  new Class<?>[] {LedgerStore.class},
                  (proxy, method, arguments) -> {
                    requests++;
                    left[0]--;
                    if (left[0] < 0 || left[0] == 0 && !heard) {
                      throw new Killed();
                    }
                    try {
                      Object answer = method.invoke(memory, arguments);
                      if (left[0] == 0) {
                        throw new Killed();
                      }
                      return answer;
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
      return new Ledger(
          store,
          () -> Instant.ofEpochMilli(now),
          new Terms(name, Engine.VERSION, LEASE, Duration.ofDays(1)));
    }

    /** Takes orders until none is left. */
    private void work(Ledger ledger) {
      for (Optional<Tenure> next = ledger.next(); next.isPresent(); next = ledger.next()) {
        hold(ledger, next.get());
      }
    }

    private void hold(Ledger ledger, Tenure tenure) {
      if (tenure.result().isEmpty()) {
        Optional<TrialOf> trial = TrialOf.in(tenure.order());
        ObjectNode event = trial.map(this::tried).orElseGet(() -> searched(ledger, tenure));
        ledger.settle(
            tenure,
            new Result(
                tenure.order().id(),
                tenure.epoch(),
                1,
                "somebody",
                Engine.VERSION,
                "accepted",
                true,
                false,
                event,
                Instant.ofEpochMilli(now)));
      }
      ledger.close(tenure);
    }

    private ObjectNode tried(TrialOf trial) {
      ObjectNode event = JsonNodeFactory.instance.objectNode();
      event.putObject("data").set("tried", LedgerSearch.json(trial(trial)));
      return event;
    }

    private ObjectNode searched(Ledger ledger, Tenure tenure) {
      Order order = tenure.order();
      OrderedJob ordered = OrderedJob.of(order);
      Work work = new Work();
      MeterRegistry registry = new SimpleMeterRegistry();
      JobMeters meters = Shared.meters(registry, work);
      EventPublisher nobody =
          Shared.publisher(
              new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()),
              meters,
              registry);
      ProgressReporter progress =
          new ProgressReporter(
              meters,
              work,
              new Pulse(),
              OpenTelemetry.noop().getTracer("none"),
              Context.root(),
              32,
              JsonNodeFactory.instance.objectNode(),
              data -> {});
      LedgerSearch search =
          new LedgerSearch(
              ledger,
              Shared.doorbell(nobody, work),
              work,
              order,
              ordered,
              open -> help(ledger, tenure, open),
              progress);
      List<Trial> trials = search.run(() -> false);
      return ResultJson.search(
          new Choice(ordered.plan(), trials, true)
              .after(search.refused())
              .made(
                  choice -> {
                    if (!choice.refused().isEmpty()) {
                      search.refused(choice);
                    }
                    return MadeUp.result(choice.plan(), !choice.refused().isEmpty());
                  })
              .search()
              .orElseThrow());
    }

    /** Where all that is open is held by who died, time goes by. */
    private boolean help(Ledger ledger, Tenure search, Set<String> open) {
      if (helped && random.nextBoolean()) {
        try {
          Ledger other = process();
          other.next().ifPresent(trial -> hold(other, trial));
        } catch (Killed e) {
          kills++;
        }
        return true;
      }
      Optional<Tenure> trial = ledger.nextOf(open);
      trial.ifPresentOrElse(
          t -> hold(ledger, t),
          () -> {
            now += LEASE.dividedBy(4).toMillis();
            search.beat("search", 0, 0, Duration.ZERO, 0);
          });
      return true;
    }
  }

  /** The further away, the smaller; with a bound between. */
  private static Trial trial(TrialOf of) {
    Point p = of.point();
    double divergence =
        (p.scheme().equals("int8") ? 0.002 : 0.01)
            + 0.01 * Math.expm1(3 * p.sparsity())
            + 0.02 * Math.expm1(4 * p.channels());
    long bytes = Math.round(80_000 * (1 - 0.8 * p.sparsity()) * (1 - 0.9 * p.channels()));
    long zipped = p.scheme().equals("int8") ? bytes : bytes / 2;
    return new Trial(
        of.number(),
        of.round(),
        p,
        Optional.of(
            new Trial.Found(
                divergence <= 0.1,
                Measure.TOP1,
                Map.of(Measure.TOP1, 1 - divergence),
                divergence,
                0,
                Optional.empty(),
                Optional.empty(),
                divergence,
                bytes,
                zipped,
                Optional.of(bytes),
                Optional.empty(),
                1,
                1000)),
        "made up",
        1);
  }

  private static Order order() {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.putObject("model").put("uri", "s3://models/net.h5").put("name", "net").put("version", "1");
    ObjectNode sets = data.putObject("datasets");
    sets.putObject("train").put("uri", "s3://datasets/train.npz");
    sets.putObject("evaluation").put("uri", "s3://datasets/test.npz");
    ObjectNode plan = Plan.DEFAULT.document();
    plan.putObject("search").put("trials", TRIALS).put("epochs", 0);
    Map<Role, StoredInputs.Input> inputs =
        Map.of(
            Role.MODEL, input("s3://models/net.h5"),
            Role.TRAIN, input("s3://datasets/train.npz"),
            Role.EVALUATION, input("s3://datasets/test.npz"));
    OrderedJob job =
        new OrderedJob(
            asked(data),
            Plan.read(plan),
            new StoredInputs(inputs),
            ObjectUri.of("s3://artifacts/"),
            new JobKey("0".repeat(64)),
            Optional.empty());
    return new Order(
        Order.idOf("/test", "1"),
        new Received("t", 0, 1, Optional.empty(), new byte[] {1}, List.of()),
        "net",
        "1",
        "tenant",
        Order.USUAL,
        Instant.ofEpochMilli(1_700_000_000_000L),
        "0".repeat(64),
        Engine.VERSION,
        job.json());
  }

  private static OrderedJob.Asked asked(ObjectNode data) {
    try {
      return new OrderedJob.Asked("/test", "1", Optional.empty(), data, ModelRegistered.read(data));
    } catch (MalformedEventException e) {
      throw new IllegalStateException(e);
    }
  }

  private static StoredInputs.Input input(String uri) {
    return new StoredInputs.Input(
        new StoredObject(ObjectUri.of(uri), 1, "etag", Duration.ZERO), Optional.empty());
  }
}
