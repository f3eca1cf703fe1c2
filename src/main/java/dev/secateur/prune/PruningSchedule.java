package dev.secateur.prune;

import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Pruning;
import java.util.OptionalInt;

/**
 * Which steps prune, and to what sparsity. Equal to TensorFlow Model Optimization's {@code
 * PolynomialDecay} (power 3) and {@code ConstantSparsity}, float32 arithmetic included, with one
 * difference: the last update that will run always reaches the target exactly.
 */
public final class PruningSchedule {
  private static final int POWER = 3;

  private final Pruning pruning;
  private final int endStep;
  private final int lastUpdate;

  /** The schedule of {@code pruning} that names its end, or else that of the recommended recipe. */
  public PruningSchedule(Pruning pruning, int steps) {
    this(pruning, steps, FineTuning.Recipe.RECOMMENDED);
  }

  /**
   * @param steps that will run; the first is step 1
   * @param recipe says where in the run an automatic end lies
   */
  public PruningSchedule(Pruning pruning, int steps, FineTuning.Recipe recipe) {
    this.endStep = pruning.endStep().orElseGet(() -> automaticEnd(pruning, steps, recipe));
    this.pruning = pruning;
    int end = Math.max(Math.min(endStep, steps), 1);
    int updates = (end - pruning.beginStep()) / pruning.frequency();
    int last = pruning.beginStep() + updates * pruning.frequency();
    // A run too short for any update on the grid prunes once, at its end.
    boolean onGrid = last >= Math.max(pruning.beginStep(), 1) && last <= end;
    this.lastUpdate = onGrid ? last : end;
  }

  /**
   * The recipe's share of the run, on the grid of updates where there is room for one; the rest
   * trains at full sparsity. A constant sparsity has no end.
   */
  private static int automaticEnd(Pruning pruning, int steps, FineTuning.Recipe recipe) {
    if (pruning.schedule() == Pruning.Schedule.CONSTANT) {
      return Math.max(steps, pruning.beginStep());
    }
    int wanted = (int) (steps * recipe.pruningShare());
    int onGrid =
        pruning.beginStep()
            + Math.max(wanted - pruning.beginStep(), 0) / pruning.frequency() * pruning.frequency();
    return onGrid >= Math.max(pruning.beginStep(), 1)
        ? onGrid
        : Math.max(Math.max(wanted, 1), pruning.beginStep());
  }

  /** The pruning with its end step filled in. */
  public Pruning resolved() {
    return new Pruning(
        pruning.method(),
        pruning.allocation(),
        pruning.schedule(),
        pruning.initialSparsity(),
        pruning.finalSparsity(),
        pruning.beginStep(),
        OptionalInt.of(endStep),
        pruning.frequency(),
        pruning.channels(),
        pruning.pattern());
  }

  /** Whether masks are computed anew at the start of {@code step}. */
  public boolean updatesAt(int step) {
    return step == lastUpdate
        || (pruning.beginStep() <= step
            && step <= endStep
            && (step - pruning.beginStep()) % pruning.frequency() == 0);
  }

  /** The sparsity that masks computed at {@code step} have. */
  public float sparsityAt(int step) {
    return step >= lastUpdate ? (float) pruning.finalSparsity() : scheduled(step);
  }

  private float scheduled(int step) {
    float target = (float) pruning.finalSparsity();
    if (pruning.schedule() == Pruning.Schedule.CONSTANT) {
      return target;
    }
    float span = Math.max(endStep - pruning.beginStep(), 1);
    float p = Math.min(1f, Math.max(0f, (step - pruning.beginStep()) / span));
    float left = (float) Math.pow(1f - p, POWER);
    return ((float) pruning.initialSparsity() - target) * left + target;
  }
}
