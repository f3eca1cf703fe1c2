package dev.secateur.train;

import java.util.ArrayList;
import java.util.List;

/**
 * How far a run is.
 *
 * @param step steps done
 * @param epochs finished epochs
 * @param lossSum over the samples of the unfinished epoch
 * @param correctSum samples of the unfinished epoch with their class right
 * @param seen samples of the unfinished epoch
 */
record TrainingProgress(
    int step, List<TrainingListener.Epoch> epochs, double lossSum, double correctSum, int seen) {
  static final TrainingProgress START = new TrainingProgress(0, List.of(), 0, 0, 0);

  TrainingProgress {
    epochs = List.copyOf(epochs);
  }

  TrainingProgress after(TrainingSession.Outcome outcome, int samples) {
    return new TrainingProgress(
        step + 1,
        epochs,
        lossSum + (double) outcome.loss() * samples,
        correctSum + outcome.correct(),
        seen + samples);
  }

  TrainingProgress after(TrainingListener.Epoch epoch) {
    List<TrainingListener.Epoch> more = new ArrayList<>(epochs);
    more.add(epoch);
    return new TrainingProgress(step, more, 0, 0, 0);
  }
}
