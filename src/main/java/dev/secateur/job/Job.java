package dev.secateur.job;

import dev.secateur.dataset.Datasets.Part;
import dev.secateur.plan.Plan;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One model to compress, all of it on local disk.
 *
 * @param name the model's name, for the report
 * @param model a Keras file
 * @param train NPZ, folder, zip or tar.gz; empty where nothing is trained
 * @param evaluation as {@code train}; empty: the training file's own test part ({@code x_test})
 * @param representative samples that calibrate INT8, and that weights are reconstructed on; empty:
 *     taken from the training set, else from the evaluation set
 * @param output directory that receives the artifacts, complete or not at all
 * @param threads for training and for the interpreter
 */
public record Job(
    String name,
    Input model,
    Optional<Input> train,
    Optional<Input> evaluation,
    Optional<Input> representative,
    Plan plan,
    Path output,
    int threads) {
  public Job {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: must be 1 or more");
    }
    if (train.isEmpty() && plan.fineTuning().epochs() > 0) {
      throw new IllegalArgumentException("train: is needed, since the plan trains");
    }
    if (train.or(() -> representative).or(() -> evaluation).isEmpty()) {
      throw new IllegalArgumentException("train, representative or evaluation: one is needed");
    }
  }

  /** What is trained on or, where nothing is trained, what there are samples of. */
  public Input samples() {
    return train.or(() -> representative).or(() -> evaluation).orElseThrow();
  }

  /** Which part of {@link #samples} is meant. */
  Part samplesPart() {
    return train.or(() -> representative).isPresent() ? Part.TRAIN : Part.EVALUATION;
  }

  /** Which part of what calibrates is meant. */
  Part representativePart() {
    return representative.isPresent() ? Part.TRAIN : samplesPart();
  }
}
