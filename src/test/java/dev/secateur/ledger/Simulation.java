package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.ledger.World.Asked;
import dev.secateur.ledger.World.Nature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One history: a few workers, a few orders, a time in which everything goes wrong and one in which
 * nothing does but what jobs do to their workers. Why simulate: the rules are few and each is
 * simple, and what breaks them is when things happen to each other. The same choices give the same
 * history.
 */
final class Simulation {
  /** In which all must have come to its end, the hostile time included. */
  private static final long PATIENCE_MILLIS = 1_500_000;

  private static final int RECORD_MILLIS = 5_000;
  private static final int CLOCKS_MINUTES = 20;

  private final Choices choices;
  private final World world;
  private final Scheduler scheduler;
  private final Mutant mutant;

  /** Records that were not acknowledged. */
  private final List<String> mailbox = new ArrayList<>();

  /** How a history ended. */
  record End(Optional<RuntimeException> broken, int[] choices, List<String> history) {}

  private Simulation(Choices choices, Mutant mutant, boolean told) {
    this.choices = choices;
    this.mutant = mutant;
    this.scheduler = new Scheduler(PATIENCE_MILLIS);
    this.world = new World(scheduler, choices, Promises.all(), told);
  }

  static End run(Choices choices, Mutant mutant, boolean told) {
    Simulation simulation = new Simulation(choices, mutant, told);
    Optional<RuntimeException> broken = Optional.empty();
    try {
      simulation.run();
    } catch (RuntimeException e) {
      broken = Optional.of(e);
    }
    return new End(broken, choices.made(), simulation.world.history());
  }

  private void run() {
    int workers = 1 + choices.below(3);
    int orders = 1 + choices.below(4);
    for (int n = 0; n < orders; n++) {
      ask(n);
    }
    int hostileSeconds = choices.below(120);
    for (int n = 0; n < workers; n++) {
      int number = n;
      Slot slot = new Slot(number);
      scheduler.add(() -> slot.work());
      scheduler.add(() -> slot.takeIn());
    }
    scheduler.add(
        () -> {
          scheduler.sleep(hostileSeconds * 1000L);
          world.hostile = false;
          world.note("nothing goes wrong any more");
          while (!isDone()) {
            scheduler.sleep(1000);
          }
          // What still is under way must do no harm.
          scheduler.sleep(120_000);
          world.happened(new Step.Ends());
          scheduler.stop();
        });
    scheduler.run();
    if (!isDone()) {
      new EveryOrderIsAnswered().require(false, "not within its time: " + waiting());
    }
  }

  private static final class EveryOrderIsAnswered implements Promise {
    @Override
    public void after(World world, Step step) {
      // Known only when time is over.
    }
  }

  private boolean isDone() {
    return mailbox.isEmpty() && waiting().isEmpty();
  }

  private List<String> waiting() {
    List<String> waiting = new ArrayList<>();
    for (String id : world.asked.keySet()) {
      if (!world.sent.containsKey(id) || world.isPending(id)) {
        waiting.add(id.substring(0, 6));
      }
    }
    return waiting;
  }

  private void ask(int n) {
    String id = Order.idOf("/simulation", "event-" + n);
    int nature = choices.below(10);
    Asked asked =
        new Asked(nature == 9 ? Nature.DEADLY : nature == 8 ? Nature.STUCK : Nature.SOUND);
    asked.priority = choices.below(10);
    asked.tenant = "tenant-" + choices.below(2);
    // A job that kills its worker is nobody else's.
    asked.job = asked.nature == Nature.SOUND ? "job-" + (n - choices.below(n + 1)) : "job-" + n;
    asked.cancelled = choices.chance(10);
    int records = asked.cancelled ? 2 : 1 + choices.below(2);
    world.asked.put(id, asked);
    for (int r = 0; r < records; r++) {
      mailbox.add(id);
    }
  }

  /** The place of a worker; processes come and go in it. */
  private final class Slot {
    private final int number;
    private int starts;
    private Node node;

    Slot(int number) {
      this.number = number;
      start();
    }

    private void start() {
      starts++;
      String engine = Node.engines().get(choices.below(2));
      Duration offset = Duration.ofMinutes(choices.below(2) * CLOCKS_MINUTES);
      node = mutant.node(world, "worker-" + number + "-" + starts, engine, offset);
      world.note(node + " starts with engine " + engine);
    }

    void work() {
      while (true) {
        try {
          node.work();
        } catch (Node.Killed e) {
          world.note(node + " is gone");
        }
        scheduler.sleep(1000 * (1 + choices.below(20)));
        start();
      }
    }

    void takeIn() {
      scheduler.sleep(1 + choices.below(RECORD_MILLIS));
      while (!mailbox.isEmpty()) {
        String id = mailbox.get(choices.below(mailbox.size()));
        try {
          takeIn(id);
        } catch (Node.Killed e) {
          world.note(node + " took nothing in");
        }
        scheduler.sleep(1 + choices.below(RECORD_MILLIS));
      }
    }

    private void takeIn(String id) {
      Asked asked = world.asked.get(id);
      boolean taken = node.takeIn(id, asked, order(id, asked));
      // Now and then the broker never hears of it.
      if (taken && !(world.hostile && choices.chance(10)) && mailbox.remove(id)) {
        asked.acknowledged++;
        world.happened(new Step.Acknowledged(id));
      }
    }

    /** As it is resolved now: another time, another worker, and it is another. */
    private Order order(String id, Asked asked) {
      return new Order(
          id,
          new Received("models", 0, 0, Optional.empty(), new byte[] {1}, List.of()),
          "model",
          "1",
          asked.tenant,
          asked.priority,
          Instant.ofEpochMilli(scheduler.now()),
          asked.job,
          node.engine(),
          JsonNodeFactory.instance.objectNode().put("etag", "" + scheduler.now()));
    }
  }
}
