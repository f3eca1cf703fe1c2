package dev.secateur.store;

/** What became of a write that was to happen only where nothing was. */
public enum Created {
  /** Something is there; after a lost answer it may be what this very request wrote. */
  NO,
  /** This request wrote it. What the store holds is known when it is read. */
  YES,
  /** This request wrote it, and by the store's own word it holds these very bytes. */
  INTACT;

  public boolean isDone() {
    return this != NO;
  }
}
