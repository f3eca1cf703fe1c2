package dev.secateur.worker;

import dev.secateur.ledger.Ledger;
import dev.secateur.store.DownloadCache;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import io.opentelemetry.api.trace.Tracer;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What every order of a worker is worked at with.
 *
 * @param state where the ledger lies
 * @param output where artifacts go when the event does not say
 * @param workDirectory for the files of running jobs
 * @param checkpointInterval time from one checkpoint of a training to the next
 * @param retryDelay first wait before an attempt is repeated; doubles up to {@code retryMaxDelay}
 */
record Shop(
    ObjectStore store,
    ObjectUri state,
    ObjectUri output,
    Ledger ledger,
    DownloadCache cache,
    Path workDirectory,
    Disk disk,
    Fitness fitness,
    EventPublisher publisher,
    Answers answers,
    Doorbell doorbell,
    ChainRunner chain,
    JobMeters meters,
    Work work,
    Tracer tracer,
    ProcessMemory memory,
    Limits limits,
    String workerId,
    int threads,
    int maxAttempts,
    Duration deadline,
    Duration checkpointInterval,
    Duration retryDelay,
    Duration retryMaxDelay) {
  /** Whether the store is there at all; one object or one request may fail all the same. */
  boolean storeAnswers() {
    try {
      store.ping(state.bucket());
      return true;
    } catch (StoreException e) {
      return false;
    }
  }

  /**
   * Whether what the store refused may be granted later. A refusal counts as the object's, unless
   * the store refuses this worker everything: keys that are being changed are no job's fault.
   */
  boolean mayPass(StoreException e) {
    return e.passing() || e.kind() == StoreException.Kind.FORBIDDEN && !storeAnswers();
  }

  BackOff backOff() {
    return new BackOff(work, retryDelay, retryMaxDelay);
  }
}
