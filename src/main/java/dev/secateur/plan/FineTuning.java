package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Arrays;
import java.util.Optional;

/**
 * How the network is trained while it is pruned.
 *
 * @param recipe RECOMMENDED, TUTORIAL (labels alone, a constant rate), or INSTANT (no training):
 *     where the other fields' defaults come from
 * @param learningRate at the start of the run; empty: by how far the network is from the original
 * @param loss empty: from the file's training configuration, else from the output
 * @param validationSplit fraction of the training set, taken from its end, in [0, 1)
 * @param distill learn from the original's outputs instead of the labels
 * @param augment how images are changed at random
 * @param freezeBatchNorm batch normalisation keeps its statistics, as at inference
 * @param precision empty: float32, which loses no accuracy
 */
public record FineTuning(
    Recipe recipe,
    int epochs,
    int batchSize,
    Optimizer optimizer,
    Optional<Double> learningRate,
    LearningRateSchedule learningRateSchedule,
    Optional<Loss> loss,
    double validationSplit,
    boolean distill,
    Augment augment,
    boolean shuffle,
    long seed,
    boolean freezeBatchNorm,
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
    /**
     * Convolutions, matrix products and what lies between them have 8 bits of precision, not 24.
     */
    BFLOAT16
  }

  /** How training images are changed at random. */
  public enum Augment {
    NONE(false),
    /** Half of them are mirrored left to right. */
    FLIPS("flips"),
    /** Flips, and shifts of up to an eighth. */
    FLIPS_AND_SHIFTS(true);

    private final Object json;

    Augment(Object json) {
      this.json = json;
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Augment of(Object json) {
      return Arrays.stream(values()).filter(a -> a.json.equals(json)).findAny().orElseThrow();
    }

    /** {@code false}, {@code "flips"} or {@code true}. */
    @JsonValue
    Object json() {
      return json;
    }
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

  /** For magnitude pruning. */
  public static final FineTuning RECOMMENDED =
      new FineTuning(
          Recipe.RECOMMENDED,
          5,
          32,
          Optimizer.ADAM,
          Optional.of(1e-3),
          LearningRateSchedule.COSINE,
          Optional.empty(),
          0,
          true,
          Augment.NONE,
          true,
          1,
          false,
          Optional.empty());

  public static final FineTuning TUTORIAL =
      new FineTuning(
          Recipe.TUTORIAL,
          2,
          32,
          Optimizer.ADAM,
          Optional.of(1e-4),
          LearningRateSchedule.CONSTANT,
          Optional.empty(),
          0,
          false,
          Augment.NONE,
          true,
          1,
          false,
          Optional.empty());

  public static final FineTuning INSTANT =
      new FineTuning(
          Recipe.INSTANT,
          0,
          32,
          Optimizer.ADAM,
          Optional.of(1e-3),
          LearningRateSchedule.COSINE,
          Optional.empty(),
          0,
          true,
          Augment.NONE,
          true,
          1,
          false,
          Optional.empty());

  /** Up to this sparsity little is lost, and the statistics of a whole training are worth more. */
  private static final double LITTLE = 0.6;

  /** In a shorter run each shift is seen too seldom. */
  private static final int LONG = 10;

  /** Where the fields that a plan leaves out come from. */
  static FineTuning of(Recipe recipe) {
    return switch (recipe) {
      case RECOMMENDED -> RECOMMENDED;
      case TUTORIAL -> TUTORIAL;
      case INSTANT -> INSTANT;
    };
  }

  /**
   * The same, for a plan that says how weights are pruned, how long it trains and what it learns
   * from. What was reconstructed is near its end: the less was pruned, the smaller the steps. Where
   * channels went, batch normalisation has to find its statistics anew.
   */
  static FineTuning of(Recipe recipe, Pruning pruning, int epochs, boolean distill) {
    FineTuning usual = of(recipe);
    if (pruning.method() == Pruning.Method.MAGNITUDE || recipe == Recipe.TUTORIAL || epochs == 0) {
      return usual;
    }
    boolean channels = pruning.channels().isPresent();
    boolean little = pruning.finalSparsity() <= LITTLE && !channels;
    Augment augment = epochs < LONG ? Augment.FLIPS : Augment.FLIPS_AND_SHIFTS;
    return new FineTuning(
        recipe,
        usual.epochs,
        usual.batchSize,
        usual.optimizer,
        channels ? Optional.empty() : Optional.of(little ? 5e-4 : 3e-3),
        usual.learningRateSchedule,
        usual.loss,
        usual.validationSplit,
        usual.distill,
        distill ? augment : Augment.NONE,
        usual.shuffle,
        usual.seed,
        little,
        usual.precision);
  }

  /** The same with another learning rate. */
  public FineTuning withLearningRate(double rate) {
    return new FineTuning(
        recipe,
        epochs,
        batchSize,
        optimizer,
        Optional.of(rate),
        learningRateSchedule,
        loss,
        validationSplit,
        distill,
        augment,
        shuffle,
        seed,
        freezeBatchNorm,
        precision);
  }

  /**
   * The same with what a run has settled: the loss, whether the original was learned from, the
   * precision where anything was trained, and the learning rate.
   */
  public FineTuning settled(
      Loss minimised,
      boolean distilled,
      Optional<Precision> computedIn,
      Optional<Double> begunWith) {
    return new FineTuning(
        recipe,
        epochs,
        batchSize,
        optimizer,
        learningRate.or(() -> begunWith),
        learningRateSchedule,
        Optional.of(minimised),
        validationSplit,
        distilled,
        augment,
        shuffle,
        seed,
        freezeBatchNorm,
        computedIn.or(() -> precision));
  }

  public FineTuning {
    if (epochs < 0) {
      throw new IllegalArgumentException("epochs: must be 0 or more");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize: must be 1 or more");
    }
    if (learningRate.filter(r -> !(r > 0) || !Double.isFinite(r)).isPresent()) {
      throw new IllegalArgumentException("learningRate: must be positive");
    }
    if (!(validationSplit >= 0 && validationSplit < 1)) {
      throw new IllegalArgumentException("validationSplit: must be in [0, 1)");
    }
  }
}
