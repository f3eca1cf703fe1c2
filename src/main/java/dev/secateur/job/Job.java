package dev.secateur.job;

import dev.secateur.plan.Plan;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One model to compress, all of it on local disk.
 *
 * @param name the model's name, for the report
 * @param model a Keras file
 * @param train NPZ, folder, zip or tar.gz
 * @param evaluation as {@code train}; empty: the training file's own test part ({@code x_test})
 * @param representative samples that calibrate INT8; empty: taken from the training set
 * @param output directory that receives the artifacts, complete or not at all
 * @param threads for training and for the interpreter
 */
public record Job(
    String name,
    Input model,
    Input train,
    Optional<Input> evaluation,
    Optional<Input> representative,
    Plan plan,
    Path output,
    int threads) {
  public Job {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: must be 1 or more");
    }
  }
}
