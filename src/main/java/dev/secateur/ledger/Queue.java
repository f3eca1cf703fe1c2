package dev.secateur.ledger;

import dev.secateur.ledger.Claims.Top;
import dev.secateur.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Finds an idle worker its next order: first what a dead or draining worker has left, then the best
 * of what nobody has begun. What it learned of orders that are not to be had it remembers for as
 * long as it can be true, so that a look costs requests for what changed. Used by one thread.
 */
final class Queue {
  private final LedgerStore store;
  private final InstantSource clock;
  private final Asks asks;
  private final FirstReadable<Order> orders;
  private final FirstReadable<Result> results;
  private final Claims claims;
  private final EqualJobs jobs;
  private final Pending pending;
  private final Pauses pauses;
  private final Cancels cancels;

  /** Orders that somebody holds, and until when that is no question. */
  private final Map<String, Known> held = new HashMap<>();

  /** Orders that wait for an equal one, by that one. */
  private final Map<String, String> followers = remembering();

  /** So many orders in a row that the store says nothing of: it is the store, not they. */
  private static final int TROUBLES = 3;

  /**
   * Whose the orders are that were looked at while something was paused: an order never changes.
   */
  private final Map<String, Owner> owners = remembering();

  private static final int REMEMBERED = 50_000;

  /** What was not asked for longest is forgotten: it can be learned again. */
  private static <V> Map<String, V> remembering() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > REMEMBERED;
      }
    };
  }

  /** Whether everything was paused when this worker last looked. */
  private boolean paused;

  /** When this worker last looked, and the highest claims that there were. */
  private Instant looked = Instant.MIN;

  private Map<String, Top> tops = new HashMap<>();

  /** Orders whose claims were not asked for yet. */
  private final Set<String> unasked = new HashSet<>();

  /** What was looked for before it was asked for. */
  private Optional<Found> ahead = Optional.empty();

  private Map<String, String> turnsAhead = Map.of();

  /** For so long it is the best: about as late an idle worker that polls learns of a better one. */
  private static final Duration RECENT = Duration.ofSeconds(2);

  /**
   * An order that is to be had.
   *
   * @param looked when that was so
   */
  private record Found(Order order, Claims.Free free, boolean cancelled, Instant looked) {}

  private record Owner(String model, String tenant) {}

  /** What a look at an order's highest claim said. */
  private record Known(Top top, Instant again) {}

  /** One look: the state of things when it began, and what it came across. */
  private static final class Look {
    final Instant began;
    final Map<String, Top> tops;
    final Pauses.Now paused;
    final Set<String> cancelled;
    final Set<String> seen = new HashSet<>();
    final List<StoreException> troubles = new ArrayList<>();

    Look(Instant began, Map<String, Top> tops, Pauses.Now paused, Set<String> cancelled) {
      this.began = began;
      this.tops = tops;
      this.paused = paused;
      this.cancelled = cancelled;
    }

    Top top(String order) {
      return tops.getOrDefault(order, Top.NONE);
    }
  }

  Queue(
      LedgerStore store,
      InstantSource clock,
      Asks asks,
      FirstReadable<Order> orders,
      FirstReadable<Result> results,
      Claims claims,
      EqualJobs jobs,
      Pending pending,
      Pauses pauses,
      Cancels cancels) {
    this.store = store;
    this.clock = clock;
    this.asks = asks;
    this.orders = orders;
    this.results = results;
    this.claims = claims;
    this.jobs = jobs;
    this.pending = pending;
    this.pauses = pauses;
    this.cancels = cancels;
  }

  /**
   * Claims the next order, if one is to be had.
   *
   * @throws StoreException if none was found, and some could not be looked at
   */
  Optional<Tenure> next() {
    Optional<Found> soon = ahead.filter(this::isRecent);
    ahead = Optional.empty();
    Optional<Tenure> claimed = soon.flatMap(this::claimUnpaused);
    if (claimed.isPresent()) {
      pending.setTurns(turnsAhead);
      return claimed;
    }
    return best(this::claim);
  }

  /**
   * Looks for what {@link #next} will claim if it is asked soon. Nothing is held by that: whoever
   * is idle meanwhile may have it.
   */
  void lookAhead() {
    // A tenant's turn is over when its order is claimed, not when it is found.
    Map<String, String> turns = pending.turns();
    try {
      ahead = best(Optional::of);
      turnsAhead = pending.turns();
    } finally {
      pending.setTurns(turns);
    }
  }

  private boolean isRecent(Found found) {
    return Duration.between(found.looked(), clock.instant()).compareTo(RECENT) < 0;
  }

  /** A pause holds from the moment at which it was asked for, not from the next look. */
  private Optional<Tenure> claimUnpaused(Found found) {
    Supplier<Pauses.Now> pausing = asks.ask(pauses::now);
    Order order = found.order();
    return claim(
        found, () -> !found.cancelled() && pausing.get().stops(order.model(), order.tenant()));
  }

  private Optional<Tenure> claim(Found found) {
    return claim(found, () -> false);
  }

  /**
   * The best order of all.
   *
   * @param then what becomes of it; empty: the next one is looked for
   */
  private <T> Optional<T> best(Function<Found, Optional<T>> then) {
    Supplier<List<String>> priorities = asks.ask(pending::priorities);
    Look look = look();
    paused = look.paused.stopsAll();
    held.keySet().retainAll(look.tops.keySet());
    putOff(look);
    looked = look.began;
    tops = new HashMap<>(look.tops);
    Optional<T> found =
        first(look, look.tops.keySet(), then)
            .or(() -> waiting(look, priorities.get(), then))
            .or(() -> unasked(look, then));
    return answer(look, found);
  }

  /**
   * A claim that was made since the last look cannot have run out yet, unless its holder's terms
   * are shorter than this worker's. So it is asked for when there is nothing else to do, or when it
   * can have run out.
   */
  private void putOff(Look look) {
    unasked.retainAll(look.tops.keySet());
    Instant earliest = claims.earliestEnd(looked);
    look.tops.forEach(
        (order, top) -> {
          if (!top.released() && !top.equals(tops.get(order))) {
            held.put(order, new Known(top, earliest));
            unasked.add(order);
          }
        });
  }

  private <T> Optional<T> unasked(Look look, Function<Found, Optional<T>> then) {
    Set<String> last = new TreeSet<>(unasked);
    held.keySet().removeAll(last);
    look.seen.removeAll(last);
    return first(look, last, then);
  }

  private Look look() {
    Supplier<Pauses.Now> pausing = asks.ask(pauses::now);
    Supplier<Set<String>> cancelling = asks.ask(cancels::requested);
    return new Look(clock.instant(), claims.all(), pausing.get(), cancelling.get());
  }

  boolean isPaused() {
    return paused;
  }

  private <T> Optional<T> waiting(
      Look look, List<String> priorities, Function<Found, Optional<T>> then) {
    return look.paused.stopsAll()
        ? Optional.empty()
        : pending.first(priorities, look.paused::stopsTenant, order -> offered(look, order, then));
  }

  /**
   * Claims an order that nobody can have had yet, if it is to be had.
   *
   * @throws StoreException if that cannot be known
   */
  Optional<Tenure> take(Order fresh) {
    Supplier<Pauses.Now> pausing = asks.ask(pauses::now);
    if (cancels.isRequested(fresh.id()) || pausing.get().stops(fresh.model(), fresh.tenant())) {
      return Optional.empty();
    }
    Claims.Free first = (Claims.Free) claims.look(fresh.id(), Top.NONE);
    return claim(new Found(fresh, first, false, clock.instant()));
  }

  /** After it was given back: as long as nobody else has had it, it is not to be had. */
  void leave(Tenure tenure, Duration pause) {
    held.put(
        tenure.order().id(), new Known(new Top(tenure.epoch(), true), clock.instant().plus(pause)));
  }

  /** Claims an order that is to be ended, if one is to be had; likewise. */
  Optional<Tenure> nextCancelled() {
    Set<String> cancelled = cancels.requested();
    if (cancelled.isEmpty()) {
      return Optional.empty();
    }
    Look look = new Look(clock.instant(), claims.all(), new Pauses.Now(Set.of()), cancelled);
    return answer(look, first(look, cancelled, this::claim));
  }

  /** Claims one of these orders, if one of them is to be had; likewise. */
  Optional<Tenure> nextOf(Set<String> orders) {
    Look look = look();
    return answer(look, first(look, orders, this::claim));
  }

  private <T> Optional<T> first(Look look, Set<String> orders, Function<Found, Optional<T>> then) {
    return orders.stream().flatMap(order -> offered(look, order, then).stream()).findFirst();
  }

  private static <T> Optional<T> answer(Look look, Optional<T> found) {
    if (found.isEmpty() && !look.troubles.isEmpty()) {
      throw look.troubles.get(0);
    }
    return found;
  }

  /** One order that cannot be read keeps nobody from the next. */
  private <T> Optional<T> offered(Look look, String order, Function<Found, Optional<T>> then) {
    if (!look.seen.add(order) || isHeld(look, order)) {
      return Optional.empty();
    }
    String leader = followers.get(order);
    if (leader != null && isHeld(look, leader)) {
      return Optional.empty();
    }
    followers.remove(order);
    try {
      return consider(look, order, then);
    } catch (UnreadableException e) {
      return Optional.empty();
    } catch (StoreException e) {
      look.troubles.add(e);
      if (look.troubles.size() == TROUBLES) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private boolean isHeld(Look look, String order) {
    Known known = held.get(order);
    return known != null
        && known.top().equals(look.top(order))
        && clock.instant().isBefore(known.again());
  }

  private <T> Optional<T> consider(Look look, String id, Function<Found, Optional<T>> then) {
    boolean cancelled = look.cancelled.contains(id);
    Owner known = owners.get(id);
    if (!cancelled && known != null && look.paused.stops(known.model(), known.tenant())) {
      return Optional.empty();
    }
    unasked.remove(id);
    Top top = look.top(id);
    // Before the question: a process that is paused here must not look later for it.
    Instant asked = clock.instant();
    Claims.Look state = claims.look(id, top);
    if (state instanceof Claims.Taken taken) {
      held.put(id, new Known(top, asked.plus(taken.again())));
      return Optional.empty();
    }
    Optional<Order> found = orders.find(Keys.order(id));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Order order = found.get();
    if (!cancelled && look.paused.stops(order.model(), order.tenant())) {
      owners.put(id, new Owner(order.model(), order.tenant()));
      return Optional.empty();
    }
    if (!cancelled && jobs.look(order) instanceof EqualJobs.Follows follows) {
      followers.put(id, follows.leader());
      return offered(look, follows.leader(), then);
    }
    return then.apply(new Found(order, (Claims.Free) state, cancelled, look.began));
  }

  /**
   * @param stopped whether it is paused by now
   */
  private Optional<Tenure> claim(Found found, BooleanSupplier stopped) {
    String id = found.order().id();
    // One that this worker may have made without being told is no other's: it is asked for.
    tops.put(id, new Top(found.free().epoch(), false));
    try {
      Optional<Tenure> tenure =
          claims.take(id, found.free()).flatMap(claim -> begin(claim, found, stopped));
      tops.remove(id);
      return tenure;
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  /** From here on an order is held, and must not be forgotten if the store falls silent. */
  private Optional<Tenure> begin(Claim claim, Found found, BooleanSupplier stopped) {
    Order order = found.order();
    boolean kept = false;
    try {
      Optional<Result> result = settled(claim);
      if (result.isPresent() && !pending.has(order)) {
        // Answered and closed since it was looked at: no claim may remain, the own one last.
        for (String name : Pages.names(store, Keys.claims(order.id()))) {
          store.delete(Keys.claims(order.id()) + name);
        }
        return Optional.empty();
      }
      if (result.isEmpty() && stopped.getAsBoolean()) {
        tenure(claim, found, result).giveBack();
        return Optional.empty();
      }
      if (result.isEmpty() && !found.cancelled()) {
        EqualJobs.Place place = jobs.appoint(order);
        if (place instanceof EqualJobs.Follows follows) {
          followers.put(order.id(), follows.leader());
          tenure(claim, found, result).giveBack();
          return Optional.empty();
        }
        if (place instanceof EqualJobs.Answered answered) {
          Result shared = answered.result().answering(order.id());
          result = Optional.of(results.stand(Keys.result(order.id()), shared).document());
        }
      }
      Optional<Tenure> held = Optional.of(tenure(claim, found, result));
      kept = true;
      return held;
    } finally {
      if (!kept) {
        // This worker follows its own claim at once, being the one that knows of it.
        claims.forget(claim);
      }
    }
  }

  /**
   * One whose result a newer version wrote is left to that version, for as long as a claim holds.
   */
  private Optional<Result> settled(Claim claim) {
    try {
      return results.find(Keys.result(claim.order()));
    } catch (UnreadableException e) {
      Top mine = new Top(claim.epoch(), false);
      held.put(claim.order(), new Known(mine, clock.instant().plus(claim.lease())));
      throw e;
    }
  }

  private Tenure tenure(Claim claim, Found found, Optional<Result> result) {
    boolean takenOver = found.free().takenOver();
    int attempts = takenOver ? claims.attempts(claim) : claim.attempts();
    return new Tenure(
        store, clock, claims, claim, attempts, found.order(), result, found.cancelled(), takenOver);
  }
}
