package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.World.Asked;
import dev.secateur.ledger.World.Nature;
import dev.secateur.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One process of a simulated worker, from its start to its end: takes records in and runs orders as
 * the real one does, with jobs that are nothing but time.
 */
class Node {
  static final Duration LEASE = Duration.ofSeconds(20);
  static final Duration STALL = Duration.ofSeconds(60);
  static final int MAX_ATTEMPTS = 3;

  /** Of a job; one takes as long as a heartbeat. */
  private static final int STEPS = 6;

  private static final int STEPS_A_CHECKPOINT = 2;

  /** At which a deadly job kills and a stuck one stands still. */
  private static final int FATAL_STEP = 3;

  private static final int STEP_MILLIS = 5_000;
  private static final int POLL_MILLIS = 3_000;
  private static final int PATIENCE_MILLIS = 1_000;

  /** The process is gone: unwinds what it was doing. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1;

    Killed() {
      super(null, null, false, false);
    }
  }

  private final World world;
  private final String name;
  private final String engine;
  private final SimulatedStore simulated;
  private final LedgerStore store;
  private final Ledger ledger;
  private final InstantSource clock;
  private boolean alive = true;

  /** What it took in last. */
  private Optional<Order> fresh = Optional.empty();

  private boolean draining;

  /**
   * @param offset by which its clock is wrong
   */
  Node(World world, String name, String engine, Duration offset, Mutant mutant) {
    this.world = world;
    this.name = name;
    this.engine = engine;
    this.clock = () -> Instant.ofEpochSecond(1_700_000_000, 0).plus(offset).plusMillis(now());
    this.simulated = new SimulatedStore(world, this);
    this.store = mutant.store(simulated, clock);
    this.ledger =
        new Ledger(
            store,
            clock,
            new Terms(name, engine, LEASE, STALL),
            new AtOnceOrLate(world),
            mutant.expiry(),
            mutant.attempts(),
            mutant.turn());
  }

  private long now() {
    return world.scheduler.now();
  }

  String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }

  void ensureAlive() {
    if (!alive) {
      throw new Killed();
    }
  }

  void die() {
    world.note(name + " dies");
    alive = false;
  }

  private void sleep(long millis) {
    ensureAlive();
    world.scheduler.sleep(millis);
    ensureAlive();
  }

  /** A record of the mailbox, until it can be acknowledged; false: it will come again. */
  boolean takeIn(String id, Asked asked, Order order) {
    try {
      if (asked.cancelled && asked.acknowledged > 0) {
        ledger.cancels().request(id);
        return true;
      }
      register(order);
      return true;
    } catch (StoreException e) {
      sleep(PATIENCE_MILLIS);
      return false;
    }
  }

  void register(Order order) {
    Orders.Registration registration = ledger.orders().register(order);
    if (registration.isNew()) {
      fresh = Optional.of(order);
    }
  }

  String engine() {
    return engine;
  }

  /** Works until it is drained. */
  void work() {
    while (!draining) {
      world.happened(new Step.Looks(name, engine));
      simulated.wasDisturbed();
      Optional<Tenure> next = Optional.empty();
      boolean trouble = false;
      try {
        // It may be old by now, which must do no harm.
        Optional<Order> offered = fresh;
        fresh = Optional.empty();
        next = offered.flatMap(ledger::take).or(ledger::next);
      } catch (StoreException e) {
        trouble = true;
      }
      boolean disturbed = simulated.wasDisturbed() || trouble;
      world.happened(new Step.Looked(name, engine, next.isPresent(), disturbed));
      if (next.isPresent()) {
        run(next.get());
      } else {
        sleep(POLL_MILLIS);
      }
      draining = draining || world.hostile && world.choices.chance(2);
    }
    world.note(name + " has drained");
    alive = false;
  }

  private void run(Tenure tenure) {
    String id = tenure.order().id();
    world.happened(new Step.Holds(name, id, tenure.epoch(), tenure.attempts()));
    try {
      Optional<Result> result = tenure.result().or(() -> compute(tenure));
      if (result.isPresent()) {
        finish(tenure, result.get());
      }
    } catch (ClaimLostException e) {
      world.note(name + ": " + e.getMessage());
      if (world.asked.get(id).nature == Nature.STUCK) {
        // What cannot be stopped ends with its process: the probes see to it.
        die();
      }
    } finally {
      tenure.close();
    }
  }

  private Optional<Result> compute(Tenure tenure) {
    String id = tenure.order().id();
    if (tenure.isCancelled()) {
      return Optional.of(settle(tenure, "failed", "cancelled"));
    }
    Checkpoint from = insist(() -> resume(id));
    insist(
        () -> {
          tenure.found(from.step());
          return true;
        });
    if (tenure.attempts() > MAX_ATTEMPTS) {
      return Optional.of(settle(tenure, "failed", "attempts-exhausted"));
    }
    long step = from.step();
    long kept = step;
    world.happened(new Step.Begins(name, engine, id, tenure.epoch(), step, from.engine()));
    Nature nature = world.asked.get(id).nature;
    long moved = now();
    while (step < STEPS) {
      sleep(STEP_MILLIS);
      draining = draining || world.hostile && world.choices.chance(1);
      if (draining) {
        insist(
            () -> {
              tenure.giveBack();
              return true;
            });
        return Optional.empty();
      }
      if (step + 1 == FATAL_STEP && nature == Nature.DEADLY) {
        die();
      }
      ensureAlive();
      if (step + 1 < FATAL_STEP || nature != Nature.STUCK) {
        step++;
        moved = now();
      }
      try {
        if (step % STEPS_A_CHECKPOINT == 0 && step > kept) {
          tenure.ensureHeld();
          keep(tenure, step);
          kept = step;
        }
        tenure.beat("train", step, kept, still(now() - moved), (double) step / STEPS);
        if (ledger.cancels().requested().contains(id)) {
          return Optional.of(settle(tenure, "failed", "cancelled"));
        }
      } catch (StoreException e) {
        world.note(name + " goes on without a sign of life");
      }
    }
    lookAhead();
    insist(
        () -> {
          store.put(artifact(id, tenure.epoch()), artifactOf(id, tenure.epoch()));
          return true;
        });
    return Optional.of(settle(tenure, "accepted", ""));
  }

  private void lookAhead() {
    try {
      ledger.lookAhead();
    } catch (StoreException e) {
      world.note(name + " did not look ahead");
    }
  }

  /** A question has its effect when it is put, or when its answer is wanted, which may be never. */
  private record AtOnceOrLate(World world) implements Asks {
    @Override
    public <T> Supplier<T> ask(Supplier<T> question) {
      return world.choices.chance(50) ? question : IN_TURN.ask(question);
    }
  }

  /**
   * @param engine empty: none, it starts anew
   */
  record Checkpoint(long step, String engine) {}

  Duration still(long millis) {
    return Duration.ofMillis(millis);
  }

  /** The furthest whole one of this engine. */
  Checkpoint resume(String id) {
    return furthest(id, engine);
  }

  final Checkpoint furthest(String id, String of) {
    String under = Keys.CHECKPOINTS + id + "/" + of + "/";
    Checkpoint best = new Checkpoint(0, "");
    for (String manifest : store.names(under, "", 1000)) {
      if (manifest.endsWith(".json") && isWhole(under + manifest)) {
        long step = Long.parseLong(manifest.substring(0, manifest.indexOf('-')));
        best = step > best.step() ? new Checkpoint(step, of) : best;
      }
    }
    return best;
  }

  private boolean isWhole(String manifest) {
    boolean said = store.get(manifest).filter(e -> isJson(e.content())).isPresent();
    return said && hasData(manifest);
  }

  boolean hasData(String manifest) {
    return store.get(manifest.replace(".json", ".data")).isPresent();
  }

  static boolean isJson(byte[] content) {
    return content.length > 0 && content[content.length - 1] == '}';
  }

  /** Data first, manifest last, under names of its own. */
  void keep(Tenure tenure, long step) {
    keepData(tenure, step);
    keepManifest(tenure, step);
  }

  final void keepData(Tenure tenure, long step) {
    store.put(checkpoint(tenure, step) + ".data", new byte[0]);
  }

  final void keepManifest(Tenure tenure, long step) {
    store.put(checkpoint(tenure, step) + ".json", "{}".getBytes(StandardCharsets.UTF_8));
  }

  private String checkpoint(Tenure tenure, long step) {
    String under = Keys.CHECKPOINTS + tenure.order().id() + "/" + engine + "/";
    return under + step + "-" + tenure.epoch();
  }

  private static String artifact(String id, long epoch) {
    return Keys.ATTEMPTS + id + "/" + epoch + "/model";
  }

  static byte[] artifactOf(String id, long epoch) {
    return (id + " of epoch " + epoch).getBytes(StandardCharsets.UTF_8);
  }

  private Result settle(Tenure tenure, String outcome, String code) {
    Order order = tenure.order();
    var event =
        JsonNodeFactory.instance
            .objectNode()
            .put("by", name)
            .put("code", code)
            .put("etag", order.resolved().path("etag").asText());
    Result mine =
        new Result(
            order.id(),
            tenure.epoch(),
            tenure.attempts(),
            name,
            engine,
            outcome,
            outcome.equals("accepted"),
            false,
            event,
            clock.instant());
    return insist(() -> ledger.settle(tenure, mine));
  }

  private void finish(Tenure tenure, Result result) {
    if (result.outcome().equals("accepted") && result.epoch() > 0) {
      insist(() -> deliver(result.order(), epochOf(result, tenure)));
    }
    send(result);
    insist(
        () -> {
          ledger.close(tenure);
          return true;
        });
  }

  /** Whose artifacts the answer names. */
  long epochOf(Result result, Tenure tenure) {
    return result.epoch();
  }

  private boolean deliver(String id, long epoch) {
    store
        .get(artifact(id, epoch))
        .ifPresent(artifact -> store.put("output/" + id, artifact.content()));
    return true;
  }

  private void send(Result result) {
    while (world.hostile && world.choices.chance(10)) {
      sleep(PATIENCE_MILLIS);
    }
    sleep(1);
    world
        .sent
        .computeIfAbsent(result.order(), id -> new java.util.ArrayList<>())
        .add(new String(EventJson.canonical(result.event()), StandardCharsets.UTF_8));
    world.happened(new Step.Sent(name, result));
    if (world.hostile && world.choices.chance(5)) {
      die();
    }
  }

  private <T> T insist(Supplier<T> request) {
    while (true) {
      try {
        return request.get();
      } catch (StoreException e) {
        sleep(PATIENCE_MILLIS);
      }
    }
  }

  static List<String> engines() {
    return List.of("v1", "v2");
  }
}
