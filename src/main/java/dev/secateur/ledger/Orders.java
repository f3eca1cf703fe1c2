package dev.secateur.ledger;

import dev.secateur.ledger.FirstReadable.Standing;
import java.util.Optional;

/**
 * Takes orders in: a record may be acknowledged when its order is durable and pending, or settled.
 * The order that stands first is the one that counts, however often its event comes.
 */
public final class Orders {
  private final FirstReadable<Order> orders;
  private final FirstReadable<Result> results;
  private final Pending pending;

  Orders(FirstReadable<Order> orders, FirstReadable<Result> results, Pending pending) {
    this.orders = orders;
    this.results = results;
    this.pending = pending;
  }

  /**
   * What stands after an order was taken in.
   *
   * @param order the one that counts
   * @param isNew whether it is known that it was not there before
   * @param result where it was settled before
   */
  public record Registration(Order order, boolean isNew, Optional<Result> result) {}

  public Registration register(Order order) {
    Standing<Order> standing = orders.stand(Keys.order(order.id()), order);
    // Of a new one there may be a refusal from before, which whoever claims it finds.
    Optional<Result> result =
        standing.isNew() ? Optional.empty() : results.find(Keys.result(order.id()));
    if (result.isEmpty()) {
      pending.add(standing.document());
    }
    return new Registration(standing.document(), standing.isNew(), result);
  }

  /**
   * Answers an event that cannot become an order. Its record may be acknowledged when the answer
   * that this returns was sent.
   */
  public Result refuse(Result refusal) {
    return results.stand(Keys.result(refusal.order()), refusal).document();
  }

  public Optional<Order> find(String order) {
    return orders.find(Keys.order(order));
  }

  public Optional<Result> result(String order) {
    return results.find(Keys.result(order));
  }
}
