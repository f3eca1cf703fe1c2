package dev.secateur.worker.run;

import dev.secateur.job.Budget;
import dev.secateur.job.Chain;
import dev.secateur.job.Job;
import dev.secateur.job.JobCheckpoints;
import dev.secateur.job.JobListener;
import dev.secateur.job.ReportWriter;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.result.JobResult;
import dev.secateur.store.DownloadCache;
import dev.secateur.store.Sizes;
import dev.secateur.worker.Answers;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.Fitness;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Limits;
import dev.secateur.worker.Metrics;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Replies;
import dev.secateur.worker.Retry;
import dev.secateur.worker.Storage;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkDirectory;
import dev.secateur.worker.WorkerConfiguration;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Begins the runs of a worker's jobs, and holds what all of them use. */
@Singleton
final class JobRuns {
  final Storage storage;
  final Ledger ledger;
  final DownloadCache cache;
  final Fitness fitness;
  final JobMeters meters;
  final Work work;
  final Retry retry;
  final Limits limits;

  /** Of a worker's running jobs: each has one of its own below. */
  final Path directory;

  final String worker;

  final int maxAttempts;

  /** Of an attempt. */
  final Duration time;

  private final EventPublisher publisher;
  private final Doorbell doorbell;
  private final Tracer tracer;
  private final StoredProducts products;

  /** Of a job: its part of what the process has. */
  private final long memoryShare;

  private final long heapShare;
  private final int threads;

  /** From one checkpoint of a training to the next. */
  private final Duration checkpointInterval;

  @Inject
  JobRuns(
      Storage storage,
      Ledger ledger,
      Fitness fitness,
      JobMeters meters,
      Work work,
      Retry retry,
      Limits limits,
      WorkDirectory directory,
      Answers answers,
      EventPublisher publisher,
      Doorbell doorbell,
      Tracer tracer,
      WorkerConfiguration configuration) {
    this.storage = storage;
    this.ledger = ledger;
    this.fitness = fitness;
    this.meters = meters;
    this.work = work;
    this.retry = retry;
    this.limits = limits;
    this.directory = directory.path();
    this.worker = answers.worker();
    this.publisher = publisher;
    this.doorbell = doorbell;
    this.tracer = tracer;
    this.cache =
        new DownloadCache(
            storage.store(),
            Path.of(configuration.cache().directory()),
            Sizes.bytes("secateur.cache.size", configuration.cache().size()));
    ProcessMemory memory =
        new ProcessMemory(
            configuration
                .memory()
                .limit()
                .map(l -> OptionalLong.of(Sizes.bytes("secateur.memory.limit", l)))
                .orElse(OptionalLong.empty()));
    this.products =
        new StoredProducts(storage.store(), storage.state().resolve("products/"), this.directory);
    WorkerConfiguration.Jobs jobs = configuration.jobs();
    this.threads =
        jobs.threads()
            .orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / jobs.concurrency()));
    this.heapShare = Runtime.getRuntime().maxMemory() / jobs.concurrency();
    this.memoryShare = memory.beyondHeap() / jobs.concurrency();
    this.maxAttempts = jobs.maxAttempts();
    this.time = jobs.deadline();
    this.checkpointInterval = jobs.checkpointInterval();
    meters.watchBytes(Metrics.CACHE_BYTES, cache::bytes);
    meters.watchBytes(Metrics.MEMORY_RESIDENT, memory::resident);
    meters.watchBytes(Metrics.MEMORY_NATIVE, memory::beyondJvm);
    meters.watchBytes(Metrics.MEMORY_LIMIT, memory::limit);
  }

  /**
   * What one attempt may take.
   *
   * @param own directory for its temporary files
   */
  Budget budget(Path own) {
    return Budget.of(
        memoryShare, own, limits.temporary(), heapShare, limits.pixels(), threads, time);
  }

  /**
   * @param help runs one of these orders, if one is to be had: a search's trials
   */
  JobRun of(Running running, OrderedJob ordered, Predicate<Set<String>> help, Context trace) {
    return new JobRun(this, running, ordered, help, trace);
  }

  ProgressReporter progress(Running running, OrderedJob ordered, Replies replies, Context trace) {
    long epoch = running.tenure().epoch();
    return new ProgressReporter(
        meters,
        work,
        running.pulse(),
        tracer,
        trace,
        ordered.plan().fineTuning().batchSize(),
        replies.base(epoch, running.tenure().attempts()),
        data -> publisher.progressed(replies.model(), replies.progressed(epoch, data)));
  }

  /**
   * @param refused as {@link StoredCheckpoints} has it
   */
  StoredCheckpoints checkpoints(
      Running running, int refused, Path own, StoredCheckpoints.Listener listener) {
    return new StoredCheckpoints(
        storage.store(),
        storage.state(),
        running.tenure(),
        refused,
        running.pulse(),
        own,
        checkpointInterval,
        listener);
  }

  /** Empty where the order is none. */
  Optional<LedgerSearch> search(
      Order order, OrderedJob ordered, Predicate<Set<String>> help, ProgressReporter progress) {
    return ordered
        .plan()
        .search()
        .map(s -> new LedgerSearch(ledger, doorbell, work, order, ordered, help, progress));
  }

  JobResult chain(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      JobListener listener,
      BooleanSupplier cancelled) {
    return Chain.run(job, reports, checkpoints, products, listener, cancelled);
  }
}
