package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.Allowance;
import dev.secateur.dataset.ReadOptions;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How the rows of a set are read. */
final class ReadingOptions {
  @Option(
      names = "--skip-unreadable",
      paramLabel = "N",
      description = "Leave out up to N rows of a set that cannot be read (default 0).")
  Optional<Integer> skipUnreadable;

  @Option(
      names = "--sample-field",
      paramLabel = "NAME",
      description = "Of TFRecord, Parquet and WebDataset rows (default: found).")
  Optional<String> sampleField;

  @Option(
      names = "--target-field",
      paramLabel = "NAME",
      description = "Of TFRecord, Parquet and WebDataset rows (default: found).")
  Optional<String> targetField;

  /** The options as fields of a plan's document. */
  void into(ObjectNode plan) {
    skipUnreadable.ifPresent(v -> plan.put("skipUnreadable", v));
    sampleField.ifPresent(v -> plan.put("sampleField", v));
    targetField.ifPresent(v -> plan.put("targetField", v));
  }

  /**
   * @throws PlanException naming the wrong option's field
   */
  ReadOptions options() {
    ObjectNode document = new ObjectMapper().createObjectNode();
    into(document);
    Plan plan = Plan.read(document);
    return new ReadOptions(
        plan.skipUnreadable(),
        plan.sampleField(),
        plan.targetField(),
        ReadOptions.UNHEARD,
        Allowance.ofProcess());
  }
}
