package dev.secateur.job;

import dev.secateur.result.JobResult;
import dev.secateur.train.TrainingCancelled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Runs a job: opens what it is given, checks every step, and then runs one after the other. The
 * chain is the list in {@link #steps}.
 */
public final class Chain {
  private final Job job;
  private final ReportWriter reports;
  private final JobCheckpoints checkpoints;
  private final ProductStore shared;
  private final JobListener listener;
  private final BooleanSupplier cancelled;
  private final List<JobResult.StageTime> stages = new ArrayList<>();

  private Chain(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      ProductStore shared,
      JobListener listener,
      BooleanSupplier cancelled) {
    this.job = job;
    this.reports = reports;
    this.checkpoints = checkpoints;
    this.shared = shared;
    this.listener = listener;
    this.cancelled = cancelled;
  }

  /**
   * Runs on the calling thread. The artifacts are in {@link Job#output} when it returns; when it
   * throws, that directory is as it was.
   *
   * @param reports writes the files that tell of the result, into its directory
   * @param cancelled asked between steps; true stops after a checkpoint
   * @throws JobException if the job cannot run; its reason says whether trying again can help
   * @throws CancelledException if {@code cancelled} was heeded
   */
  public static JobResult run(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      JobListener listener,
      BooleanSupplier cancelled) {
    return run(job, reports, checkpoints, ProductStore.NONE, listener, cancelled);
  }

  /**
   * The same, with what other jobs have made.
   *
   * @param shared products of jobs that begin alike, found and left there
   */
  public static JobResult run(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      ProductStore shared,
      JobListener listener,
      BooleanSupplier cancelled) {
    try {
      return new Chain(job, reports, checkpoints, shared, listener, cancelled).run();
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw Failures.of(e);
    }
  }

  private static List<Step> steps(
      Run run, ReportWriter reports, JobCheckpoints checkpoints, List<JobResult.StageTime> stages) {
    return ordered(
        List.of(
            new EvaluateOriginal(run),
            new FineTune(run, checkpoints),
            new Save(run),
            new ConvertToTflite(run),
            new Quantize(run),
            new EvaluateVariants(run),
            new Report(run, reports, stages)));
  }

  /**
   * The steps, in the order in which they run.
   *
   * @throws IllegalArgumentException if one needs what none before it makes, if two make the same,
   *     or if none makes the result: a fault of whoever put them together
   */
  static List<Step> ordered(List<Step> steps) {
    Set<Product<?>> made = new HashSet<>();
    for (Step step : steps) {
      String name = "the step " + step.stage().label();
      for (Product<?> needed : step.needs()) {
        if (!made.contains(needed)) {
          throw new IllegalArgumentException(
              name + " needs " + needed + ", which no step before it makes");
        }
      }
      for (Product<?> product : step.makes()) {
        if (!made.add(product)) {
          throw new IllegalArgumentException(name + " makes " + product + " once more");
        }
      }
    }
    if (!made.contains(Product.RESULT)) {
      throw new IllegalArgumentException("no step makes " + Product.RESULT);
    }
    return List.copyOf(steps);
  }

  private JobResult run() {
    try (Staging staging = Staging.in(job.output());
        Products products = new Products();
        Checked checked = timed(Stage.LOAD, () -> checked(staging))) {
      for (Step step : checked.steps()) {
        if (!step.wanted(products)) {
          continue;
        }
        timed(
            step.stage(),
            () -> {
              step.run(products);
              products.require(step.makes(), step.stage());
              return step;
            });
      }
      return products.get(Product.RESULT);
    }
  }

  /** The steps, of which each has passed its check. */
  private record Checked(JobInputs inputs, List<Step> steps) implements AutoCloseable {
    @Override
    public void close() {
      inputs.close();
    }
  }

  private Checked checked(Staging staging) {
    JobInputs inputs = JobInputs.open(job, this::read, cancelled);
    try {
      Run run =
          new Run(
              job,
              inputs,
              staging,
              new SharedProducts(shared, listener, job.budget().reading().directory()),
              listener,
              cancelled);
      List<Step> steps = steps(run, reports, checkpoints, Collections.unmodifiableList(stages));
      Rehearsal rehearsal =
          Rehearsal.of(
              job.plan()
                  .pruning()
                  .channels()
                  .map(c -> Narrowing.rehearsed(inputs.model(), c))
                  .orElseGet(inputs::model));
      for (Step step : steps) {
        requireWanted(Stage.LOAD);
        step.check(rehearsal);
      }
      return new Checked(inputs, steps);
    } catch (RuntimeException | OutOfMemoryError e) {
      inputs.close();
      throw e;
    }
  }

  private void read(Path set, long rows) {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException(set + ": reading stopped at row " + rows);
    }
    listener.read(set, rows);
  }

  private void requireWanted(Stage stage) {
    if (cancelled.getAsBoolean()) {
      throw new CancelledException(stage);
    }
  }

  private <T> T timed(Stage stage, Supplier<T> work) {
    requireWanted(stage);
    listener.started(stage);
    long start = System.nanoTime();
    T result;
    try {
      result = work.get();
    } catch (CancellationException | TrainingCancelled e) {
      CancelledException stopped = new CancelledException(stage);
      stopped.initCause(e);
      throw stopped;
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    stages.add(new JobResult.StageTime(stage.label(), took.toMillis() / 1e3));
    listener.finished(stage, took);
    return result;
  }
}
