package dev.secateur.job;

import dev.secateur.evaluate.Goal;
import dev.secateur.plan.MeasureName;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.result.FailureReason;
import java.util.List;
import java.util.stream.Collectors;

/** Whether what the plan says of outputs and measures is said of some that the model has. */
final class Promises {
  private Promises() {}

  /**
   * @throws JobException naming the output or the measure that nothing has
   * @throws PlanException the same, of a task
   */
  static void check(Plan plan, List<Goal> goals) {
    List<String> outputs = goals.stream().map(Goal::output).toList();
    plan.task().ifPresent(choice -> choice.requireOutputs(outputs));
    for (MeasureName name : plan.acceptance().bounds().keySet()) {
      String path = "/acceptance/bounds/" + name;
      name.output().ifPresent(o -> checkOutput(path, o, outputs));
      boolean known =
          goals.stream()
              .filter(g -> name.means(g.output(), name.measure()))
              .anyMatch(g -> g.task().measures().contains(name.measure()));
      if (!known) {
        throw wrong(
            path, "no output is judged by " + name.measure().label() + ", but " + measures(goals));
      }
    }
  }

  private static void checkOutput(String path, String output, List<String> outputs) {
    if (!outputs.contains(output)) {
      throw wrong(path, "the model has no such output; it has " + outputs);
    }
  }

  private static JobException wrong(String path, String problem) {
    return new JobException(FailureReason.PLAN_INVALID, path + ": " + problem);
  }

  private static String measures(List<Goal> goals) {
    return goals.stream()
        .map(
            g ->
                g.output()
                    + " ("
                    + g.task().label()
                    + ") by "
                    + g.task().measures().stream()
                        .map(m -> m.label())
                        .collect(Collectors.joining(", ")))
        .collect(Collectors.joining("; "));
  }
}
