package dev.secateur.worker.intake;

import dev.secateur.store.StoreException;
import dev.secateur.worker.Failure;
import dev.secateur.worker.Retry;

/** An input is not to be had, which may be the store's trouble and may be the object's. */
final class UnavailableInputException extends Retry.PassingException {
  private static final long serialVersionUID = 1;
  private final String code;

  UnavailableInputException(StoreException cause) {
    super(cause.getMessage(), cause);
    this.code = cause.kind().code();
  }

  Failure failure() {
    return new Failure(code, getMessage(), true);
  }
}
