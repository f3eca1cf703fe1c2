package dev.secateur.store;

import java.time.Duration;

/** Hears of requests to a store. Called on the requesting thread; must return quickly. */
public interface StoreListener {
  /** Hears nothing. */
  StoreListener NONE = new StoreListener() {};

  /** The kinds of request. */
  enum Operation {
    GET,
    PUT,
    CREATE,
    STAT,
    LIST,
    DELETE
  }

  /** How a request ended. */
  enum Result {
    OK,
    /** The store answered no. */
    REFUSED,
    /** No answer that says anything about the object. */
    FAILED
  }

  default void requested(Operation operation, Result result, Duration took) {}

  default void read(long bytes) {}

  default void written(long bytes) {}
}
