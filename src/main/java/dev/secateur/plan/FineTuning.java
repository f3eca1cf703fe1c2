package dev.secateur.plan;

import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Optional;

/**
 * How the network is trained while it is pruned.
 *
 * @param recipe RECOMMENDED, TUTORIAL (labels alone, a constant rate), or INSTANT (no training):
 *     where the other fields' defaults come from
 * @param loss empty: from the file's training configuration, else from the output
 * @param validationSplit fraction of the training set, taken from its end, in [0, 1)
 * @param distill learn from the original's outputs instead of the labels
 * @param augment random horizontal flips and shifts of up to an eighth
 * @param precision empty: what the processor that begins the training is faster in
 */
public record FineTuning(
    Recipe recipe,
    int epochs,
    int batchSize,
    Optimizer optimizer,
    double learningRate,
    LearningRateSchedule learningRateSchedule,
    Optional<Loss> loss,
    double validationSplit,
    boolean distill,
    boolean augment,
    boolean shuffle,
    long seed,
    Optional<Precision> precision) {
  /** Named sets of defaults. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Recipe {
    RECOMMENDED(1.0 / 3),
    TUTORIAL(0.75),
    /** Pruned by reconstruction, not trained at all. */
    INSTANT(1.0 / 3);

    private final double pruningShare;

    Recipe(double pruningShare) {
      this.pruningShare = pruningShare;
    }

    /** Fraction of the run in which sparsity rises, where the plan names no end step. */
    public double pruningShare() {
      return pruningShare;
    }
  }

  /** The optimizers, with Keras' default constants. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Optimizer {
    SGD,
    /** SGD with momentum 0.9. */
    MOMENTUM,
    /** SGD with Nesterov momentum 0.9. */
    NESTEROV,
    ADAM,
    /** Adam with decoupled weight decay 0.004. */
    ADAMW,
    RMSPROP
  }

  /** The numbers that a training step computes with; weights and updates are always float32. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Precision {
    FLOAT32,
    /** Convolutions, matrix products and what lies between them have 8 bits of precision, not 24. */
    BFLOAT16
  }

  /** How the learning rate moves over the run. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum LearningRateSchedule {
    CONSTANT,
    /** From the learning rate to zero over the run. */
    COSINE,
    /** A tenth at one half and again at three quarters of the run. */
    STEP
  }

  /** What is minimised. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Loss {
    /** Labels against probabilities. */
    CROSS_ENTROPY,
    /** Labels against logits. */
    CROSS_ENTROPY_LOGITS,
    /** Binary labels against a sigmoid's output. */
    BINARY_CROSS_ENTROPY,
    /** Binary labels against logits. */
    BINARY_CROSS_ENTROPY_LOGITS,
    /** The inputs themselves are the targets: autoencoders. */
    RECONSTRUCTION,
    MEAN_SQUARED_ERROR,
    MEAN_ABSOLUTE_ERROR
  }

  public static final FineTuning RECOMMENDED =
      new FineTuning(
          Recipe.RECOMMENDED,
          5,
          32,
          Optimizer.ADAM,
          1e-3,
          LearningRateSchedule.COSINE,
          Optional.empty(),
          0,
          true,
          false,
          true,
          1);

  public static final FineTuning TUTORIAL =
      new FineTuning(
          Recipe.TUTORIAL,
          2,
          32,
          Optimizer.ADAM,
          1e-4,
          LearningRateSchedule.CONSTANT,
          Optional.empty(),
          0,
          false,
          false,
          true,
          1);

  public static final FineTuning INSTANT =
      new FineTuning(
          Recipe.INSTANT,
          0,
          32,
          Optimizer.ADAM,
          1e-3,
          LearningRateSchedule.COSINE,
          Optional.empty(),
          0,
          true,
          false,
          true,
          1);

  /** Where the fields that a plan leaves out come from. */
  public static FineTuning of(Recipe recipe) {
    return switch (recipe) {
      case RECOMMENDED -> RECOMMENDED;
      case TUTORIAL -> TUTORIAL;
      case INSTANT -> INSTANT;
    };
  }

  /** In the precision that the processor is faster in. */
  public FineTuning(
      Recipe recipe,
      int epochs,
      int batchSize,
      Optimizer optimizer,
      double learningRate,
      LearningRateSchedule learningRateSchedule,
      Optional<Loss> loss,
      double validationSplit,
      boolean distill,
      boolean augment,
      boolean shuffle,
      long seed) {
    this(
        recipe,
        epochs,
        batchSize,
        optimizer,
        learningRate,
        learningRateSchedule,
        loss,
        validationSplit,
        distill,
        augment,
        shuffle,
        seed,
        Optional.empty());
  }

  public FineTuning {
    if (epochs < 0) {
      throw new IllegalArgumentException("epochs: must be 0 or more");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize: must be 1 or more");
    }
    if (!(learningRate > 0) || !Double.isFinite(learningRate)) {
      throw new IllegalArgumentException("learningRate: must be positive");
    }
    if (!(validationSplit >= 0 && validationSplit < 1)) {
      throw new IllegalArgumentException("validationSplit: must be in [0, 1)");
    }
  }
}
