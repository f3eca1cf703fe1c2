package dev.secateur.ledger;

/** Something that must hold after every step of every history; the class is named after it. */
interface Promise {
  void after(World world, Step step);

  /** A promise that was broken. */
  final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1;

    Broken(Promise promise, String how) {
      super(promise.getClass().getSimpleName() + ": " + how);
    }
  }

  default void require(boolean holds, String how) {
    if (!holds) {
      throw new Broken(this, how);
    }
  }
}
