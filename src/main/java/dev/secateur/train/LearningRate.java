package dev.secateur.train;

import dev.secateur.plan.FineTuning;

/** The learning rate of each step. */
record LearningRate(FineTuning.LearningRateSchedule schedule, double initial, int steps) {
  /**
   * @param step counted from 1
   */
  double at(int step) {
    double done = (step - 1) / (double) Math.max(steps, 1);
    return switch (schedule) {
      case CONSTANT -> initial;
      case COSINE -> initial * 0.5 * (1 + Math.cos(Math.PI * done));
      case STEP -> initial * (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01);
    };
  }
}
