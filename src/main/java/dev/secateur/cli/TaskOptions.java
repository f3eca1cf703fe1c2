package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobException;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.plan.TaskChoice;
import dev.secateur.result.FailureReason;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the model's outputs are for. */
final class TaskOptions {
  @Option(
      names = "--task",
      paramLabel = "[OUTPUT=]TASK",
      split = ",",
      description = {
        "classification, binary, multi-label, regression, segmentation, reconstruction or",
        "imitation; default: found from the file's loss, else from the output's function."
      })
  List<String> tasks = List.of();

  /** The options as {@code task} of a plan's document. */
  void into(ObjectNode plan) {
    for (String text : tasks) {
      // Names of outputs may have an equals sign, those of tasks have none.
      int equals = text.lastIndexOf('=');
      if (equals >= 0) {
        plan.withObject("/task").put(text.substring(0, equals), text.substring(equals + 1));
      } else if (tasks.size() == 1) {
        plan.put("task", text);
      } else {
        throw new JobException(
            FailureReason.PLAN_INVALID,
            "--task: several tasks are given as OUTPUT=TASK each, not as " + text);
      }
    }
  }

  /**
   * @throws PlanException naming the wrong task
   */
  Optional<TaskChoice> choice() {
    ObjectNode document = new ObjectMapper().createObjectNode();
    into(document);
    return Plan.read(document).task();
  }
}
