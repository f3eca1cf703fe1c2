package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class WaitsTest {
  private static final long FIRST = 1000;
  private static final long LONGEST = 30_000;

  private static List<Long> waits() {
    Waits waits = new Waits(Duration.ofMillis(FIRST), Duration.ofMillis(LONGEST));
    List<Long> millis = new ArrayList<>();
    for (int n = 0; n < 100; n++) {
      millis.add(waits.next().toMillis());
    }
    return millis;
  }

  @Test
  void waitsDoubleUpToTheLongestGiveOrTakeAQuarterAndNeverEnd() {
    List<Long> waits = waits();
    for (int n = 0; n < waits.size(); n++) {
      long due = n < 5 ? FIRST << n : LONGEST;
      assertThat(waits.get(n)).as("wait %d", n).isBetween(due * 3 / 4 - 1, due * 5 / 4 + 1);
    }
  }

  @Test
  void noTwoComeBackTogether() {
    Set<List<Long>> rows = new HashSet<>();
    for (int n = 0; n < 20; n++) {
      rows.add(waits());
    }
    assertThat(rows).hasSize(20);
  }

  @Test
  void whereTheFirstIsTheLongestAllAreAlike() {
    Waits waits = new Waits(Duration.ofSeconds(5), Duration.ofSeconds(4));
    for (int n = 0; n < 20; n++) {
      assertThat(waits.next()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(5));
    }
  }
}
