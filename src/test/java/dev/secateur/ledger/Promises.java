package dev.secateur.ledger;

import dev.secateur.ledger.Step.Acknowledged;
import dev.secateur.ledger.Step.Begins;
import dev.secateur.ledger.Step.Deleted;
import dev.secateur.ledger.Step.Ends;
import dev.secateur.ledger.Step.Holds;
import dev.secateur.ledger.Step.Looked;
import dev.secateur.ledger.Step.Looks;
import dev.secateur.ledger.Step.Read;
import dev.secateur.ledger.Step.Sent;
import dev.secateur.ledger.Step.Wrote;
import dev.secateur.ledger.World.Nature;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the ledger promises. */
final class Promises {
  private static final Pattern CLAIM = Pattern.compile("claims/([0-9a-f]{64})/([0-9]{6,})");

  private Promises() {}

  static List<Promise> all() {
    return List.of(
        new RecordsAreAcknowledgedWhenTheirOrderIsDurable(),
        new OneOrderHasOneIdentity(),
        new OneOrderHasOneResult(),
        new OrdersLeaveWhenTheirAnswerWasSent(),
        new AnswersNameWhatIsThere(),
        new NoTwoHoldAnEpoch(),
        new ALivingHolderKeepsItsOrder(),
        new NothingWaitsForAnIdleWorker(),
        new HeirsGoOnFromTheLastCheckpoint(),
        new OnlyJobsThatGetNowhereAreGivenUp(),
        new JobsThatGetNowhereEnd());
  }

  static final class RecordsAreAcknowledgedWhenTheirOrderIsDurable implements Promise {
    @Override
    public void after(World world, Step step) {
      if (step instanceof Acknowledged acknowledged) {
        String id = acknowledged.order();
        require(world.order(id).isPresent(), id + " has no order");
        require(
            world.isPending(id) || world.result(id).isPresent(),
            id + " is neither pending nor settled");
      }
    }
  }

  static final class OneOrderHasOneIdentity implements Promise {
    private final Map<String, String> resolved = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Begins begins) {
        String id = begins.order();
        String now = world.order(id).map(o -> o.resolved().toString()).orElse("nothing");
        String before = resolved.putIfAbsent(id, now);
        require(before == null || before.equals(now), id + " was " + before + ", is " + now);
      }
    }
  }

  static final class OneOrderHasOneResult implements Promise {
    private final Map<String, String> first = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Sent sent) {
        List<String> all = world.sent.get(sent.result().order());
        String last = all.get(all.size() - 1);
        String before = first.putIfAbsent(sent.result().order(), last);
        require(before == null || before.equals(last), before + " was answered, then " + last);
      }
    }
  }

  static final class OrdersLeaveWhenTheirAnswerWasSent implements Promise {
    @Override
    public void after(World world, Step step) {
      if (step instanceof Deleted deleted && deleted.key().startsWith(Keys.PENDING)) {
        String name = deleted.key().substring(deleted.key().lastIndexOf('/') + 1);
        String id = Keys.orderOf(name).orElseThrow();
        require(world.result(id).isPresent(), id + " left without a result");
        require(world.sent.containsKey(id), id + " left without its answer");
      }
    }
  }

  static final class AnswersNameWhatIsThere implements Promise {
    @Override
    public void after(World world, Step step) {
      if (step instanceof Sent sent
          && sent.result().outcome().equals("accepted")
          && sent.result().epoch() > 0) {
        Result result = sent.result();
        byte[] expected = Node.artifactOf(result.order(), result.epoch());
        Optional<MemoryStore.Stored> output = world.object("output/" + result.order());
        // A damaged upload is the artifacts' own matter: they have digests.
        boolean there =
            output.isPresent()
                && (Arrays.equals(output.get().content(), expected)
                    || output.get().content().length < expected.length);
        require(there, result.order() + ": output is not of epoch " + result.epoch());
      }
    }
  }

  static final class NoTwoHoldAnEpoch implements Promise {
    private final Map<String, String> holders = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Holds holds && world.result(holds.order()).isEmpty()) {
        String claim = Keys.claim(holds.order(), holds.epoch());
        String before = holders.put(claim, holds.worker());
        require(before == null, claim + ": " + before + " and " + holds.worker());
      }
    }
  }

  static final class ALivingHolderKeepsItsOrder implements Promise {
    /** By worker and key. */
    private final Map<String, Long> silences = new HashMap<>();

    /** Likewise: how long the step stood still, by the sign of life as it was read. */
    private final Map<String, Long> stills = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Read read && read.key().startsWith(Keys.CLAIMS)) {
        silences.put(read.worker() + " " + read.key(), read.silence());
        stills.put(
            read.worker() + " " + read.key(),
            world.read(read.key(), Heart::of).map(h -> h.still().toMillis()).orElse(0L));
      } else if (step instanceof Wrote wrote && wrote.fresh()) {
        Matcher claim = CLAIM.matcher(wrote.key());
        if (claim.matches() && Long.parseLong(claim.group(2)) > 1) {
          followed(world, wrote.worker(), claim.group(1), Long.parseLong(claim.group(2)) - 1);
        }
      }
    }

    private void followed(World world, String taker, String id, long epoch) {
      String key = Keys.claim(id, epoch);
      Optional<Claim> before = world.read(key, Claim::of);
      boolean own = before.map(c -> c.worker().equals(taker)).orElse(false);
      // Who claims what was settled since it looked only answers it again.
      boolean settled = world.result(id).isPresent();
      if (own || settled || world.object(key + Keys.RELEASED).isPresent()) {
        return;
      }
      Long sign = silences.get(taker + " " + key + Keys.HEART);
      long silence = sign != null ? sign : silences.getOrDefault(taker + " " + key, 0L);
      long still = stills.getOrDefault(taker + " " + key + Keys.HEART, 0L);
      require(
          silence >= Node.LEASE.toMillis() || silence + still >= Node.STALL.toMillis(),
          key + " was followed " + silence + " ms after its last sign of life");
    }
  }

  static final class NothingWaitsForAnIdleWorker implements Promise {
    /** A lease, what clocks in whole seconds may be off, and the latency of the last look. */
    private static final long SILENT = Node.LEASE.toMillis() + 3_000;

    /** By worker: the orders that were to be had when it began to look, with their epochs. */
    private final Map<String, Map<String, Long>> looks = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Looks begins) {
        Map<String, Long> there = new HashMap<>();
        for (String id : world.asked.keySet()) {
          if (isFree(world, id, begins.engine())) {
            there.put(id, world.epoch(id));
          }
        }
        looks.put(begins.worker(), there);
      } else if (step instanceof Looked ended && !ended.found() && !ended.disturbed()) {
        for (Map.Entry<String, Long> order : looks.get(ended.worker()).entrySet()) {
          String id = order.getKey();
          // A holder that everybody took for dead may have come back meanwhile.
          boolean still = isFree(world, id, ended.engine()) && world.epoch(id) == order.getValue();
          require(!still, id + " was there, and " + ended.worker() + " did not find it");
        }
      }
    }

    private boolean isFree(World world, String id, String engine) {
      // One that was answered is only being cleared away.
      if (!world.isPending(id) || world.sent.containsKey(id) || follows(world, id)) {
        return false;
      }
      long epoch = world.epoch(id);
      if (epoch == 0) {
        return true;
      }
      String claim = Keys.claim(id, epoch);
      Optional<MemoryStore.Stored> released = world.object(claim + Keys.RELEASED);
      long now = world.scheduler.now();
      String begun = world.read(claim, Claim::of).map(Claim::engine).orElse("unknown");
      long turn = begun.equals(engine) ? 0 : Node.LEASE.toMillis() + 1_000;
      if (released.isPresent()) {
        return now - released.get().written() > turn;
      }
      long written =
          world
              .object(claim + Keys.HEART)
              .or(() -> world.object(claim))
              .map(MemoryStore.Stored::written)
              .orElse(now);
      return now - written > SILENT + turn;
    }

    /** One of several equal ones may wait for another. */
    private static boolean follows(World world, String id) {
      String job = world.asked.get(id).job;
      return world.asked.entrySet().stream()
          .anyMatch(e -> !e.getKey().equals(id) && e.getValue().job.equals(job));
    }
  }

  static final class HeirsGoOnFromTheLastCheckpoint implements Promise {
    /** By claim and engine. */
    private final Map<String, Long> whole = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Wrote wrote && wrote.fresh()) {
        Matcher claim = CLAIM.matcher(wrote.key());
        if (claim.matches()) {
          for (String engine : Node.engines()) {
            whole.put(wrote.key() + engine, furthest(world, claim.group(1), engine));
          }
        }
      } else if (step instanceof Begins begins
          && world.result(begins.order()).isEmpty()
          && world.epoch(begins.order()) == begins.epoch()) {
        String claim = Keys.claim(begins.order(), begins.epoch());
        long kept = whole.getOrDefault(claim + begins.engine(), 0L);
        require(
            begins.step() >= kept,
            begins.worker() + " goes on from step " + begins.step() + "; kept was " + kept);
        require(
            begins.step() == 0 || begins.by().equals(begins.engine()),
            begins.engine() + " goes on from what " + begins.by() + " kept");
        require(
            begins.step() <= furthest(world, begins.order(), begins.engine()),
            begins.worker() + " goes on from a checkpoint that is not whole");
      }
    }

    private static long furthest(World world, String id, String engine) {
      String under = Keys.CHECKPOINTS + id + "/" + engine + "/";
      return world
          .below(under)
          .filter(key -> key.endsWith(".json"))
          .filter(key -> Node.isJson(world.object(key).orElseThrow().content()))
          .filter(key -> world.object(key.replace(".json", ".data")).isPresent())
          .map(key -> key.substring(under.length(), key.lastIndexOf('-')))
          .mapToLong(Long::parseLong)
          .max()
          .orElse(0);
    }
  }

  /**
   * Progress is what a checkpoint's heir finds, or what its writer has reported as the next one
   * reads it: a sign of life that was sent twice may overwrite a later one long after.
   */
  static final class OnlyJobsThatGetNowhereAreGivenUp implements Promise {
    private final Map<String, Integer> deaths = new HashMap<>();
    private final Map<String, Long> best = new HashMap<>();

    /** By worker and sign of life: what it said was kept. */
    private final Map<String, Long> reported = new HashMap<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Sent sent
          && world.sent.get(sent.result().order()).size() == 1
          && sent.result().event().path("code").asText().equals("attempts-exhausted")) {
        int seen = deaths.getOrDefault(sent.result().order(), 0);
        require(
            seen >= Node.MAX_ATTEMPTS,
            sent.result().order() + " was given up after " + seen + " deaths without progress");
      } else if (step instanceof Begins begins && world.epoch(begins.order()) == begins.epoch()) {
        progress(begins.order(), begins.step());
      } else if (step instanceof Read read && read.key().endsWith(Keys.HEART)) {
        long kept = world.read(read.key(), Heart::of).map(Heart::kept).orElse(0L);
        reported.put(read.worker() + " " + read.key(), kept);
      } else if (step instanceof Wrote wrote && wrote.fresh()) {
        Matcher claim = CLAIM.matcher(wrote.key());
        if (claim.matches() && Long.parseLong(claim.group(2)) > 1) {
          followed(world, wrote.worker(), claim.group(1), Long.parseLong(claim.group(2)) - 1);
        }
      }
    }

    private void followed(World world, String taker, String id, long epoch) {
      String before = Keys.claim(id, epoch);
      // The one before may have reported after it was followed.
      String earlier = Keys.claim(id, epoch - 1);
      progress(id, reported.getOrDefault(taker + " " + earlier + Keys.HEART, 0L));
      progress(id, reported.getOrDefault(taker + " " + before + Keys.HEART, 0L));
      if (world.object(before + Keys.RELEASED).isEmpty()) {
        deaths.merge(id, 1, Integer::sum);
      }
    }

    private void progress(String id, long kept) {
      if (kept > best.getOrDefault(id, 0L)) {
        best.put(id, kept);
        deaths.put(id, 0);
      }
    }
  }

  static final class JobsThatGetNowhereEnd implements Promise {
    /** Of each attempt that kept nothing new; checkpoints come twice before the fatal step. */
    private static final int MOST = 3 * Node.MAX_ATTEMPTS;

    private final Map<String, Integer> begun = new HashMap<>();
    private final Set<String> over = new HashSet<>();

    @Override
    public void after(World world, Step step) {
      if (step instanceof Begins begins && !world.hostile) {
        if (world.asked.get(begins.order()).nature != Nature.SOUND && over.isEmpty()) {
          int times = begun.merge(begins.order(), 1, Integer::sum);
          require(times <= MOST, begins.order() + " has killed " + times + " workers");
        }
      } else if (step instanceof Ends) {
        for (String id : world.asked.keySet()) {
          require(!world.isPending(id), id + " still waits");
          require(world.sent.containsKey(id), id + " has no answer");
        }
      }
    }
  }
}
