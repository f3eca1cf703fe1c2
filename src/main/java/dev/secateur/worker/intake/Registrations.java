package dev.secateur.worker.intake;

import dev.secateur.ledger.Ledger;
import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.Work;
import io.smallrye.reactive.messaging.ChannelRegistry;
import io.smallrye.reactive.messaging.PausableChannel;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;

/**
 * The records that come in: a record is acknowledged when its order, or its refusal, is durable.
 * While the worker drains nothing is acknowledged and nothing refused.
 */
@ApplicationScoped
public final class Registrations {
  /** The connector's name of the topic of registrations. */
  public static final String CHANNEL = "registered";

  private static final Logger LOG = Logger.getLogger(Registrations.class);

  /** Records that are taken in at once: what takes time is waiting for the store. */
  private static final int AT_ONCE = 32;

  /** Records in hand: those that wait for their turn share the next look at their inputs. */
  private static final int IN_HAND = 100;

  /** Before a record is looked at again that met an error of this process. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final CountedDefects intake;
  private final Work work;
  private final ChannelRegistry channels;
  private final Slots slots = new Slots(IN_HAND);
  private final TakenIn takenIn = new TakenIn();
  private final ExecutorService takers =
      Executors.newFixedThreadPool(
          AT_ONCE,
          taking -> {
            Thread thread = new Thread(taking, "intake");
            thread.setDaemon(true);
            return thread;
          });

  @Inject
  Registrations(
      Intake intake, Ledger ledger, EventPublisher publisher, Work work, ChannelRegistry channels) {
    this.intake = new CountedDefects(intake::take, ledger.defects(), publisher, work::stopsWaiting);
    this.work = work;
    this.channels = channels;
  }

  /**
   * Lets records in, or lets in no more.
   *
   * @return whether that is new
   */
  public boolean let(boolean in) {
    PausableChannel channel = channels.getPausable(CHANNEL);
    if (channel == null || channel.isPaused() != in) {
      return false;
    }
    if (in) {
      channel.resume();
      LOG.info("records are let in");
    } else {
      channel.pause();
      LOG.info("no more records are let in");
    }
    return true;
  }

  /** Whether no record is being taken in. */
  public boolean isEmpty() {
    return slots.isEmpty();
  }

  /** The offset in each partition before which all records that came here are done with. */
  public Map<TopicPartition, Long> takenIn() {
    return takenIn.before();
  }

  /** Takes no more. */
  public void stop() {
    takers.shutdown();
  }

  /** Waits, once stopped, for those that are being taken in. */
  public void await(Duration most) throws InterruptedException {
    var unused = takers.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes a record; completes when there is room for the next.
   *
   * <p>A record is acknowledged out of order; the connector commits only up to the first that is
   * not.
   */
  @Incoming(CHANNEL)
  CompletionStage<Void> consume(Message<byte[]> message) {
    work.stir();
    CompletionStage<Void> room = slots.take();
    work.received();
    takenIn.begun(record(message));
    take(message);
    return room;
  }

  private void take(Message<byte[]> message) {
    if (work.isDraining()) {
      return;
    }
    long came = System.nanoTime();
    Runnable taking =
        () -> {
          Disposition disposition;
          try {
            disposition = intake.answer(record(message), came);
          } catch (RuntimeException | Error e) {
            // Such as a full heap: the record is looked at again.
            LOG.error("a record could not be taken in", e);
            disposition = new Disposition.Later(AGAIN);
          }
          if (disposition instanceof Disposition.Later later && !work.isDraining()) {
            after(later.pause()).execute(() -> take(message));
            return;
          }
          work.settled();
          slots.give();
          if (disposition instanceof Disposition.Done) {
            takenIn.done(record(message));
            acknowledge(message);
          }
        };
    try {
      takers.execute(taking);
    } catch (RejectedExecutionException e) {
      LOG.debug("a record came while the worker drains: it is another's");
    }
  }

  private static Executor after(Duration pause) {
    return CompletableFuture.delayedExecutor(
        pause.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
  }

  private static void acknowledge(Message<byte[]> message) {
    message
        .ack()
        .exceptionally(
            e -> {
              LOG.warnf("taken in, but not acknowledged: it will come again: %s", e.getMessage());
              return null;
            });
  }

  @SuppressWarnings("unchecked")
  private static ConsumerRecord<byte[], byte[]> record(Message<byte[]> message) {
    return message
        .getMetadata(IncomingKafkaRecordMetadata.class)
        .map(m -> (ConsumerRecord<byte[], byte[]>) m.getRecord())
        .orElseThrow(() -> new IllegalStateException("a message that did not come from Kafka"));
  }
}
