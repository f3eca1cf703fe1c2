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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Finds an idle worker its next order: first what a dead or draining worker has left, then the best
 * of what nobody has begun. What it learned of orders that are not to be had it remembers for as
 * long as it can be true, so that a look costs requests for what changed. Used by one thread.
 */
final class Queue {
  private final LedgerStore store;
  private final InstantSource clock;
  private final Executor asks;
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

  private record Owner(String model, String tenant) {}

  /** What a look at an order's highest claim said. */
  private record Known(Top top, Instant again) {}

  /** One look: the state of things when it began, and what it came across. */
  private static final class Look {
    final Map<String, Top> tops;
    final Pauses.Now paused;
    final Set<String> cancelled;
    final Set<String> seen = new HashSet<>();
    final List<StoreException> troubles = new ArrayList<>();

    Look(Map<String, Top> tops, Pauses.Now paused, Set<String> cancelled) {
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
      Executor asks,
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
    Supplier<List<String>> priorities = asked(pending::priorities);
    Look look = look();
    paused = look.paused.stopsAll();
    held.keySet().retainAll(look.tops.keySet());
    Optional<Tenure> left = first(look, look.tops.keySet());
    return answer(look, left.or(() -> waiting(look, priorities.get())));
  }

  private Look look() {
    Supplier<Pauses.Now> pausing = asked(pauses::now);
    Supplier<Set<String>> cancelling = asked(cancels::requested);
    return new Look(claims.all(), pausing.get(), cancelling.get());
  }

  /** Asks beside what is asked next, which does not depend on the answer. */
  private <T> Supplier<T> asked(Supplier<T> question) {
    CompletableFuture<T> answer = CompletableFuture.supplyAsync(question, asks);
    return () -> {
      try {
        return answer.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) e.getCause();
      }
    };
  }

  boolean isPaused() {
    return paused;
  }

  private Optional<Tenure> waiting(Look look, List<String> priorities) {
    return look.paused.stopsAll()
        ? Optional.empty()
        : pending.first(priorities, look.paused::stopsTenant, order -> offered(look, order));
  }

  /**
   * Claims an order that nobody can have had yet, if it is to be had.
   *
   * @throws StoreException if that cannot be known
   */
  Optional<Tenure> take(Order fresh) {
    if (pauses.now().stops(fresh.model(), fresh.tenant()) || cancels.isRequested(fresh.id())) {
      return Optional.empty();
    }
    Claims.Look first = claims.look(fresh.id(), Top.NONE);
    try {
      return claims
          .take(fresh.id(), (Claims.Free) first)
          .flatMap(claim -> begin(claim, fresh, false, false));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
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
    Look look = new Look(claims.all(), new Pauses.Now(Set.of()), cancelled);
    return answer(look, first(look, cancelled));
  }

  /** Claims one of these orders, if one of them is to be had; likewise. */
  Optional<Tenure> nextOf(Set<String> orders) {
    Look look = look();
    return answer(look, first(look, orders));
  }

  private Optional<Tenure> first(Look look, Set<String> orders) {
    return orders.stream().flatMap(order -> offered(look, order).stream()).findFirst();
  }

  private static Optional<Tenure> answer(Look look, Optional<Tenure> found) {
    if (found.isEmpty() && !look.troubles.isEmpty()) {
      throw look.troubles.get(0);
    }
    return found;
  }

  /** One order that cannot be read keeps nobody from the next. */
  private Optional<Tenure> offered(Look look, String order) {
    if (!look.seen.add(order) || isHeld(look, order)) {
      return Optional.empty();
    }
    String leader = followers.get(order);
    if (leader != null && isHeld(look, leader)) {
      return Optional.empty();
    }
    followers.remove(order);
    try {
      return consider(look, order);
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

  private Optional<Tenure> consider(Look look, String id) {
    boolean cancelled = look.cancelled.contains(id);
    Owner known = owners.get(id);
    if (!cancelled && known != null && look.paused.stops(known.model(), known.tenant())) {
      return Optional.empty();
    }
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
      return offered(look, follows.leader());
    }
    Claims.Free free = (Claims.Free) state;
    Optional<Claim> claim = claims.take(id, free);
    if (claim.isEmpty()) {
      return Optional.empty();
    }
    return begin(claim.get(), order, cancelled, free.takenOver());
  }

  /** From here on an order is held, and must not be forgotten if the store falls silent. */
  private Optional<Tenure> begin(Claim claim, Order order, boolean cancelled, boolean takenOver) {
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
      if (result.isEmpty() && !cancelled) {
        EqualJobs.Place place = jobs.appoint(order);
        if (place instanceof EqualJobs.Follows follows) {
          followers.put(order.id(), follows.leader());
          tenure(claim, order, result, false, takenOver).giveBack();
          return Optional.empty();
        }
        if (place instanceof EqualJobs.Answered answered) {
          Result shared = answered.result().answering(order.id());
          result = Optional.of(results.stand(Keys.result(order.id()), shared).document());
        }
      }
      Optional<Tenure> held = Optional.of(tenure(claim, order, result, cancelled, takenOver));
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

  private Tenure tenure(
      Claim claim, Order order, Optional<Result> result, boolean cancelled, boolean takenOver) {
    int attempts = takenOver ? claims.attempts(claim) : claim.attempts();
    return new Tenure(store, clock, claims, claim, attempts, order, result, cancelled, takenOver);
  }
}
