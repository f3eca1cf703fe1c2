package dev.secateur.ledger;

/** Another worker has the order, or it was settled: whoever runs it stops and writes no more. */
public final class ClaimLostException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ClaimLostException(String order, long epoch) {
    super("order " + order.substring(0, 12) + ": claim " + epoch + " is lost");
  }
}
