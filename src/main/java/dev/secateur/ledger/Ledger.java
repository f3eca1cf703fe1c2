package dev.secateur.ledger;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/**
 * The books of one state, as one worker uses them. Orders come in through {@link #orders}, idle
 * workers get them with {@link #next}, run them under a {@link Tenure}, and end them with {@link
 * #settle} and, after the answer was sent, {@link #close}.
 */
public final class Ledger {
  private final LedgerStore store;
  private final Claims claims;
  private final Pending pending;
  private final Orders orders;
  private final Queue queue;
  private final Settlement settlement;
  private final Pauses pauses;
  private final Cancels cancels;
  private final Defects defects;
  private final Retention retention;
  private final Books books;
  private final Searches searches;
  private final Asks asks;

  /**
   * @param clock goes on steadily; may be wrong
   */
  public Ledger(LedgerStore store, InstantSource clock, Terms terms) {
    this(store, clock, terms, Asks.IN_TURN);
  }

  /**
   * @param asks what the store can be asked at once
   */
  public Ledger(LedgerStore store, InstantSource clock, Terms terms, Asks asks) {
    this(store, clock, terms, asks, new Expiry(), new Attempts(), new EngineTurn());
  }

  Ledger(
      LedgerStore store,
      InstantSource clock,
      Terms terms,
      Asks asks,
      Expiry expiry,
      Attempts attempts,
      EngineTurn turn) {
    FirstReadable<Order> order = new FirstReadable<>(store, Order::bytes, Order::of);
    FirstReadable<Result> result = new FirstReadable<>(store, Result::bytes, Result::of);
    this.store = store;
    this.asks = asks;
    this.claims = new Claims(store, clock, terms, expiry, attempts, turn);
    this.pending = new Pending(store, Keys.encoded(terms.worker()));
    this.pauses = new Pauses(store);
    this.cancels = new Cancels(store);
    this.defects = new Defects(store);
    this.orders = new Orders(order, result, pending);
    this.settlement = new Settlement(store, result, pending, cancels);
    this.books = new Books(store, order, result, claims, pauses, cancels);
    this.searches = new Searches(store);
    this.retention = new Retention(store, order, result, pending);
    this.queue =
        new Queue(
            store,
            clock,
            asks,
            order,
            result,
            claims,
            new EqualJobs(store, order, result, pending),
            pending,
            pauses,
            cancels);
  }

  public Orders orders() {
    return orders;
  }

  public Pauses pauses() {
    return pauses;
  }

  public Cancels cancels() {
    return cancels;
  }

  public Defects defects() {
    return defects;
  }

  public Searches searches() {
    return searches;
  }

  public Retention retention() {
    return retention;
  }

  /**
   * @param most how old a count may be
   */
  public Census census(Duration most) {
    return Census.of(store, claims, pending, pauses, most);
  }

  /** Whether an order is yet to be answered. */
  public boolean isPending(String order) {
    return orders.find(order).filter(pending::has).isPresent();
  }

  /**
   * Whether it is this process's turn to do what one of all workers is to do once in a while.
   *
   * @param what names it
   * @param when names the time: the same for all until the next turn
   */
  public boolean isTurn(String what, String when) {
    return store.create(Keys.TURNS + what + "-" + when, new byte[0]).isDone();
  }

  public Books books() {
    return books;
  }

  /** Claims the next order for an idle worker, if one is to be had. */
  public synchronized Optional<Tenure> next() {
    return queue.next();
  }

  /**
   * Looks for the order that {@link #next} will claim, beside what this worker still does. Who has
   * nothing to do looks again, whatever came of it.
   */
  public void lookAhead() {
    var unused =
        asks.ask(
            () -> {
              synchronized (this) {
                queue.lookAhead();
              }
              return true;
            });
  }

  /** Whether the last look for an order came upon a pause of everything. */
  public synchronized boolean isPaused() {
    return queue.isPaused();
  }

  /**
   * Claims an order that this process has just taken in, without a look at all the others; empty
   * where it is not to be had like that, which says nothing of it.
   */
  public synchronized Optional<Tenure> take(Order fresh) {
    return queue.take(fresh);
  }

  /** Claims one of these orders, if one of them is to be had. */
  public synchronized Optional<Tenure> nextOf(Set<String> orders) {
    return queue.nextOf(orders);
  }

  /** Claims an order that is to be ended and that nobody runs, if there is one. */
  public synchronized Optional<Tenure> nextCancelled() {
    return queue.nextCancelled();
  }

  /**
   * Makes a result durable.
   *
   * @return the result that stands, which is what is to be sent: another's, where it was first
   * @throws ClaimLostException if another worker has the order
   */
  public Result settle(Tenure tenure, Result mine) {
    tenure.ensureHeld();
    return settlement.settle(mine);
  }

  /**
   * Gives an order back that this worker cannot deal with, and does not take it again for a while:
   * the others may, and the other orders are not kept waiting.
   */
  public synchronized void leave(Tenure tenure, Duration pause) {
    tenure.giveBack();
    queue.leave(tenure, pause);
  }

  /** Removes what only an unsettled order needs, after its answer was sent. */
  public void close(Tenure tenure) {
    // A sign of life that came after its claim is gone would stay.
    tenure.fallSilent();
    settlement.close(tenure.order());
    // Last: a claim that this worker has forgotten while it stands is free to be taken here.
    tenure.close();
  }
}
