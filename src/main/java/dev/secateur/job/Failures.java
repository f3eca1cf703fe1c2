package dev.secateur.job;

import dev.secateur.dataset.DatasetException;
import dev.secateur.dataset.SpoolException;
import dev.secateur.evaluate.GoalException;
import dev.secateur.graph.GraphException;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.plan.PlanException;
import dev.secateur.result.FailureReason;
import dev.secateur.tflite.TfliteException;
import dev.secateur.train.TrainingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.tensorflow.exceptions.TFResourceExhaustedException;

/** What each room throws, as the reason why a job failed. */
public final class Failures {
  private static final Set<Kind> UNREADABLE =
      EnumSet.of(Kind.UNREADABLE, Kind.EMPTY, Kind.LFS_POINTER, Kind.FOREIGN_FORMAT, Kind.CORRUPT);

  private Failures() {}

  /** Also of a {@link JobException}, which is returned as it is. */
  public static JobException of(Throwable e) {
    return e instanceof JobException job ? job : new JobException(reason(e), message(e), e);
  }

  /** A file that could not be written: the system's own words, and what helps. */
  public static JobException unwritable(Path file, IOException e) {
    String why =
        e instanceof FileSystemException system && system.getReason() != null
            ? system.getReason()
            : e instanceof AccessDeniedException ? "permission denied" : message(e);
    return new JobException(
        FailureReason.OUTPUT_UNWRITABLE,
        file + ": cannot be written: " + why + " (free some space, or name another directory)",
        e);
  }

  private static FailureReason reason(Throwable e) {
    if (e instanceof KerasException keras) {
      return reason(keras.reasons().get(0).kind());
    } else if (e instanceof GraphException) {
      return FailureReason.MODEL_UNSUPPORTED;
    } else if (e instanceof DatasetException || e instanceof GoalException) {
      return FailureReason.DATASET_INVALID;
    } else if (e instanceof PlanException) {
      return FailureReason.PLAN_INVALID;
    } else if (e instanceof TfliteException) {
      return FailureReason.CONVERSION_IMPOSSIBLE;
    } else if (e instanceof TrainingException training) {
      return reason(training.reason());
    } else if (e instanceof UncheckedIOException || e instanceof SpoolException) {
      return FailureReason.OUTPUT_UNWRITABLE;
    } else if (e instanceof OutOfMemoryError || e instanceof TFResourceExhaustedException) {
      return FailureReason.OUT_OF_MEMORY;
    }
    return FailureReason.INTERNAL;
  }

  private static FailureReason reason(Kind kind) {
    if (kind == Kind.UNWRITABLE) {
      return FailureReason.OUTPUT_UNWRITABLE;
    }
    return UNREADABLE.contains(kind)
        ? FailureReason.MODEL_UNREADABLE
        : FailureReason.MODEL_UNSUPPORTED;
  }

  private static FailureReason reason(TrainingException.Reason reason) {
    return switch (reason) {
      case SHAPE, LABELS -> FailureReason.DATASET_INVALID;
      case INPUTS_OR_OUTPUTS -> FailureReason.MODEL_UNSUPPORTED;
      case DIVERGED -> FailureReason.TRAINING_DIVERGED;
      case CHECKPOINT -> FailureReason.PLAN_INVALID;
    };
  }

  private static String message(Throwable e) {
    if (e instanceof UncheckedIOException unchecked) {
      return message(unchecked.getCause());
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory: " + e.getMessage() + " (give the process a larger heap)";
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static String message(IOException e) {
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": cannot be written (check its permissions)";
    }
    return e instanceof FileSystemException system && system.getReason() != null
        ? system.getFile() + ": " + system.getReason()
        : e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
