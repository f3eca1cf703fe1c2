package dev.secateur.worker.intake;

import dev.secateur.ledger.Defects;
import dev.secateur.store.StoreException;
import dev.secateur.worker.EventPublisher;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;

/**
 * No record keeps a worker from the others: one that meets a defect is looked at three times in
 * all, by whichever workers, and then put aside with the cause.
 */
final class CountedDefects {
  /** Of a dead letter, as {@code docs/operations.md} lists it. */
  static final String REASON = "defect";

  private static final Logger LOG = Logger.getLogger(CountedDefects.class);
  private static final int MOST = 3;
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** What is done with a record; {@code came} is when it did, by the nanosecond clock. */
  interface Taking {
    Disposition take(ConsumerRecord<byte[], byte[]> record, long came);
  }

  private final Taking taking;
  private final Defects defects;
  private final EventPublisher publisher;
  private final BooleanSupplier stop;

  /**
   * @param taking may throw what it likes
   * @param stop whether the worker drains
   */
  CountedDefects(Taking taking, Defects defects, EventPublisher publisher, BooleanSupplier stop) {
    this.taking = taking;
    this.defects = defects;
    this.publisher = publisher;
    this.stop = stop;
  }

  Disposition answer(ConsumerRecord<byte[], byte[]> record, long came) {
    try {
      return taking.take(record, came);
    } catch (RuntimeException | StackOverflowError e) {
      String position = record.topic() + "-" + record.partition() + "-" + record.offset();
      LOG.errorf(e, "%s met a defect", position);
      // What goes wrong while everything is being closed is nobody's.
      return stop.getAsBoolean() ? Disposition.LEFT : counted(record, position, e);
    }
  }

  private Disposition counted(
      ConsumerRecord<byte[], byte[]> record, String position, Throwable defect) {
    try {
      if (defects.count(position, MOST) < MOST) {
        return new Disposition.Later(PAUSE);
      }
    } catch (StoreException e) {
      LOG.warnf("%s: not counted: %s", position, e.getMessage());
      return new Disposition.Later(PAUSE);
    }
    if (!publisher.deadLetter(record, REASON, defect.toString(), Optional.empty(), stop)) {
      return Disposition.LEFT;
    }
    forget(position);
    return Disposition.DONE;
  }

  private void forget(String position) {
    try {
      defects.forget(position, MOST);
    } catch (StoreException e) {
      LOG.warnf("%s: put aside, and its count left behind: %s", position, e.getMessage());
    }
  }
}
