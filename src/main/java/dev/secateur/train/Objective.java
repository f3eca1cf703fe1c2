package dev.secateur.train;

import static dev.secateur.train.TrainingException.Reason.INPUTS_OR_OUTPUTS;
import static dev.secateur.train.TrainingException.Reason.LABELS;

import dev.secateur.graph.Graph;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Loss;
import dev.secateur.train.Head.Link;
import java.util.List;
import java.util.Optional;

/**
 * What is minimised: a loss between the network's heads and their targets.
 *
 * @param loss of the first head; under distillation the others' follow from their function
 */
record Objective(List<Head> heads, Loss loss, Target target) {
  /** Where targets come from. */
  enum Target {
    LABELS,
    /** The inputs: autoencoders. */
    INPUTS,
    /** The original's heads. */
    ORIGINAL
  }

  /**
   * @param file the loss that the model's file names
   * @throws TrainingException if nothing sensible can be minimised
   */
  static Objective resolve(Graph network, FineTuning how, Optional<Loss> file, boolean labelled) {
    if (network.inputs().size() != 1) {
      throw new TrainingException(
          INPUTS_OR_OUTPUTS,
          network.name()
              + " has "
              + network.inputs().size()
              + " inputs; a data set feeds one. It can be converted without fine-tuning");
    }
    List<Head> heads = network.outputs().stream().map(o -> Head.of(network, o)).toList();
    boolean reconstructs = heads.get(0).shape().equals(network.inputs().get(0).shape());
    Loss loss =
        how.loss().or(() -> file).orElseGet(() -> byOutput(heads.get(0), reconstructs, labelled));
    if (how.distill()) {
      return new Objective(heads, loss, Target.ORIGINAL);
    }
    if (heads.size() != 1) {
      throw new TrainingException(
          INPUTS_OR_OUTPUTS,
          network.name() + " has " + heads.size() + " outputs; train it with --distill");
    }
    if (loss == Loss.RECONSTRUCTION || (reconstructs && !labelled && !classifies(loss))) {
      return reconstruction(heads, loss, reconstructs);
    }
    if (!labelled) {
      throw new TrainingException(
          LABELS, "the training set has no labels; train with --distill, which needs none");
    }
    return new Objective(heads, loss, Target.LABELS).checkUnits();
  }

  private static Objective reconstruction(List<Head> heads, Loss loss, boolean fits) {
    if (!fits) {
      throw new TrainingException(
          LABELS,
          "the loss compares the output with the input, but the output has shape "
              + heads.get(0).shape());
    }
    return new Objective(heads, loss, Target.INPUTS);
  }

  private static boolean classifies(Loss loss) {
    return loss == Loss.CROSS_ENTROPY || loss == Loss.CROSS_ENTROPY_LOGITS;
  }

  private static Loss byOutput(Head head, boolean reconstructs, boolean labelled) {
    if (reconstructs && (!labelled || head.shape().rank() > 2)) {
      return Loss.RECONSTRUCTION;
    }
    return switch (head.link()) {
      case SOFTMAX -> Loss.CROSS_ENTROPY;
      case SIGMOID -> Loss.BINARY_CROSS_ENTROPY;
      case IDENTITY ->
          labelled && head.units() > 1 ? Loss.CROSS_ENTROPY_LOGITS : Loss.MEAN_SQUARED_ERROR;
    };
  }

  private Objective checkUnits() {
    if (heads.get(0).units() == 0 || (classifies(loss) && heads.get(0).units() == 1)) {
      throw new TrainingException(
          LABELS,
          "one label a sample cannot train an output of shape "
              + heads.get(0).shape()
              + " with loss "
              + loss
              + "; train with --distill, or name another --loss");
    }
    return this;
  }

  boolean distilled() {
    return target == Target.ORIGINAL;
  }

  /** Loss of a head: what was asked for the first, by its function for the others. */
  Loss loss(Head head) {
    return head.equals(heads.get(0)) ? loss : byOutput(head, false, false);
  }

  /** Number of classes of the first head, where it has classes: 2 for a lone sigmoid. */
  int classes() {
    Head head = heads.get(0);
    return switch (loss) {
      case CROSS_ENTROPY, CROSS_ENTROPY_LOGITS -> head.units();
      case BINARY_CROSS_ENTROPY -> head.units() == 1 ? 2 : head.units();
      case MEAN_SQUARED_ERROR, MEAN_ABSOLUTE_ERROR ->
          head.units() > 1 && head.link() != Link.IDENTITY ? head.units() : 0;
      case RECONSTRUCTION -> 0;
    };
  }
}
