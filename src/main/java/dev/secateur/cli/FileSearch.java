package dev.secateur.cli;

import dev.secateur.job.CancelledException;
import dev.secateur.job.Chain;
import dev.secateur.job.DirectoryCheckpoints;
import dev.secateur.job.DirectoryProducts;
import dev.secateur.job.Job;
import dev.secateur.job.JobDigest;
import dev.secateur.job.JobException;
import dev.secateur.job.JobListener;
import dev.secateur.job.ProductStore;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.PlanException;
import dev.secateur.plan.Search;
import dev.secateur.report.Reports;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.search.Choice;
import dev.secateur.search.Front;
import dev.secateur.search.Point;
import dev.secateur.search.Round;
import dev.secateur.search.Strategy;
import dev.secateur.search.Trial;
import dev.secateur.search.TrialsJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A search over a directory: the rounds that {@link Strategy} decides on, run here, and at the end
 * the best as a whole job. What has been tried is kept until then, so that a search that was
 * interrupted goes on where it stopped.
 */
final class FileSearch {
  /** Inside the output: what is left of it when the search has ended is the result alone. */
  private static final String STATE = ".search";

  private static final String TRIALS = "trials.json";
  private static final String BEGUN = "begun";
  private static final String CHECKPOINTS = ".checkpoints";

  private final Job job;
  private final Search search;
  private final int heldOut;
  private final int parallel;
  private final ProductStore products;
  private final SearchProgress progress;
  private final BooleanSupplier cancelled;
  private final Path state;
  private final String key;
  private final List<Trial> trials = new ArrayList<>();

  /** What was made last. */
  private Optional<Choice> chosen = Optional.empty();

  /** The first trial that could not run: where none could, it says why. */
  private Optional<RuntimeException> failure = Optional.empty();

  /**
   * @param job whose plan has a search
   * @param resume whether trials that lie in the output count
   * @param products where trials leave what others need as well; where nobody keeps any, the search
   *     does
   */
  FileSearch(
      Job job,
      boolean resume,
      int parallel,
      ProductStore products,
      SearchProgress progress,
      BooleanSupplier cancelled) {
    this.job = job;
    this.search = job.plan().search().orElseThrow();
    this.heldOut = search.heldOutSamples();
    this.parallel = parallel;
    this.state = job.output().resolve(STATE);
    this.products =
        products == ProductStore.NONE ? new DirectoryProducts(state.resolve("products")) : products;
    this.progress = progress;
    this.cancelled = cancelled;
    this.key = JobDigest.of(job);
    if (resume) {
      trials.addAll(read());
    }
  }

  /** Runs the search, and the best plan that it finds. */
  JobResult run() {
    Instant begun = begun();
    Strategy strategy = new Strategy(search, job.train().isPresent(), job.hasEvaluation());
    ExecutorService pool = Executors.newFixedThreadPool(parallel);
    try {
      Round round = strategy.next(trials);
      while (!round.points().isEmpty() && !late(begun)) {
        run(round, pool);
        round = strategy.next(trials);
      }
    } finally {
      pool.shutdownNow();
    }
    JobResult result = answer();
    clear(state);
    return result;
  }

  /** When the first of the processes that took part in this search began. */
  private Instant begun() {
    Path file = state.resolve(BEGUN);
    try {
      if (!trials.isEmpty() && Files.exists(file)) {
        return Instant.parse(Files.readString(file));
      }
      Instant now = Instant.now();
      Files.createDirectories(state);
      Files.writeString(file, now.toString());
      return now;
    } catch (IOException e) {
      throw unwritable(e);
    } catch (DateTimeParseException e) {
      return Instant.now(); // cut off when it was written: the search had only begun
    }
  }

  private boolean late(Instant begun) {
    Duration since = Duration.between(begun, Instant.now());
    return search.deadlineMinutes().filter(m -> since.toMillis() >= m * 60_000).isPresent();
  }

  private void run(Round round, ExecutorService pool) {
    List<Future<Trial>> running = new ArrayList<>();
    for (Point point : round.points()) {
      int number = round.first() + running.size();
      running.add(pool.submit(() -> tried(number, round.number(), point)));
    }
    for (Future<Trial> trial : running) {
      trials.add(ended(trial));
      save();
      progress.tried(new Front(search, trials));
    }
  }

  private static Trial ended(Future<Trial> trial) {
    try {
      return trial.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failed) {
        throw failed;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Trial tried(int number, int round, Point point) {
    Path directory = state.resolve(Integer.toString(number));
    long start = System.nanoTime();
    int threads = Math.max(1, job.threads() / parallel);
    try {
      Job trial = job.with(point.plan(job.plan(), heldOut, Judged.DECIDING), directory, threads);
      DirectoryCheckpoints checkpoints =
          new DirectoryCheckpoints(directory.resolve(CHECKPOINTS), () -> JobDigest.of(trial), true);
      JobResult result =
          Chain.run(trial, (r, d) -> {}, checkpoints, products, JobListener.NONE, cancelled);
      clear(directory);
      return Trial.of(number, round, point, result, job.hasEvaluation(), seconds(start, threads));
    } catch (CancelledException e) {
      throw e;
    } catch (JobException | PlanException e) {
      if (mayPass(e)) {
        throw e;
      }
      remember(e);
      return Trial.failed(
          number, round, point, String.valueOf(e.getMessage()), seconds(start, threads));
    }
  }

  /** Of this machine, now: it says nothing of the point. */
  private static boolean mayPass(RuntimeException e) {
    return e instanceof JobException trouble && !trouble.reason().permanent();
  }

  private static double seconds(long start, int threads) {
    return Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3 * threads;
  }

  private synchronized void remember(RuntimeException failed) {
    failure = failure.or(() -> Optional.of(failed));
  }

  /** The best trial as a whole job, which the evaluation set may refuse where there is one. */
  private JobResult answer() {
    boolean none = trials.stream().noneMatch(t -> t.found().isPresent());
    if (none && failure.isPresent()) {
      throw failure.get();
    }
    try {
      return new Choice(job.plan(), trials, job.hasEvaluation()).made(this::made);
    } catch (JobException | PlanException e) {
      Optional<Choice> instead =
          mayPass(e)
              ? Optional.empty()
              : chosen.flatMap(c -> c.instead(String.valueOf(e.getMessage())));
      return instead.orElseThrow(() -> e).made(this::made);
    }
  }

  private JobResult made(Choice choice) {
    chosen = Optional.of(choice);
    Job last = job.with(choice.plan(), job.output(), Math.max(1, job.threads() / parallel));
    progress.chosen(choice);
    return Chain.run(
        last,
        (found, directory) -> Reports.write(choice.of(found), directory),
        new DirectoryCheckpoints(state.resolve(CHECKPOINTS), () -> JobDigest.of(last), true),
        products,
        progress.ofTheLast(),
        cancelled);
  }

  private List<Trial> read() {
    Path file = state.resolve(TRIALS);
    try {
      return Files.exists(file) && Files.readString(state.resolve("key")).equals(key)
          ? TrialsJson.read(Files.readAllBytes(file))
          : List.of();
    } catch (IOException e) {
      throw new JobException(
          FailureReason.OUTPUT_UNWRITABLE,
          file + ": is not what a search left there (leave out --resume to start over)",
          e);
    }
  }

  private void save() {
    try {
      Files.createDirectories(state);
      Files.writeString(state.resolve("key"), key);
      Path beside = state.resolve(TRIALS + ".part");
      Files.write(beside, TrialsJson.write(trials));
      Files.move(
          beside,
          state.resolve(TRIALS),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private JobException unwritable(IOException e) {
    return new JobException(
        FailureReason.OUTPUT_UNWRITABLE,
        state + ": cannot be written (name a directory that you may write to)",
        e);
  }

  private static void clear(Path directory) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new JobException(FailureReason.OUTPUT_UNWRITABLE, directory + ": cannot be removed", e);
    }
  }
}
