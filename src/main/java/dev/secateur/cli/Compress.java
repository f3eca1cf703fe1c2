package dev.secateur.cli;

import dev.secateur.job.Budget;
import dev.secateur.job.Chain;
import dev.secateur.job.DirectoryCheckpoints;
import dev.secateur.job.Input;
import dev.secateur.job.Job;
import dev.secateur.job.JobDigest;
import dev.secateur.job.JobException;
import dev.secateur.plan.Plan;
import dev.secateur.report.ReportJson;
import dev.secateur.report.Reports;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "compress",
    description = "Prunes, fine-tunes and quantizes a Keras file, and proves what was kept.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Compress implements Callable<Integer> {
  private static final String CHECKPOINTS = ".checkpoints";

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = ModelKinds.KERAS)
  Place modelAt;

  @Option(names = "--architecture", paramLabel = "FILE", description = ModelOptions.ARCHITECTURE)
  Optional<Place> architectureAt;

  @Option(
      names = "--train",
      paramLabel = "FILE",
      description =
          SetKinds.ALL
              + " Where nothing is trained (--recipe instant), --representative is enough.")
  Optional<Place> trainAt;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "The same, to evaluate on; default: the test part of --train.")
  Optional<Place> evaluationAt;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Receives the artifacts, complete or not at all.")
  Path out;

  @Option(
      names = "--representative",
      paramLabel = "FILE",
      description =
          "Samples that calibrate integers, with or without labels (also .npy); default: of"
              + " --train.")
  Optional<Place> representativeAt;

  @Option(names = "--name", paramLabel = "NAME", description = "The model's name in the report.")
  Optional<String> name;

  @Option(names = "--resume", description = "Go on from the last checkpoint in DIR.")
  boolean resume;

  @Mixin CacheOptions cache;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Mixin PlanOptions plan;

  @Mixin OutputOptions output;

  @Mixin StoreOptions stores;

  @Override
  public Integer call() {
    Plan resolved = plan.plan();
    requireSamples(resolved);
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      return run(resolved, files);
    }
  }

  private int run(Job job) {
    PrintWriter terminal = spec.commandLine().getOut();
    JobResult result = job.plan().search().isPresent() ? searched(job) : compressed(job);
    if (output.json) {
      terminal.print(ReportJson.text(result));
    } else {
      terminal.print(ResultTable.of(result));
    }
    terminal.flush();
    return result.outcome() == Outcome.ACCEPTED ? ExitCode.DONE : ExitCode.NOT_ACCEPTED;
  }

  private JobResult compressed(Job job) {
    DirectoryCheckpoints checkpoints = checkpoints(job);
    JobResult result;
    try (Interruption interruption = Interruption.listen();
        ProgressDisplay progress =
            ProgressDisplay.on(spec.commandLine().getErr(), output.showsProgress())) {
      result =
          Chain.run(
              job,
              Reports::write,
              checkpoints,
              cache.products(),
              progress,
              interruption::requested);
    }
    checkpoints.clear();
    return result;
  }

  private JobResult searched(Job job) {
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.listen();
        ProgressDisplay progress = ProgressDisplay.on(err, output.showsProgress())) {
      return new FileSearch(
              job,
              resume,
              plan.search.parallel(threads),
              cache.products(),
              new SearchProgress(err, output.showsProgress(), progress),
              interruption::requested)
          .run();
    }
  }

  private int run(Plan resolved, LocalFiles files) {
    if (threads < 1) {
      throw new JobException(FailureReason.PLAN_INVALID, "--threads: must be 1 or more");
    }
    Path model = files.model("MODEL", modelAt);
    Optional<Path> architecture = files.model("--architecture", architectureAt);
    Optional<Path> train = files.set("--train", trainAt);
    Optional<Path> evaluation = files.set("--eval", evaluationAt);
    Optional<Path> representative = files.set("--representative", representativeAt);
    try (Preloading tensorFlow = Preloading.start()) {
      return run(
          new Job(
              name.orElseGet(modelAt::fileName),
              Input.of(model),
              architecture.map(Input::of),
              train.map(Input::of),
              evaluation.map(Input::of),
              representative.map(Input::of),
              resolved,
              out,
              Budget.ofProcess(threads)));
    }
  }

  private void requireSamples(Plan resolved) {
    if (trainAt.isEmpty() && resolved.trains()) {
      throw new ParameterException(
          spec.commandLine(),
          "--train: is needed, since the plan trains (or --recipe instant, which does not)");
    }
    if (trainAt.or(() -> representativeAt).or(() -> evaluationAt).isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--train, --representative or --eval: samples are needed");
    }
  }

  private DirectoryCheckpoints checkpoints(Job job) {
    DirectoryCheckpoints checkpoints =
        new DirectoryCheckpoints(out.resolve(CHECKPOINTS), () -> JobDigest.of(job), resume);
    if (resume && !checkpoints.owner().map(o -> o.equals(checkpoints.jobKey())).orElse(true)) {
      throw new JobException(
          FailureReason.PLAN_INVALID,
          out
              + ": its checkpoint belongs to other inputs, another plan or another version"
              + " (leave out --resume to start over)");
    }
    return checkpoints;
  }
}
