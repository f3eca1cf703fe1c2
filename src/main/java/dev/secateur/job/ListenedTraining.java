package dev.secateur.job;

import dev.secateur.result.Training;
import dev.secateur.train.TrainingListener;

/** Passes on what a training run says, in the words of a job. */
record ListenedTraining(JobListener listener) implements TrainingListener {
  @Override
  public void step(Step step) {
    listener.step(
        new JobListener.Step(
            step.step(), step.steps(), step.epoch(), step.epochs(), step.loss(), step.sparsity()));
  }

  @Override
  public void epoch(Epoch epoch) {
    listener.epoch(of(epoch));
  }

  static Training.Epoch of(Epoch epoch) {
    return new Training.Epoch(
        epoch.loss(),
        epoch.accuracy(),
        epoch.validationLoss(),
        epoch.validationAccuracy(),
        epoch.sparsity(),
        epoch.learningRate());
  }
}
