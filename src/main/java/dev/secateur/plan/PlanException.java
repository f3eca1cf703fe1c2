package dev.secateur.plan;

/** A plan that cannot be; the message starts with the path of the wrong field. */
public final class PlanException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String path;

  public PlanException(String path, String problem) {
    super(path + ": " + problem);
    this.path = path;
  }

  /** JSON pointer of the wrong field, such as {@code /plan/pruning/finalSparsity}. */
  public String path() {
    return path;
  }
}
