package dev.secateur.event;

/** A record that is no event of ours, however often it is read. */
public final class MalformedEventException extends Exception {
  private static final long serialVersionUID = 1;

  /** What is wrong with the record. */
  public enum Reason {
    /** No value at all. */
    TOMBSTONE("tombstone"),
    /** More bytes than are looked at. */
    TOO_LARGE("too-large"),
    /** Not JSON, or JSON that is nested or repeated beyond sense. */
    BROKEN_JSON("broken-json"),
    /** A content type other than JSON. */
    CONTENT_TYPE("content-type"),
    /** Not CloudEvents 1.0. */
    SPEC_VERSION("spec-version"),
    /** A required CloudEvents attribute is missing or malformed. */
    ATTRIBUTE("attribute"),
    /** A type that this worker does not answer. */
    UNKNOWN_TYPE("unknown-type"),
    /** Data that its JSON Schema refuses. */
    INVALID_DATA("invalid-data");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** As it stands in headers and metrics. */
    public String code() {
      return code;
    }
  }

  private final Reason reason;

  public MalformedEventException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
