package dev.secateur.job;

import dev.secateur.evaluate.Goal;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Pruning;
import dev.secateur.plan.Task;
import dev.secateur.plan.TaskChoice;
import dev.secateur.prune.PruningSchedule;
import dev.secateur.result.Training;
import dev.secateur.train.FineTuned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the training run tells: how it went, and what it settled that the plan left open. */
final class TrainingRecord {
  private TrainingRecord() {}

  /**
   * @param goals that the outputs were judged by
   */
  static Plan settled(Plan asked, FineTuned tuned, List<Goal> goals) {
    Map<String, Task> tasks = new LinkedHashMap<>();
    goals.forEach(g -> tasks.put(g.output(), g.task()));
    return new Plan(
        Optional.of(TaskChoice.found(tasks)),
        asked.replace(),
        asked.preprocessing(),
        tuned.pruning(),
        asked
            .fineTuning()
            .settled(tuned.loss(), tuned.distilled(), tuned.precision(), tuned.learningRate()),
        asked.quantization(),
        asked.representative(),
        asked.acceptance(),
        asked.skipUnreadable(),
        asked.sampleField(),
        asked.targetField(),
        asked.device(),
        asked.heldOut(),
        asked.search());
  }

  static Training of(FineTuned tuned) {
    PruningSchedule schedule = new PruningSchedule(tuned.pruning(), Math.max(tuned.steps(), 1));
    List<Training.SchedulePoint> points = new ArrayList<>();
    boolean scheduled = tuned.pruning().method() == Pruning.Method.MAGNITUDE;
    for (int step = 1; scheduled && step <= tuned.steps(); step++) {
      if (schedule.updatesAt(step)) {
        points.add(new Training.SchedulePoint(step, schedule.sparsityAt(step)));
      }
    }
    return new Training(
        tuned.steps(),
        tuned.resumedFrom(),
        tuned.epochs().stream().map(ListenedTraining::of).toList(),
        points);
  }
}
