package dev.secateur.cli;

import dev.secateur.job.CancelledException;
import dev.secateur.job.Failures;
import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import dev.secateur.store.StoreException;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** One line for what the engine or a server answered; the stack trace only for a defect. */
final class FailedRun implements IExecutionExceptionHandler {
  private static final Set<FailureReason> INPUT =
      EnumSet.of(
          FailureReason.MODEL_UNREADABLE,
          FailureReason.MODEL_UNSUPPORTED,
          FailureReason.DATASET_INVALID,
          FailureReason.PLAN_INVALID,
          FailureReason.CONVERSION_IMPOSSIBLE,
          FailureReason.OUTPUT_UNWRITABLE);

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof CancelledException) {
      command.getErr().println("secateur: " + e.getMessage() + "; --resume goes on from here");
      return ExitCode.FAILED;
    }
    if (e instanceof SettingsException) {
      command.getErr().println("secateur: " + e.getMessage());
      return ExitCode.INPUT;
    }
    JobException failure = Failures.of(e);
    command.getErr().println("secateur: " + failure.getMessage());
    if (failure.reason() == FailureReason.INTERNAL && !isServers(e)) {
      e.printStackTrace(command.getErr());
    }
    return INPUT.contains(failure.reason()) ? ExitCode.INPUT : ExitCode.FAILED;
  }

  /** The store's or the broker's trouble, such as a password that is refused. */
  private static boolean isServers(Throwable e) {
    return e != null
        && (e instanceof StoreException || e instanceof KafkaException || isServers(e.getCause()));
  }
}
