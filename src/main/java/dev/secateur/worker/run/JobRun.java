package dev.secateur.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventJson;
import dev.secateur.job.CancelledException;
import dev.secateur.job.Job;
import dev.secateur.job.JobException;
import dev.secateur.job.MemoryEstimate;
import dev.secateur.ledger.ClaimLostException;
import dev.secateur.ledger.Tenure;
import dev.secateur.report.Reports;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.search.Choice;
import dev.secateur.search.Trial;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.worker.Failure;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Replies;
import dev.secateur.worker.Retry;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.TrialOf;
import dev.secateur.worker.WorkDirectory;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * One order's job under one claim: attempts until there is a result, a reason why there is none, or
 * a reason to leave it to another worker. Used by one thread.
 */
final class JobRun {
  private static final Logger LOG = Logger.getLogger(JobRun.class);

  private static final String INPUTS = "inputs";
  private static final String SPOOL = "spool";

  /** After a search has given way, how long others have to be taken before it. */
  private static final Duration GIVEN_WAY = Duration.ofSeconds(1);

  /** Digits of an order in a file's name. */
  private static final int SHOWN = 12;

  /** A megabyte, for messages. */
  private static final long MEGABYTE = 1 << 20;

  private final JobRuns with;
  private final Running running;
  private final Tenure tenure;
  private final OrderedJob ordered;
  private final Replies replies;
  private final Path directory;
  private final ProgressReporter progress;
  private final Instant started = Instant.now();
  private final StoredCheckpoints checkpoints;
  private final Optional<LedgerSearch> search;

  /** By the nanosecond clock; empty while there is none. */
  private Optional<Long> deadline = Optional.empty();

  /** What the search has tried, once it has ended. */
  private Optional<List<Trial>> tried = Optional.empty();

  /** What is made of that. */
  private Optional<Choice> choice = Optional.empty();

  /** Why what the search has chosen last cannot be made: what was refused before is answered. */
  private Optional<String> unmade = Optional.empty();

  /** Of processor time that the chain has taken, in all attempts here, one a thread. */
  private Duration computed = Duration.ZERO;

  /** What the chain came to, kept so that a failed upload does not repeat the training. */
  private Optional<JobResult> ran = Optional.empty();

  /**
   * How a run ended: with a result to be settled, or without one.
   *
   * @param failure empty for a completed job
   */
  sealed interface End {
    record Completed(CloudEvent event, JobResult result) implements End {}

    record Failed(CloudEvent event, Failure failure) implements End {}

    /** Another worker has it. */
    record Lost() implements End {}

    /** The worker stops, or could not begin; the job was given back. */
    record Drained() implements End {}

    /** The worker is to blame: another is to have the job, and no attempt is counted. */
    record Unfit(String trouble) implements End {}
  }

  /**
   * @param help runs one of these orders, if one is to be had: a search's trials
   */
  JobRun(
      JobRuns with,
      Running running,
      OrderedJob ordered,
      Predicate<Set<String>> help,
      Context trace) {
    this.with = with;
    this.running = running;
    this.tenure = running.tenure();
    this.ordered = ordered;
    String order = tenure.order().id();
    this.replies =
        Replies.to(order, ordered.asked(), ordered.key(), with.worker).of(ordered.trial());
    this.directory = with.directory.resolve(order.substring(0, SHOWN) + "-" + tenure.epoch());
    this.progress = with.progress(running, ordered, replies, trace);
    this.checkpoints = checkpoints(0);
    this.search = with.search(tenure.order(), ordered, help, progress);
  }

  /** Runs attempts until one decides. */
  End run() {
    try {
      if (tenure.isCancelled()) {
        return cancelledOnDemand();
      }
      Retry.Pauses pauses = with.retry.pauses(running::isCancelled);
      if (tenure.epoch() > 1) {
        int refused = search.map(s -> s.refused().size()).orElse(0);
        long searched =
            refused > 0 ? Pulse.chosen(refused) : search.map(LedgerSearch::furthest).orElse(0L);
        running.pulse().kept(searched);
        tenure.found(Math.max(checkpoints(refused).furthest(), searched));
      }
      End end = tenure.attempts() > with.maxAttempts ? failed(died()) : attempts(pauses);
      return end instanceof End.Failed failed && isRefusedToBeAnswered()
          ? attempts(pauses, failed)
          : end;
    } catch (StoreException e) {
      LOG.warnf("the store went away before the job began: %s", e.getMessage());
      return givenBack();
    } catch (ClaimLostException e) {
      LOG.warn(e.getMessage());
      return new End.Lost();
    } finally {
      progress.end();
      WorkDirectory.delete(directory);
    }
  }

  private Failure died() {
    return new Failure(
        Failure.ATTEMPTS,
        "the worker died in each of " + with.maxAttempts + " attempts at this job",
        true);
  }

  private End attempts(Retry.Pauses pauses) {
    long kept = running.pulse().kept();
    while (true) {
      try {
        return attempt();
      } catch (Passing e) {
        LOG.warnf("attempt %d failed: %s", tenure.attempts(), e.failure.message());
        with.meters.retried(e.failure.code());
        Optional<String> unfit = e.ofTheDisk ? diskWithoutThisJob() : Optional.empty();
        if (unfit.isPresent()) {
          return unfit(unfit.get());
        }
        // While the whole store is away, no job is to blame for it; nor is one that got on.
        boolean gotOn = running.pulse().kept() > kept;
        kept = running.pulse().kept();
        boolean counts =
            !gotOn && (!e.ofTheStore || !tenure.isUnconfirmed() && with.storage.answers());
        if (counts && tenure.attempts() >= with.maxAttempts) {
          return failed(e.failure);
        }
        if (!mayGoOn(pauses, counts)) {
          return running.isCancelled() ? cancelledOnDemand() : givenBack();
        }
      }
    }
  }

  /**
   * A search that has made something is answered with that where what was to follow cannot be made;
   * whoever dies of it has one attempt more.
   */
  private boolean isRefusedToBeAnswered() {
    return !running.isCancelled()
        && tenure.attempts() <= with.maxAttempts + 1
        && search.filter(s -> !s.refused().isEmpty()).isPresent();
  }

  private End attempts(Retry.Pauses pauses, End.Failed failed) {
    unmade = Optional.of(failed.failure().message());
    ran = Optional.empty();
    return attempts(pauses);
  }

  /** A disk that this job alone has filled is the job's trouble. */
  private Optional<String> diskWithoutThisJob() {
    WorkDirectory.delete(directory);
    ran = Optional.empty();
    return with.fitness.diskTrouble();
  }

  /** Trouble that may pass, with what it will be called if it does not. */
  private static final class Passing extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Failure failure;
    private final boolean ofTheStore;
    private final boolean ofTheDisk;

    Passing(String code, String message, Throwable cause) {
      super(cause);
      this.failure = new Failure(code, message, true);
      this.ofTheDisk = code.equals(StoreException.Kind.LOCAL.code());
      this.ofTheStore = cause instanceof StoreException && !ofTheDisk;
    }
  }

  /**
   * Waits until the store answers, and has an attempt that counts counted where all workers see it.
   *
   * @return false if the worker drains, or the job is to end
   */
  private boolean mayGoOn(Retry.Pauses pauses, boolean counts) {
    while (pauses.pause()) {
      try {
        if (counts) {
          tenure.nextAttempt();
        } else {
          tenure.ensureHeld();
        }
        return true;
      } catch (StoreException e) {
        LOG.warnf("the store is still away: %s", e.getMessage());
      }
    }
    return false;
  }

  private End attempt() throws Passing {
    try {
      // A search has as much time as its trials have, each of which has a deadline of its own.
      deadline = Optional.empty();
      Optional<End> ended = search.isPresent() ? searched() : Optional.empty();
      if (ended.isPresent()) {
        return ended.get();
      }
      deadline = Optional.of(System.nanoTime() + with.time.toNanos());
      return work(this::isToStop);
    } catch (LedgerSearch.GivesWay e) {
      with.ledger.leave(tenure, GIVEN_WAY);
      return new End.Drained();
    } catch (CancelledException | CancellationException e) {
      return cancelled();
    } catch (StoreException e) {
      return ungranted(e);
    } catch (JobException e) {
      return failedInChain(e);
    } catch (ClaimLostException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      throw new Passing(JobMeters.code(FailureReason.OUT_OF_MEMORY), message(e), e);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      LOG.error("defect in the chain", e);
      throw new Passing(JobMeters.code(FailureReason.INTERNAL), message(e), e);
    }
  }

  /** Asked often: who asks moves. */
  private boolean isToStop() {
    running.moved();
    return with.work.isDraining()
        || running.isCancelled()
        || tenure.isLost()
        || deadline.filter(end -> System.nanoTime() - end > 0).isPresent();
  }

  private End ungranted(StoreException e) throws Passing {
    if (with.storage.mayPass(e)) {
      throw new Passing(e.kind().code(), message(e), e);
    }
    return failed(new Failure(e.kind().code(), message(e), false));
  }

  /** The chain wraps what its checkpoints throw. */
  private End failedInChain(JobException e) throws Passing {
    if (e.getCause() instanceof ClaimLostException lost) {
      throw lost;
    }
    if (e.getCause() instanceof StoreException trouble) {
      return ungranted(trouble);
    }
    String code = JobMeters.code(e.reason());
    if (!e.reason().permanent()) {
      if (e.reason() == FailureReason.INTERNAL) {
        LOG.error("defect in the chain", e);
      }
      throw new Passing(code, message(e), e);
    }
    return failed(new Failure(code, message(e), false));
  }

  /** An event's readers know objects, not the files that this worker made of them. */
  private String message(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    for (Map.Entry<StoredInputs.Role, StoredInputs.Input> source :
        ordered.inputs().sources().entrySet()) {
      ObjectUri uri = source.getValue().object().uri();
      Path local = FetchedInputs.place(directory.resolve(INPUTS), source.getKey(), uri);
      String address = uri.toString();
      message =
          message
              .replace(local + "/", uri.resolve("").toString())
              .replace(local.toString(), address);
    }
    return message.replace(directory + "/", "");
  }

  private End cancelled() {
    if (tenure.isLost()) {
      return new End.Lost();
    }
    if (running.isCancelled()) {
      return cancelledOnDemand();
    }
    if (with.work.isDraining()) {
      return givenBack();
    }
    return failed(
        new Failure(Failure.DEADLINE, "did not end within " + with.time.toSeconds() + " s", false));
  }

  private End cancelledOnDemand() {
    return failed(new Failure(Failure.CANCELLED, "was cancelled on demand", false));
  }

  private End givenBack() {
    giveBack();
    return new End.Drained();
  }

  private End unfit(String trouble) {
    giveBack();
    return new End.Unfit(trouble);
  }

  private void giveBack() {
    try {
      tenure.giveBack();
    } catch (StoreException e) {
      LOG.warnf("not given back, it will expire: %s", e.getMessage());
    }
  }

  /** Empty where the best is to be made. */
  private Optional<End> searched() {
    if (tried.isEmpty()) {
      tried = Optional.of(search.get().run(this::isToStop));
    }
    progress.making(search.get().refused().size() + (unmade.isPresent() ? 1 : 0));
    return search.get().failure().map(this::failed);
  }

  private End work(BooleanSupplier cancelled) {
    progress.begin(JobMeters.FETCH);
    createDirectory();
    try {
      FetchedInputs fetched =
          FetchedInputs.fetch(
              ordered.inputs(),
              with.cache,
              with.limits,
              directory.resolve(INPUTS),
              with.meters,
              cancelled);
      Job job = job(fetched);
      Optional<Failure> tooLarge = tooLarge(job, cancelled);
      progress.end();
      if (tooLarge.isPresent()) {
        return failed(tooLarge.get());
      }
      if (ran.isEmpty()) {
        ran = Optional.of(timed(job, cancelled));
      }
      if (ordered.trial().isPresent()) {
        return trial(ordered.trial().get(), ran.get(), job.hasEvaluation());
      }
      JobResult result = ran.get();
      progress.begin(JobMeters.PUSH);
      with.ledger.lookAhead();
      Map<String, Replies.Artifact> artifacts =
          new Artifacts(with.storage.store(), target(), tenure).push(result.directory());
      progress.end();
      return new End.Completed(
          replies.completed(
              tenure.epoch(),
              tenure.attempts(),
              result,
              fetched.modelSha256(),
              fetched.datasets(),
              variants(result.directory()),
              artifacts,
              started),
          result);
    } finally {
      WorkDirectory.delete(directory.resolve(INPUTS));
    }
  }

  private JobResult timed(Job job, BooleanSupplier cancelled) {
    long start = System.nanoTime();
    try {
      return chain(job, cancelled);
    } finally {
      computed = computed.plusNanos((System.nanoTime() - start) * job.threads());
    }
  }

  private JobResult chain(Job job, BooleanSupplier cancelled) {
    if (tried.isEmpty()) {
      return with.chain(job, Reports::write, checkpoints, progress, cancelled);
    }
    Choice next =
        choice.orElseGet(
            () ->
                new Choice(ordered.plan(), tried.get(), job.hasEvaluation())
                    .after(search.get().refused()));
    return unmade.flatMap(next::instead).orElse(next).made(chosen -> chain(job, chosen, cancelled));
  }

  /** Each choice is a job of its own, with its own time and its own checkpoints. */
  private JobResult chain(Job job, Choice chosen, BooleanSupplier cancelled) {
    int refused = chosen.refused().size();
    choice = Optional.of(chosen);
    if (refused > 0) {
      search.get().refused(chosen);
      running.pulse().kept(Pulse.chosen(refused));
    }
    progress.making(made(chosen));
    deadline = Optional.of(System.nanoTime() + with.time.toNanos());
    return with.chain(
        job.with(chosen.plan()),
        (found, directory) -> Reports.write(chosen.of(found), directory),
        checkpoints(refused),
        progress,
        cancelled);
  }

  private StoredCheckpoints checkpoints(int refused) {
    return with.checkpoints(running, refused, directory, progress);
  }

  /** How many of a search's choices came before. */
  private static int made(Choice chosen) {
    return chosen.refused().size() + (chosen.unmade().isPresent() ? 2 : 0);
  }

  private End trial(TrialOf trial, JobResult result, boolean judgedAgain) {
    Trial tried =
        Trial.of(
            trial.number(),
            trial.round(),
            trial.point(),
            result,
            judgedAgain,
            computed.toMillis() / 1e3);
    return new End.Completed(
        replies.trial(
            tenure.epoch(), tenure.attempts(), result.outcome(), LedgerSearch.json(tried)),
        result);
  }

  private ObjectUri target() {
    OrderedJob.Asked asked = ordered.asked();
    return ordered
        .output()
        .resolve(asked.model() + "/" + asked.version() + "/" + ordered.key().abbreviated());
  }

  private Job job(FetchedInputs fetched) {
    return new Job(
        replies.model(),
        fetched.model(),
        fetched.architecture(),
        fetched.train(),
        fetched.evaluation(),
        fetched.representative(),
        ordered.plan(),
        directory.resolve("output"),
        with.budget(directory.resolve(SPOOL)));
  }

  private Optional<Failure> tooLarge(Job job, BooleanSupplier cancelled) {
    long need = MemoryEstimate.of(job, cancelled);
    long limit = job.budget().memory();
    if (need <= limit) {
      return Optional.empty();
    }
    return Optional.of(
        new Failure(
            Failure.MEMORY,
            "needs about "
                + need / MEGABYTE
                + " MB beside the heap; a job has "
                + limit / MEGABYTE
                + " MB: a smaller batch size or a larger worker",
            false));
  }

  private End.Failed failed(Failure failure) {
    search.ifPresent(LedgerSearch::cancel);
    LOG.warnf("failed: %s: %s", failure.code(), failure.message());
    CloudEvent event =
        replies.failed(tenure.epoch(), tenure.attempts(), failure, Optional.of(ordered.plan()));
    if (ordered.trial().isPresent()) {
      // As a trial's other results it is for its search alone.
      event.data().put(LedgerSearch.SECONDS, computed.toMillis() / 1e3);
    }
    return new End.Failed(event, failure);
  }

  /** As the report has them; the confusion matrix stays there. */
  private static JsonNode variants(Path directory) {
    try {
      JsonNode report = EventJson.parse(Files.readAllBytes(directory.resolve("report.json")));
      ArrayNode variants = ((ObjectNode) report).withArray("variants");
      variants.forEach(variant -> ((ObjectNode) variant).remove("confusion"));
      return variants;
    } catch (IOException e) {
      throw new UncheckedIOException(directory + ": report.json cannot be read", e);
    }
  }

  private void createDirectory() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new StoreException(StoreException.Kind.LOCAL, directory + ": cannot be created", e);
    }
  }
}
