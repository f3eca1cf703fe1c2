package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.dataset.Target.Form;
import dev.secateur.evaluate.Goal.Reading;
import dev.secateur.evaluate.Goal.Scale;
import dev.secateur.graph.Head;
import dev.secateur.graph.Head.Link;
import dev.secateur.graph.Shape;
import dev.secateur.plan.FineTuning.Loss;
import dev.secateur.plan.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds out what a network's outputs are for: as the plan says, else as the loss does that the
 * network was compiled with, else by the head's function; and where these leave it open (linear
 * outputs that no loss was named for), by what the targets hold. Shapes alone name nothing.
 *
 * @param named the task that the plan names for an output
 * @param losses the plan's or the file's loss of an output
 */
public record Goals(
    Function<String, Optional<Task>> named, Function<String, Optional<Loss>> losses) {
  /** Who says nothing. */
  public static final Goals OPEN = new Goals(o -> Optional.empty(), o -> Optional.empty());

  /**
   * One goal a head, for a set with or without targets.
   *
   * @param inputs shapes of the network's inputs, batch unknown
   * @throws GoalException if the plan's task does not fit the output, or the targets do not fit the
   *     task
   */
  public List<Goal> of(List<Head> heads, List<Shape> inputs, Dataset set) {
    List<Goal> goals = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      Optional<Target> target =
          set.targets().isEmpty() ? Optional.empty() : Optional.of(set.targets().get(i));
      Optional<Task> task = named.apply(heads.get(i).name());
      goals.add(
          task.isPresent()
              ? asNamed(heads.get(i), task.get(), inputs, target)
              : found(heads.get(i), target));
    }
    return List.copyOf(goals);
  }

  private Goal asNamed(Head head, Task task, List<Shape> inputs, Optional<Target> target) {
    Task own = own(task, head);
    Reading reading =
        switch (own) {
          case CLASSIFICATION -> Reading.CLASSES;
          case BINARY, MULTI_LABEL -> Reading.DECISIONS;
          case REGRESSION, RECONSTRUCTION -> Reading.NUMBERS;
          case SEGMENTATION -> pixels(head, target);
          case IMITATION -> byHead(head, losses.apply(head.name()));
        };
    checkShape(head, own);
    if (own == Task.IMITATION) {
      return goal(head, Task.IMITATION, reading);
    }
    if (target.isEmpty()) {
      if (own != Task.RECONSTRUCTION) {
        return goal(head, Task.IMITATION, reading);
      }
      if (inputs.size() != 1 || !inputs.get(0).equals(head.shape())) {
        throw new GoalException(
            head.name(),
            "is of shape " + head.shape() + ", so it cannot be its input again",
            "give the images that it should be as targets");
      }
    }
    target.ifPresent(t -> checkTarget(head, own, reading, t));
    return goal(head, own, reading);
  }

  /** The task in the words that fit the head: one decision or several, two classes or one. */
  private static Task own(Task task, Head head) {
    return switch (task) {
      case BINARY, MULTI_LABEL ->
          head.units() == 1
              ? Task.BINARY
              : task == Task.BINARY && head.link() == Link.SOFTMAX && head.units() == 2
                  ? Task.CLASSIFICATION
                  : Task.MULTI_LABEL;
      case CLASSIFICATION -> head.units() == 1 ? Task.BINARY : Task.CLASSIFICATION;
      case REGRESSION, SEGMENTATION, RECONSTRUCTION, IMITATION -> task;
    };
  }

  private static Reading pixels(Head head, Optional<Target> target) {
    boolean classes = target.filter(t -> t.form() == Form.CLASSES).isPresent();
    return head.shape().last() > 1 && (classes || head.link() != Link.SIGMOID)
        ? Reading.CLASSES
        : Reading.DECISIONS;
  }

  private static void checkShape(Head head, Task task) {
    boolean fits =
        switch (task) {
          case CLASSIFICATION, BINARY, MULTI_LABEL -> head.vector();
          case SEGMENTATION -> head.shape().rank() > 2;
          case REGRESSION, RECONSTRUCTION, IMITATION -> true;
        };
    if (!fits) {
      throw new GoalException(
          head.name(),
          "is of shape " + head.shape() + ", which is no " + task.label(),
          task == Task.SEGMENTATION
              ? "segmentation has an answer for each pixel"
              : "an answer for each pixel is a segmentation");
    }
  }

  private static void checkTarget(Head head, Task task, Reading reading, Target target) {
    boolean fits =
        switch (reading) {
          case CLASSES -> target.form() == Form.CLASSES || target.content().distribution();
          case DECISIONS -> target.form() == Form.NUMBERS && target.content().zeroOne();
          case NUMBERS -> target.form() == Form.NUMBERS;
        };
    if (!fits) {
      throw new GoalException(
          head.name(),
          "is for " + task.label() + ", but its targets" + array(target) + " are not",
          switch (reading) {
            case CLASSES -> "give class numbers, one-hot rows, or rows of shares that add up to 1";
            case DECISIONS -> "give 0 or 1 for each of its values";
            case NUMBERS -> "give a number for each of its values";
          });
    }
  }

  private static String array(Target target) {
    return target.array().isEmpty() ? "" : " (" + target.array() + ")";
  }

  private Goal found(Head head, Optional<Target> target) {
    Optional<Loss> loss = losses.apply(head.name());
    if (target.isEmpty()) {
      Task task =
          loss.filter(Loss.RECONSTRUCTION::equals).isPresent()
              ? Task.RECONSTRUCTION
              : Task.IMITATION;
      return goal(head, task, byHead(head, loss));
    }
    Target given = target.get();
    boolean classes =
        given.form() == Form.CLASSES || (given.oneHot() && head.link() != Link.SIGMOID);
    boolean open = loss.isEmpty() && head.link() == Link.IDENTITY;
    Reading reading =
        open
            ? byContent(given)
            : switch (byHead(head, loss)) {
              case CLASSES -> Reading.CLASSES;
              case DECISIONS -> decisions(head, given);
              case NUMBERS ->
                  head.vector() && classes
                      ? Reading.CLASSES
                      : head.link() == Link.SIGMOID && given.content().zeroOne()
                          ? Reading.DECISIONS
                          : Reading.NUMBERS;
            };
    Task task =
        switch (reading) {
          case CLASSES -> head.vector() ? Task.CLASSIFICATION : Task.SEGMENTATION;
          case DECISIONS ->
              !head.vector()
                  ? Task.SEGMENTATION
                  : head.units() == 1 ? Task.BINARY : Task.MULTI_LABEL;
          case NUMBERS -> head.shape().rank() > 3 ? Task.RECONSTRUCTION : Task.REGRESSION;
        };
    checkTarget(head, task, reading, given);
    return goal(head, task, reading);
  }

  private static Reading byContent(Target target) {
    return target.form() == Form.CLASSES || target.content().distribution()
        ? Reading.CLASSES
        : target.content().zeroOne() ? Reading.DECISIONS : Reading.NUMBERS;
  }

  /** Sigmoids that were trained to tell classes apart, or to give numbers between 0 and 1. */
  private static Reading decisions(Head head, Target target) {
    if (target.form() == Form.CLASSES || (head.vector() && target.oneHot())) {
      return Reading.CLASSES;
    }
    return target.content().zeroOne() ? Reading.DECISIONS : Reading.NUMBERS;
  }

  private static Reading byHead(Head head, Optional<Loss> loss) {
    if (head.link() == Link.SOFTMAX) {
      return Reading.CLASSES;
    }
    if (loss.isEmpty()) {
      return head.link() == Link.SIGMOID ? Reading.DECISIONS : Reading.NUMBERS;
    }
    return switch (loss.get()) {
      case CROSS_ENTROPY, CROSS_ENTROPY_LOGITS ->
          head.shape().last() > 1 ? Reading.CLASSES : Reading.DECISIONS;
      case BINARY_CROSS_ENTROPY, BINARY_CROSS_ENTROPY_LOGITS -> Reading.DECISIONS;
      case RECONSTRUCTION, MEAN_SQUARED_ERROR, MEAN_ABSOLUTE_ERROR -> Reading.NUMBERS;
    };
  }

  private Goal goal(Head head, Task task, Reading reading) {
    return new Goal(head.name(), task, reading, scale(head, reading), head.shape());
  }

  /** Of class scores it shows in their values, as it always did. */
  private Scale scale(Head head, Reading reading) {
    if (reading != Reading.DECISIONS) {
      return Scale.BY_VALUE;
    }
    if (head.link() == Link.SIGMOID) {
      return Scale.PROBABILITIES;
    }
    return losses
        .apply(head.name())
        .map(
            loss ->
                switch (loss) {
                  case BINARY_CROSS_ENTROPY_LOGITS, CROSS_ENTROPY_LOGITS -> Scale.LOGITS;
                  case BINARY_CROSS_ENTROPY, CROSS_ENTROPY -> Scale.PROBABILITIES;
                  case RECONSTRUCTION, MEAN_SQUARED_ERROR, MEAN_ABSOLUTE_ERROR -> Scale.BY_VALUE;
                })
        .orElse(Scale.BY_VALUE);
  }
}
