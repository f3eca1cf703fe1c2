package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Looking for the best plan instead of running the one that is given. */
final class SearchOptions {
  /** So many trials a round has, mostly. */
  private static final int MOST_AT_ONCE = 4;

  @Option(
      names = "--search",
      description = {
        "Looks for the sparsity, channels, scheme and training that make the model smallest within",
        "its acceptance, and makes that one; --epochs is then the most that a trial trains, and"
            + " each",
        "--scheme one of those that it may take."
      })
  boolean wanted;

  @Option(
      names = "--objective",
      paramLabel = "NAME",
      description =
          "With --search, what shall be small: bytes, zippedBytes (default), macs, memory,"
              + " latency.")
  Optional<String> objective;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "With --search: that are made, at most (default 24).")
  Optional<Integer> trials;

  @Option(
      names = "--processor-minutes",
      paramLabel = "F",
      description = "With --search: that all trials may take together, counted in threads.")
  Optional<Double> processorMinutes;

  @Option(
      names = "--deadline-minutes",
      paramLabel = "F",
      description = "With --search: no round of trials starts later than this after the start.")
  Optional<Double> deadlineMinutes;

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      description = "With --search: of the file, for a device's flash.")
  Optional<Long> maxBytes;

  @Option(
      names = "--max-memory",
      paramLabel = "N",
      description = "With --search: bytes of activations, for a device's RAM.")
  Optional<Long> maxMemory;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = {
        "With --search: trials that run at once, each with its share of the threads (default: as",
        "many as there are threads, at most 4)."
      })
  Optional<Integer> parallel;

  private void requireNone() {
    Map<String, Optional<?>> given = new LinkedHashMap<>();
    given.put("--objective", objective);
    given.put("--trials", trials);
    given.put("--processor-minutes", processorMinutes);
    given.put("--deadline-minutes", deadlineMinutes);
    given.put("--max-bytes", maxBytes);
    given.put("--max-memory", maxMemory);
    given.put("--parallel", parallel);
    given.forEach(
        (name, value) -> {
          if (value.isPresent()) {
            throw new JobException(
                FailureReason.PLAN_INVALID, name + ": is of a search (add --search)");
          }
        });
  }

  /** How many trials run at once. */
  int parallel(int threads) {
    int many = parallel.orElse(Math.min(threads, MOST_AT_ONCE));
    if (many < 1) {
      throw new JobException(FailureReason.PLAN_INVALID, "--parallel: must be 1 or more");
    }
    return many;
  }

  /** Into the plan, where a search is wanted or its document has one. */
  void into(ObjectNode plan, Optional<Integer> epochs, List<String> schemes) {
    if (!wanted && !plan.path("search").isObject()) {
      requireNone();
      return;
    }
    ObjectNode search = plan.withObject("/search");
    objective.ifPresent(v -> search.put("objective", v));
    trials.ifPresent(v -> search.put("trials", v));
    processorMinutes.ifPresent(v -> search.put("processorMinutes", v));
    deadlineMinutes.ifPresent(v -> search.put("deadlineMinutes", v));
    maxBytes.ifPresent(v -> search.put("maxBytes", v));
    maxMemory.ifPresent(v -> search.put("maxMemory", v));
    epochs.ifPresent(v -> search.put("epochs", v));
    if (!schemes.isEmpty()) {
      schemes.forEach(search.putArray("schemes")::add);
    }
  }
}
