package dev.secateur.graph;

/** A network that cannot be: shapes that do not fit, a name that is missing or used twice. */
public final class GraphException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GraphException(String message) {
    super(message);
  }
}
