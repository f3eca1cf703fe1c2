package dev.secateur.job;

import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.architecture.Replacement;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One model to compress, all of it on local disk.
 *
 * @param name the model's name, for the report
 * @param model a Keras file
 * @param architecture of the model, whose file holds its weights alone
 * @param train NPZ, folder, zip or tar.gz; empty where nothing is trained
 * @param evaluation as {@code train}; empty: the training file's own test part ({@code x_test})
 * @param representative samples that calibrate INT8, and that weights are reconstructed on; empty:
 *     taken from the training set, else from the evaluation set
 * @param output directory that receives the artifacts, complete or not at all
 * @param budget what it may take of its process
 */
public record Job(
    String name,
    Input model,
    Optional<Input> architecture,
    Optional<Input> train,
    Optional<Input> evaluation,
    Optional<Input> representative,
    Plan plan,
    Path output,
    Budget budget) {
  public Job {
    if (train.isEmpty() && plan.trains()) {
      throw new IllegalArgumentException("train: is needed, since the plan trains");
    }
    if (train.or(() -> representative).or(() -> evaluation).isEmpty()) {
      throw new IllegalArgumentException("train, representative or evaluation: one is needed");
    }
  }

  /** For training and for the interpreter. */
  public int threads() {
    return budget.threads();
  }

  /** The model as it is read. */
  public KerasSource source() {
    Map<String, Replacement> replacements = new TreeMap<>();
    plan.replace().forEach((layer, what) -> replacements.put(layer, Replacement.of(what)));
    return new KerasSource(
        model.file(), architecture.map(Input::file), replacements, Optional.empty());
  }

  /** What says which network it is: the file's digest, with whatever is said beside the file. */
  String network() {
    return model.sha256()
        + architecture.map(a -> " " + a.sha256()).orElse("")
        + (plan.replace().isEmpty() ? "" : " " + new TreeMap<>(plan.replace()));
  }

  /** What is trained on or, where nothing is trained, what there are samples of. */
  public Input samples() {
    return train.or(() -> representative).or(() -> evaluation).orElseThrow();
  }

  /**
   * Whether held-out {@link #samples} stand for the evaluation set: as the plan says, or since
   * there is no other that nothing was fitted to.
   */
  boolean judgesHeldOut() {
    return plan.heldOut().filter(h -> h.judge() != Judged.NOTHING || !hasEvaluation()).isPresent();
  }

  /** Whether nothing but the deciding variant is of interest. */
  boolean judgesDeciding() {
    return plan.heldOut().filter(h -> h.judge() == Judged.DECIDING).isPresent();
  }

  /** The same inputs with another plan. */
  public Job with(Plan other) {
    return with(other, output, threads());
  }

  /** The same inputs with another plan, elsewhere. */
  public Job with(Plan other, Path directory, int shareOfThreads) {
    return new Job(
        name,
        model,
        architecture,
        train,
        evaluation,
        representative,
        other,
        directory,
        budget.with(shareOfThreads));
  }

  /** Whether there is a set to judge on, beside what is fitted to. */
  public boolean hasEvaluation() {
    boolean fitted = train.or(() -> representative).isPresent();
    return fitted && (evaluation.isPresent() || Datasets.hasEvaluationPart(samples().file()));
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
