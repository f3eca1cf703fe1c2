package dev.secateur.worker;

import java.util.Map;

/**
 * The names of the worker's meters and of their tags, as Micrometer spells them; {@code
 * docs/metrics.md} says what each one counts. No tag ever holds a model's name or a job's id: their
 * number has no bound.
 */
public final class Metrics {
  /** Counter: jobs that ended, by {@link #OUTCOME}. */
  public static final String JOBS = "secateur.jobs";

  /** Long-task timer: jobs that run now. */
  public static final String JOBS_RUNNING = "secateur.jobs.running";

  /** Gauge: orders that wait for a worker, all in all; the same on every worker. */
  public static final String ORDERS_PENDING = "secateur.orders.pending";

  /** Gauge: orders that are being run, all in all; the same on every worker. */
  public static final String ORDERS_RUNNING = "secateur.orders.running";

  /** Gauge: pauses in force, by {@link #SCOPE}; the same on every worker. */
  public static final String PAUSES = "secateur.pauses";

  /** Gauge: 1 while this worker itself is not sound and takes no orders. */
  public static final String UNFIT = "secateur.unfit";

  /** Gauge: records received and not yet taken in. */
  public static final String JOBS_QUEUED = "secateur.jobs.queued";

  /** Gauge: records of the input topic that the whole group has not acknowledged. */
  public static final String QUEUE_LAG = "secateur.queue.lag";

  /** Timer: a job from its claim to its durable result, by {@link #OUTCOME}. */
  public static final String JOB_DURATION = "secateur.job.duration";

  /** Gauge: the running job's progress, 0 to 1; 0 without one. */
  public static final String JOB_PROGRESS = "secateur.job.progress";

  /** Gauge: seconds since the running job last moved; 0 without one. */
  public static final String JOB_PROGRESS_AGE = "secateur.job.progress.age";

  /** Timer: one stage, by {@link #STAGE}. */
  public static final String STAGE_DURATION = "secateur.stage.duration";

  /** Gauge: 1 for the stage that runs now, by {@link #STAGE}. */
  public static final String STAGE_RUNNING = "secateur.stage.running";

  /** Timer: from the event's time to the job's start. */
  public static final String QUEUE_WAIT = "secateur.queue.wait";

  /** Counter: training steps done. */
  public static final String TRAINING_STEPS = "secateur.training.steps";

  /** Counter: training images seen. */
  public static final String TRAINING_IMAGES = "secateur.training.images";

  /** Gauge: the epoch that is trained now, from 1; 0 without training. */
  public static final String TRAINING_EPOCH = "secateur.training.epoch";

  /** Gauge: the sparsity reached so far, 0 to 1. */
  public static final String TRAINING_SPARSITY = "secateur.training.sparsity";

  /** Counter: bytes of objects, by {@link #DIRECTION}. */
  public static final String STORE_BYTES = "secateur.store.bytes";

  /** Timer: requests to the object store, by {@link #OPERATION}. */
  public static final String STORE_REQUESTS = "secateur.store.requests";

  /** Distribution: original bytes over those of the variant that decides, both zipped. */
  public static final String COMPRESSION_RATIO = "secateur.compression.ratio";

  /**
   * Distribution: how far the top-1 of the variant that decides is from the original's, by {@link
   * #DIRECTION}.
   */
  public static final String ACCURACY_CHANGE = "secateur.accuracy.change";

  /** Counter: what happened to claims, by {@link #EVENT}: taken, taken-over, lost. */
  public static final String CLAIMS = "secateur.claims";

  /** Counter: checkpoints, by {@link #EVENT}: written, restored. */
  public static final String CHECKPOINTS = "secateur.checkpoints";

  /** Counter: attempts at a job that were repeated, by {@link #REASON}. */
  public static final String RETRIES = "secateur.retries";

  /** Counter: records copied to the dead-letter topic, by {@link #REASON}. */
  public static final String DEAD_LETTERS = "secateur.dead.letters";

  /** Counter: events sent, by {@link #TYPE}: progressed, completed, failed. */
  public static final String EVENTS_SENT = "secateur.events.sent";

  /** Counter: records answered from a result that existed already. */
  public static final String DUPLICATES = "secateur.duplicates";

  /** Counter: records whose type is none of the worker's, in a topic that others share. */
  public static final String PASSED_BY = "secateur.passed.by";

  /** Counter: dataset requests of the local cache, by {@link #RESULT}: hit, miss. */
  public static final String CACHE = "secateur.cache.requests";

  /** Gauge: bytes in the local dataset cache. */
  public static final String CACHE_BYTES = "secateur.cache.size";

  /** Gauge: resident memory of the process, in bytes. */
  public static final String MEMORY_RESIDENT = "secateur.memory.resident";

  /** Gauge: resident memory outside the JVM's heap and metaspace, in bytes: TensorFlow's. */
  public static final String MEMORY_NATIVE = "secateur.memory.native";

  /** Gauge: what the container allows, in bytes. */
  public static final String MEMORY_LIMIT = "secateur.memory.limit";

  /** Gauge: 1 while draining. */
  public static final String DRAINING = "secateur.draining";

  public static final String OUTCOME = "outcome";
  public static final String REASON = "reason";
  public static final String STAGE = "stage";
  public static final String DIRECTION = "direction";
  public static final String OPERATION = "operation";
  public static final String RESULT = "result";
  public static final String EVENT = "event";
  public static final String TYPE = "type";
  public static final String SCOPE = "scope";

  /** What a meter says, in one sentence, as a scrape shows it. */
  public static final Map<String, String> HELP =
      Map.ofEntries(
          Map.entry(JOBS, "Jobs that ended."),
          Map.entry(JOBS_RUNNING, "Jobs that run now."),
          Map.entry(
              ORDERS_PENDING,
              "Orders that wait for a worker, all in all; the same on every worker."),
          Map.entry(
              ORDERS_RUNNING, "Orders that are being run, all in all; the same on every worker."),
          Map.entry(PAUSES, "Pauses in force; the same on every worker."),
          Map.entry(UNFIT, "1 while this worker itself is not sound and takes no orders."),
          Map.entry(JOBS_QUEUED, "Records received and not yet taken in."),
          Map.entry(
              QUEUE_LAG, "Records of the input topic that the whole group has not acknowledged."),
          Map.entry(JOB_DURATION, "A job from its claim to its durable result."),
          Map.entry(JOB_PROGRESS, "The running job's progress, 0 to 1; 0 without one."),
          Map.entry(JOB_PROGRESS_AGE, "Seconds since the running job last moved; 0 without one."),
          Map.entry(STAGE_DURATION, "One stage."),
          Map.entry(STAGE_RUNNING, "1 for the stage that runs now."),
          Map.entry(QUEUE_WAIT, "From the event's time to the job's start."),
          Map.entry(TRAINING_STEPS, "Training steps done."),
          Map.entry(TRAINING_IMAGES, "Training images seen."),
          Map.entry(TRAINING_EPOCH, "The epoch that is trained now, from 1; 0 without training."),
          Map.entry(TRAINING_SPARSITY, "The sparsity reached so far, 0 to 1."),
          Map.entry(STORE_BYTES, "Bytes of objects."),
          Map.entry(STORE_REQUESTS, "Requests to the object store."),
          Map.entry(
              COMPRESSION_RATIO,
              "Original bytes over those of the variant that decides, both zipped."),
          Map.entry(
              ACCURACY_CHANGE,
              "How far the top-1 of the variant that decides is from the original's."),
          Map.entry(CLAIMS, "What happened to claims."),
          Map.entry(CHECKPOINTS, "Checkpoints."),
          Map.entry(RETRIES, "Attempts at a job that were repeated."),
          Map.entry(DEAD_LETTERS, "Records copied to the dead-letter topic."),
          Map.entry(EVENTS_SENT, "Events sent."),
          Map.entry(DUPLICATES, "Records answered from a result that existed already."),
          Map.entry(
              PASSED_BY,
              "Records whose type is none of the worker's, in a topic that others share."),
          Map.entry(CACHE, "Dataset requests of the local cache."),
          Map.entry(CACHE_BYTES, "Bytes in the local dataset cache."),
          Map.entry(MEMORY_RESIDENT, "Resident memory of the process, in bytes."),
          Map.entry(
              MEMORY_NATIVE,
              "Resident memory outside the JVM's heap and metaspace, in bytes: TensorFlow's."),
          Map.entry(MEMORY_LIMIT, "What the container allows, in bytes."),
          Map.entry(DRAINING, "1 while draining."));

  private Metrics() {}
}
