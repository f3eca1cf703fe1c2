package dev.secateur.worker;

import dev.secateur.store.StoreException;
import dev.secateur.store.Waits;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;

/**
 * What a worker tries again, and until when: what must be done is asked for until store and broker
 * have answered, whatever they say meanwhile, and at least once; a drain, an interrupt and whoever
 * wants the work ended end the waiting at once. How often a job may fail is another matter, and the
 * run's.
 */
@Singleton
public final class Retry {
  /** So soon it is noticed that there is nothing more to wait for. */
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Work work;
  private final Duration first;
  private final Duration longest;

  @Inject
  Retry(Work work, WorkerConfiguration configuration) {
    this(work, configuration.jobs().retryDelay(), configuration.jobs().retryMaxDelay());
  }

  /**
   * @param first wait, as {@link Waits} has it
   */
  public Retry(Work work, Duration first, Duration longest) {
    this.work = work;
    this.first = first;
    this.longest = longest;
  }

  /** What may have to be asked for several times. */
  @FunctionalInterface
  public interface Request<T, X extends Exception> {
    T ask() throws X;
  }

  /** A fault that may pass, beside those of the store and the broker. */
  public abstract static class PassingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    protected PassingException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Asks until there is an answer.
   *
   * @param meanwhile told of each fault
   * @return empty if the worker drained first
   */
  public <T, X extends Exception> Optional<T> insist(
      Request<T, X> request, Consumer<RuntimeException> meanwhile) throws X {
    return insist(request, meanwhile, () -> false);
  }

  /**
   * Asks until there is an answer.
   *
   * @param stop whether there is nothing more to wait for
   * @return empty if that was so, or the worker drained, first
   */
  public <T, X extends Exception> Optional<T> insist(
      Request<T, X> request, Consumer<RuntimeException> meanwhile, BooleanSupplier stop) throws X {
    Pauses pauses = pauses(stop);
    do {
      try {
        return Optional.of(request.ask());
      } catch (StoreException | KafkaException | PassingException e) {
        meanwhile.accept(e);
      }
    } while (pauses.pause());
    return Optional.empty();
  }

  /** For who does the trying, and more between two tries. */
  public Pauses pauses(BooleanSupplier stop) {
    return new Pauses(new Waits(first, longest), stop);
  }

  /** The pauses between tries of one thing, on one thread. */
  public final class Pauses {
    private final Waits waits;
    private final BooleanSupplier stop;

    private Pauses(Waits waits, BooleanSupplier stop) {
      this.waits = waits;
      this.stop = stop;
    }

    /**
     * Waits.
     *
     * @return false if it is not to be tried again
     */
    public boolean pause() {
      long end = System.nanoTime() + waits.next().toNanos();
      while (!stop.getAsBoolean()) {
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (left.isNegative() || left.isZero()) {
          return true;
        }
        if (work.awaitDrain(left.compareTo(LOOK) < 0 ? left : LOOK)) {
          return false;
        }
      }
      return false;
    }
  }
}
