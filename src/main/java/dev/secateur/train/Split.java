package dev.secateur.train;

import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Pruning;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Which samples of a set are trained on, and which tell how well: the plan's validation split,
 * taken from the set's end as Keras does. What was reconstructed is near its end already and can
 * get worse, so that without a split some samples, spread over the set, are held out to tell.
 *
 * @param training numbers of samples, ascending
 * @param heldOut likewise
 */
record Split(int[] training, int[] heldOut) {
  /** More would tell a difference no better than training needs it. */
  private static final int MOST = 512;

  /** One sample in so many. */
  private static final int EVERY = 20;

  static Split of(int size, FineTuning how, Pruning.Method method) {
    int validation = (int) (size * how.validationSplit());
    if (validation > 0 || method == Pruning.Method.MAGNITUDE) {
      return new Split(range(0, size - validation), range(size - validation, size));
    }
    int count = Math.min(MOST, size / EVERY);
    BitSet held = new BitSet(size);
    for (int i = 0; i < count; i++) {
      // Halfway between the samples that weights were reconstructed on, as many as there may be:
      // those would speak for themselves.
      long between = (long) i * MOST / count;
      held.set((int) ((2 * between + 1) * size / (2 * MOST)));
    }
    return new Split(
        IntStream.range(0, size).filter(i -> !held.get(i)).toArray(), held.stream().toArray());
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }
}
