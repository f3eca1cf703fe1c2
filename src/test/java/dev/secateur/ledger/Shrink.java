package dev.secateur.ledger;

import java.util.Arrays;

/** Makes a history that breaks a promise shorter for as long as it breaks the same one. */
final class Shrink {
  private static final int MOST_RUNS = Integer.getInteger("secateur.simulation.shrink", 300);

  private final Mutant mutant;
  private final String promise;
  private int[] best;
  private int runs;

  private Shrink(Mutant mutant, String promise, int[] choices) {
    this.mutant = mutant;
    this.promise = promise;
    this.best = choices;
  }

  /** The shortest history that was found, as text. */
  static String shortest(long seed, Mutant mutant) {
    Simulation.End first = Simulation.run(Choices.ofSeed(seed), mutant, false);
    String message = first.broken().orElseThrow().getMessage();
    Shrink shrink = new Shrink(mutant, promise(message), first.choices());
    shrink.run();
    Simulation.End end = Simulation.run(Choices.of(shrink.best), mutant, true);
    return "seed %d: %s%n%s%n%s"
        .formatted(
            seed,
            message,
            String.join(System.lineSeparator(), end.history()),
            end.broken().map(Throwable::getMessage).orElse("(not broken when told again)"));
  }

  private static String promise(String message) {
    return message.split(":", 2)[0];
  }

  private void run() {
    for (int size = Math.max(1, best.length / 2); size >= 1 && runs < MOST_RUNS; size /= 2) {
      for (int from = 0; from < best.length && runs < MOST_RUNS; ) {
        if (!tried(without(from, size)) && !tried(zeroed(from, size))) {
          from += size;
        } else if (isZero(from, size)) {
          from += size;
        }
      }
    }
  }

  private boolean isZero(int from, int size) {
    for (int i = from; i < Math.min(best.length, from + size); i++) {
      if (best[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private int[] without(int from, int size) {
    int end = Math.min(best.length, from + size);
    int[] shorter = Arrays.copyOf(best, best.length - (end - from));
    System.arraycopy(best, end, shorter, from, best.length - end);
    return shorter;
  }

  private int[] zeroed(int from, int size) {
    int[] zeroed = best.clone();
    Arrays.fill(zeroed, from, Math.min(best.length, from + size), 0);
    return zeroed;
  }

  private boolean tried(int[] choices) {
    if (Arrays.equals(choices, best)) {
      return false;
    }
    runs++;
    Simulation.End end = Simulation.run(Choices.of(choices), mutant, false);
    boolean same = end.broken().filter(e -> promise(e.getMessage()).equals(promise)).isPresent();
    if (same) {
      best = choices;
    }
    return same;
  }
}
