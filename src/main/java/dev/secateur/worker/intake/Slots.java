package dev.secateur.worker.intake;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Room for a number of records at once. */
final class Slots {
  private final int slots;

  /** Guarded by this, as is {@link #next}. */
  private int taken;

  private CompletableFuture<Void> next = CompletableFuture.completedFuture(null);

  Slots(int slots) {
    this.slots = slots;
  }

  /** Takes a slot; the stage completes when there is another. */
  synchronized CompletionStage<Void> take() {
    taken++;
    next = new CompletableFuture<>();
    if (taken < slots) {
      next.complete(null);
    }
    return next;
  }

  synchronized boolean isEmpty() {
    return taken == 0;
  }

  synchronized void give() {
    taken--;
    next.complete(null);
  }
}
