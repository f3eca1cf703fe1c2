package dev.secateur.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The ledger's promises on seeded histories. {@code -Dsecateur.simulation.seeds=100000} for more of
 * them, {@code -Dsecateur.simulation.first=N} to begin with a seed that failed.
 */
class LedgerSimulationTest {
  private static final long SEEDS = Long.getLong("secateur.simulation.seeds", 2_000);
  private static final long FIRST = Long.getLong("secateur.simulation.first", 1);

  @Test
  void everyPromiseHoldsAfterEveryStepOfEveryHistory() {
    LongStream.range(FIRST, FIRST + SEEDS)
        .parallel()
        .filter(seed -> broken(seed, Mutant.NONE).isPresent())
        .findAny()
        .ifPresent(seed -> fail(Shrink.shortest(seed, Mutant.NONE)));
  }

  private static Optional<RuntimeException> broken(long seed, Mutant mutant) {
    return Simulation.run(Choices.ofSeed(seed), mutant, false).broken();
  }

  @ParameterizedTest
  @EnumSource(Mutants.class)
  void aLedgerWithoutOneOfItsRulesBreaksAPromise(Mutants without) {
    assertThat(
            LongStream.range(1, 1 + SEEDS)
                .parallel()
                .mapToObj(seed -> broken(seed, without.mutant))
                .flatMap(Optional::stream)
                .findAny())
        .containsInstanceOf(Promise.Broken.class);
  }

  @Test
  void theSameSeedIsTheSameHistory() {
    for (long seed = 1; seed <= 20; seed++) {
      Simulation.End once = Simulation.run(Choices.ofSeed(seed), Mutant.NONE, true);
      Simulation.End again = Simulation.run(Choices.of(once.choices()), Mutant.NONE, true);
      assertThat(again.history()).isEqualTo(once.history());
    }
  }
}
