package dev.secateur.ledger;

import java.time.InstantSource;

/** A ledger in which one rule was taken out; this one has all. */
class Mutant {
  static final Mutant NONE = new Mutant();

  LedgerStore store(LedgerStore store, InstantSource clock) {
    return store;
  }

  Expiry expiry() {
    return new Expiry();
  }

  Attempts attempts() {
    return new Attempts();
  }

  EngineTurn turn() {
    return new EngineTurn();
  }

  Node node(World world, String name, String engine, java.time.Duration offset) {
    return new Node(world, name, engine, offset, this);
  }
}
