package dev.secateur.train;

import static dev.secateur.train.TrainingException.Reason.INPUTS_OR_OUTPUTS;
import static dev.secateur.train.TrainingException.Reason.LABELS;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.dataset.Target.Form;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Head.Link;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is minimised: the sum of a loss between each of the network's heads and its target.
 *
 * @param losses one a head
 * @param targets that the set has, one a head, or none; they also tell the accuracy
 */
record Objective(List<Head> heads, List<Loss> losses, List<Target> targets, Source source) {
  /** Where the targets of training come from. */
  enum Source {
    SET,
    /** The input: autoencoders. */
    INPUT,
    /** The original's heads. */
    ORIGINAL
  }

  Objective {
    heads = List.copyOf(heads);
    losses = List.copyOf(losses);
    targets = List.copyOf(targets);
  }

  /**
   * @param known the losses that are settled, one an output; {@code how.loss()} is that of the
   *     first output where none is
   * @throws TrainingException if nothing sensible can be minimised
   */
  static Objective resolve(
      Graph network, FineTuning how, List<Optional<Loss>> known, List<Target> targets) {
    List<Head> heads = Head.of(network);
    boolean reconstructs =
        heads.size() == 1
            && network.inputs().size() == 1
            && heads.get(0).shape().equals(network.inputs().get(0).shape());
    List<Loss> losses = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      Head head = heads.get(i);
      Optional<Target> target = targets.isEmpty() ? Optional.empty() : Optional.of(targets.get(i));
      Optional<Loss> named = i < known.size() ? known.get(i) : Optional.empty();
      Optional<Loss> asked = i == 0 ? how.loss() : Optional.empty();
      losses.add(named.or(() -> asked).orElseGet(() -> byOutput(head, reconstructs, target)));
    }
    Loss first = losses.get(0);
    if (how.distill()) {
      return new Objective(heads, losses, targets, Source.ORIGINAL);
    }
    if (first == Loss.RECONSTRUCTION && targets.isEmpty() && !reconstructs) {
      throw new TrainingException(
          LABELS,
          "the loss compares the output with the input, but the output has shape "
              + heads.get(0).shape());
    }
    if (targets.isEmpty() && reconstructs && !classifies(first)) {
      return new Objective(heads, losses, targets, Source.INPUT);
    }
    if (targets.isEmpty()) {
      throw new TrainingException(
          LABELS, "the training set has no labels; train with --distill, which needs none");
    }
    return new Objective(heads, losses, targets, Source.SET).checkTargets();
  }

  /** The same without anything known of the losses. */
  static Objective resolve(Graph network, FineTuning how, Dataset train) {
    return resolve(network, how, List.of(), train.targets());
  }

  private static boolean classifies(Loss loss) {
    return loss == Loss.CROSS_ENTROPY || loss == Loss.CROSS_ENTROPY_LOGITS;
  }

  private static Loss byOutput(Head head, boolean reconstructs, Optional<Target> target) {
    if (reconstructs && target.isEmpty()) {
      return Loss.RECONSTRUCTION;
    }
    boolean classes =
        head.shape().last() > 1
            && target
                .filter(t -> t.form() == Form.CLASSES || t.content().distribution())
                .isPresent();
    return switch (head.link()) {
      case SOFTMAX -> Loss.CROSS_ENTROPY;
      case SIGMOID -> Loss.BINARY_CROSS_ENTROPY;
      case IDENTITY -> classes ? Loss.CROSS_ENTROPY_LOGITS : Loss.MEAN_SQUARED_ERROR;
    };
  }

  private Objective checkTargets() {
    for (int i = 0; i < heads.size(); i++) {
      Target target = targets.get(i);
      boolean classes = target.form() == Form.CLASSES || target.content().distribution();
      if (classifies(losses.get(i)) && (heads.get(i).shape().last() == 1 || !classes)) {
        throw new TrainingException(
            INPUTS_OR_OUTPUTS,
            "output "
                + heads.get(i).name()
                + ": these targets cannot train an output of shape "
                + heads.get(i).shape()
                + " with loss "
                + losses.get(i)
                + "; train with --distill, or name another --loss");
      }
    }
    return this;
  }

  boolean distilled() {
    return source == Source.ORIGINAL;
  }

  /** Of the first head. */
  Loss loss() {
    return losses.get(0);
  }

  /** Number of classes of the first head, where an accuracy can be told; else 0. */
  int classes() {
    Head head = heads.get(0);
    boolean several =
        !targets.isEmpty()
            && targets.get(0).form() == Form.NUMBERS
            && !targets.get(0).content().distribution();
    return switch (loss()) {
      case CROSS_ENTROPY, CROSS_ENTROPY_LOGITS -> several ? 0 : head.shape().last();
      case BINARY_CROSS_ENTROPY, BINARY_CROSS_ENTROPY_LOGITS ->
          head.units() == 1 ? 2 : several ? 0 : head.units();
      case MEAN_SQUARED_ERROR, MEAN_ABSOLUTE_ERROR ->
          head.units() > 1 && head.link() != Link.IDENTITY && !several ? head.units() : 0;
      case RECONSTRUCTION -> 0;
    };
  }
}
