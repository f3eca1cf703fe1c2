package dev.secateur.job;

import java.util.Set;

/**
 * One part of the chain. Every step's {@link #check} has passed before the first one's {@link #run}
 * begins, so that nothing is trained that cannot be written, converted or quantized as asked.
 */
interface Step {
  /** The name under which it is timed and reported. */
  Stage stage();

  /** What must have been made before it runs. */
  Set<Product<?>> needs();

  Set<Product<?>> makes();

  /**
   * Finds what would keep it from its work, with the network as it came in. It may lower, write and
   * run the network on a few samples; it trains nothing and reads no set in full.
   *
   * @throws RuntimeException as {@link #run} would
   */
  default void check(Rehearsal rehearsal) {}

  /** Whether it still has something to do: nothing is made of an original that is not sound. */
  default boolean wanted(Products products) {
    return products.find(Product.ORIGINAL).flatMap(Original::complaint).isEmpty();
  }

  void run(Products products);
}
