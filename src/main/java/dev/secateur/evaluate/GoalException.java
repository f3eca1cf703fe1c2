package dev.secateur.evaluate;

/** A task that an output cannot have, or targets that are not the task's. */
public final class GoalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param output its name
   * @param problem to follow the name
   */
  public GoalException(String output, String problem, String remedy) {
    super("output " + output + " " + problem + " (" + remedy + ")");
  }
}
