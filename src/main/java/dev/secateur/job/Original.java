package dev.secateur.job;

import dev.secateur.evaluate.Goal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What evaluating the original has told.
 *
 * @param goals that its outputs, and so those of all variants, are judged by
 * @param complaint why nothing that came of it could be judged, with what helps; empty if it is
 *     sound, or if the plan runs it all the same
 * @param alsoInTraining evaluation samples that stand in the training set as well; empty where
 *     there is none
 */
record Original(List<Goal> goals, Optional<String> complaint, OptionalInt alsoInTraining) {
  Original {
    goals = List.copyOf(goals);
  }
}
