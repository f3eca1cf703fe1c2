package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventJson;
import dev.secateur.job.CancelledException;
import dev.secateur.job.Job;
import dev.secateur.job.JobException;
import dev.secateur.job.MemoryEstimate;
import dev.secateur.plan.Plan;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * One job under one claim: attempts until there is a result, a reason why there is none, or a
 * reason to leave it to another worker. Used by one thread.
 */
final class JobRun {
  private static final Logger LOG = Logger.getLogger(JobRun.class);

  private static final String INPUTS = "inputs";

  /** A megabyte, for messages. */
  private static final long MEGABYTE = 1 << 20;

  private final Shop shop;
  private final Claim claim;
  private final StoredInputs inputs;
  private final Plan plan;
  private final Replies replies;
  private final ObjectUri output;
  private final String name;
  private final Path directory;
  private final ProgressReporter progress;
  private final Instant started = Instant.now();
  private final StoredCheckpoints checkpoints;

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

    /** The worker drains; the job was given back. */
    record Drained() implements End {}

    /** An input is another than the one that the job's key names. */
    record Stale(String message) implements End {}
  }

  JobRun(
      Shop shop,
      Claim claim,
      StoredInputs inputs,
      Plan plan,
      Replies replies,
      ObjectUri output,
      String name,
      Context trace) {
    this.shop = shop;
    this.claim = claim;
    this.inputs = inputs;
    this.plan = plan;
    this.replies = replies;
    this.output = output;
    this.name = name;
    this.directory = shop.workDirectory().resolve(claim.key().abbreviated() + "-" + claim.epoch());
    this.progress =
        new ProgressReporter(
            shop.meters(),
            shop.work(),
            shop.tracer(),
            trace,
            plan.fineTuning().batchSize(),
            replies.base(claim.epoch(), claim.attempts()),
            data -> shop.publisher().progressed(name, replies.progressed(claim.epoch(), data)));
    this.checkpoints =
        new StoredCheckpoints(
            shop.store(), shop.state(), claim, directory, shop.checkpointInterval(), progress);
  }

  StoredCheckpoints checkpoints() {
    return checkpoints;
  }

  /** Runs attempts until one decides. */
  End run() {
    try {
      BackOff backOff = shop.backOff();
      while (true) {
        if (claim.attempts() > shop.maxAttempts()) {
          return failed(
              new Failure(
                  Failure.ATTEMPTS,
                  "the worker died in each of " + shop.maxAttempts() + " attempts at this job",
                  true));
        }
        try {
          return attempt();
        } catch (Passing e) {
          LOG.warnf("attempt %d failed: %s", claim.attempts(), e.failure.message());
          shop.meters().retried(e.failure.code());
          // While the whole store is away, no job is to blame for it.
          boolean counts = !e.ofTheStore || !claim.isUnconfirmed() && shop.storeAnswers();
          if (counts && claim.attempts() >= shop.maxAttempts()) {
            return failed(e.failure);
          }
          if (!mayGoOn(backOff, counts)) {
            return drained();
          }
        }
      }
    } catch (ClaimLostException e) {
      LOG.warn(e.getMessage());
      return new End.Lost();
    } finally {
      progress.end();
      delete(directory);
    }
  }

  /** Trouble that may pass, with what it will be called if it does not. */
  private static final class Passing extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Failure failure;
    private final boolean ofTheStore;

    Passing(String code, String message, Throwable cause) {
      super(cause);
      this.failure = new Failure(code, message, true);
      this.ofTheStore = cause instanceof StoreException e && e.kind() != StoreException.Kind.LOCAL;
    }
  }

  /**
   * Waits until the store answers, and has an attempt that counts counted where all workers see it.
   *
   * @return false if the worker drains
   */
  private boolean mayGoOn(BackOff backOff, boolean counts) {
    while (backOff.pause()) {
      try {
        if (counts) {
          claim.nextAttempt();
        } else {
          claim.renew();
        }
        return true;
      } catch (StoreException e) {
        LOG.warnf("the store is still away: %s", e.getMessage());
      }
    }
    return false;
  }

  private End attempt() throws Passing {
    long deadline = System.nanoTime() + shop.deadline().toNanos();
    try {
      return work(
          () -> shop.work().isDraining() || claim.isLost() || System.nanoTime() - deadline > 0);
    } catch (CancelledException | CancellationException e) {
      return cancelled(deadline);
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

  private End ungranted(StoreException e) throws Passing {
    if (shop.mayPass(e)) {
      throw new Passing(e.kind().code(), message(e), e);
    }
    return e.kind() == StoreException.Kind.CHANGED
        ? new End.Stale(e.getMessage())
        : failed(new Failure(e.kind().code(), message(e), false));
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
    for (Map.Entry<StoredInputs.Role, StoredInputs.Input> source : inputs.sources().entrySet()) {
      ObjectUri uri = source.getValue().object().uri();
      Path local = FetchedInputs.place(directory.resolve(INPUTS), source.getKey(), uri);
      message = message.replace(local.toString(), uri.toString());
    }
    return message.replace(directory + "/", "");
  }

  private End cancelled(long deadline) {
    if (claim.isLost()) {
      return new End.Lost();
    }
    if (shop.work().isDraining()) {
      return drained();
    }
    LOG.debugf("cancelled %d s past the deadline", (System.nanoTime() - deadline) / 1_000_000_000);
    return failed(
        new Failure(
            Failure.DEADLINE, "did not end within " + shop.deadline().toSeconds() + " s", false));
  }

  private End drained() {
    try {
      claim.release();
    } catch (StoreException e) {
      LOG.warnf("not given back, it will expire: %s", e.getMessage());
    }
    return new End.Drained();
  }

  private End work(BooleanSupplier cancelled) {
    progress.begin(ProgressReporter.FETCH);
    createDirectory();
    try {
      FetchedInputs fetched =
          FetchedInputs.fetch(
              inputs,
              shop.cache(),
              shop.limits(),
              directory.resolve(INPUTS),
              shop.meters(),
              cancelled);
      Optional<Failure> tooLarge = tooLarge(fetched);
      progress.end();
      if (tooLarge.isPresent()) {
        return failed(tooLarge.get());
      }
      if (ran.isEmpty()) {
        ran = Optional.of(chain(fetched, cancelled));
      }
      JobResult result = ran.get();
      progress.begin(ProgressReporter.PUSH);
      ObjectUri target =
          output.resolve(name + "/" + replies.version() + "/" + claim.key().abbreviated());
      Map<String, Replies.Artifact> artifacts =
          new Artifacts(shop.store(), target, claim).push(result.directory());
      progress.end();
      return new End.Completed(
          replies.completed(
              claim, result, fetched, variants(result.directory()), artifacts, started),
          result);
    } finally {
      delete(directory.resolve(INPUTS));
    }
  }

  private JobResult chain(FetchedInputs fetched, BooleanSupplier cancelled) {
    Job job =
        new Job(
            name,
            fetched.model(),
            fetched.train(),
            fetched.evaluation(),
            fetched.representative(),
            plan,
            directory.resolve("output"),
            shop.threads());
    return shop.chain().run(job, checkpoints, progress, cancelled);
  }

  private Optional<Failure> tooLarge(FetchedInputs fetched) {
    long need = MemoryEstimate.of(fetched.model().file(), fetched.train().file(), plan);
    long limit = shop.memory().limit();
    if (need <= limit) {
      return Optional.empty();
    }
    return Optional.of(
        new Failure(
            Failure.MEMORY,
            "needs about "
                + need / MEGABYTE
                + " MB; the worker has "
                + limit / MEGABYTE
                + " MB: a smaller batch size or a larger worker",
            false));
  }

  private End.Failed failed(Failure failure) {
    LOG.warnf("failed: %s: %s", failure.code(), failure.message());
    return new End.Failed(
        replies.failed(claim.epoch(), claim.attempts(), failure, Optional.of(plan)), failure);
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

  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.warnf("%s: left behind: %s", directory, e.getMessage());
    }
  }
}
