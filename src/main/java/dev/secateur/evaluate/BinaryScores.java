package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Tensor;

/** One output, of class 1: becomes the two outputs of a classifier. */
final class BinaryScores implements Evaluator.Scores {
  private final ClassScores asProbability;
  private final ClassScores asLogit;
  private boolean probabilities = true;

  BinaryScores(Dataset set) {
    this.asProbability = new ClassScores(2, set);
    this.asLogit = new ClassScores(2, set);
  }

  @Override
  public void add(Dataset.Batch batch, Tensor output) {
    float[] value = output.values();
    float[] pairs = new float[2 * value.length];
    float[] logits = new float[2 * value.length];
    for (int i = 0; i < value.length; i++) {
      probabilities &= value[i] >= 0 && value[i] <= 1;
      pairs[2 * i] = 1 - value[i];
      pairs[2 * i + 1] = value[i];
      logits[2 * i + 1] = value[i];
    }
    asProbability.add(batch, Tensor.of(pairs, value.length, 2));
    asLogit.add(batch, Tensor.of(logits, value.length, 2));
  }

  @Override
  public Evaluation evaluation() {
    return (probabilities ? asProbability : asLogit).evaluation();
  }
}
