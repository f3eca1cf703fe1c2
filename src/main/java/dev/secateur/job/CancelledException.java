package dev.secateur.job;

/** The job was asked to stop and did, after its checkpoint was kept. */
public final class CancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CancelledException(Stage stage) {
    super("stopped in stage " + stage.label());
  }
}
