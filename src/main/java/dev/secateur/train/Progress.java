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
record Progress(
    int step, List<TrainingListener.Epoch> epochs, double lossSum, double correctSum, int seen) {
  static final Progress START = new Progress(0, List.of(), 0, 0, 0);

  Progress {
    epochs = List.copyOf(epochs);
  }

  Progress after(TrainingSession.Outcome outcome, int samples) {
    return new Progress(
        step + 1,
        epochs,
        lossSum + (double) outcome.loss() * samples,
        correctSum + outcome.correct(),
        seen + samples);
  }

  Progress after(TrainingListener.Epoch epoch) {
    List<TrainingListener.Epoch> more = new ArrayList<>(epochs);
    more.add(epoch);
    return new Progress(step, more, 0, 0, 0);
  }
}
