package dev.secateur.store;

/** A request that a store, or its limits here, did not grant; the message names the object. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Kind {
    NOT_FOUND("object-not-found"),
    /** Outside of the allowed buckets, or refused by the store's own policy. */
    FORBIDDEN("access-denied"),
    TOO_LARGE("object-too-large"),
    WRONG_DIGEST("wrong-digest"),
    /** Another object stands where the one that was looked at stood. */
    CHANGED("object-changed"),
    /** The bucket is full. */
    FULL("store-full"),
    /** The disk of this process is full, or may not be written. */
    LOCAL("output-unwritable"),
    /** No answer, or one that says "later". */
    UNAVAILABLE("store-unavailable");

    private final String code;

    Kind(String code) {
      this.code = code;
    }

    /** As it stands in events and metrics. */
    public String code() {
      return code;
    }
  }

  private final Kind kind;

  public StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** Whether the same request may succeed later. */
  public boolean passing() {
    return kind == Kind.UNAVAILABLE || kind == Kind.FULL || kind == Kind.LOCAL;
  }
}
