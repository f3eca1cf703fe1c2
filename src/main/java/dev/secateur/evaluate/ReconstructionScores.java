package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** Mean squared difference between the output and the input. */
final class ReconstructionScores implements Evaluator.Scores {
  private final int samples;
  private double sum;
  private long values;

  ReconstructionScores(int samples) {
    this.samples = samples;
  }

  @Override
  public void add(Dataset.Batch batch, Tensor output) {
    float[] in = batch.x().values();
    float[] out = output.values();
    for (int i = 0; i < in.length; i++) {
      double difference = out[i] - in[i];
      sum += difference * difference;
    }
    values += in.length;
  }

  @Override
  public Evaluation evaluation() {
    return new Evaluation(
        samples,
        Optional.empty(),
        Optional.empty(),
        Optional.of(sum / values),
        new int[0],
        List.of());
  }
}
