package dev.secateur.worker.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class StandstillTest {
  private static final TopicPartition FIRST = new TopicPartition("registered", 0);
  private static final TopicPartition SECOND = new TopicPartition("registered", 1);
  private static final Map<TopicPartition, Long> ENDS = Map.of(FIRST, 9L, SECOND, 9L);

  /** A clock that begins just before its numbers wrap around. */
  private long now = Long.MAX_VALUE - Duration.ofSeconds(10).toNanos();

  private final Standstill standstill = new Standstill();

  private void look(Map<TopicPartition, Long> positions, Duration later) {
    standstill.look(positions, ENDS, now);
    now += later.toNanos();
  }

  @Test
  void aPositionThatStandsBeforeTheEndIsToldThenDeadly() {
    look(Map.of(FIRST, 3L, SECOND, 9L), Standstill.UNREADY);
    assertThat(standstill.trouble(now)).isEmpty();
    look(Map.of(FIRST, 3L, SECOND, 9L), Duration.ofSeconds(5));
    assertThat(standstill.trouble(now))
        .contains("records are not read: registered-0 stands at offset 3 for 35 s");
    assertThat(standstill.isDead(now)).isFalse();
    look(Map.of(FIRST, 3L), Standstill.DEAD);
    assertThat(standstill.isDead(now)).isTrue();
  }

  @Test
  void oneThatMovesIsNone() {
    for (long position = 0; position < 9; position++) {
      look(Map.of(FIRST, position), Standstill.UNREADY.dividedBy(2));
      assertThat(standstill.trouble(now)).isEmpty();
    }
  }

  @Test
  void neitherIsOneAtTheEndNorOneThatIsNotWantedOrGoneElsewhere() {
    look(Map.of(FIRST, 9L), Standstill.DEAD);
    look(Map.of(FIRST, 9L, SECOND, 2L), Duration.ZERO);
    look(Map.of(FIRST, 9L), Standstill.DEAD.multipliedBy(2));
    assertThat(standstill.trouble(now)).isEmpty();
    assertThat(standstill.isDead(now)).isFalse();
  }

  @Test
  void aBrokerThatWasAwayIsNoStandstill() {
    look(Map.of(FIRST, 3L), Standstill.DEAD.multipliedBy(2));
    assertThat(standstill.isDead(now)).isTrue();
    standstill.forget();
    assertThat(standstill.isDead(now)).isFalse();
    look(Map.of(FIRST, 3L), Duration.ofSeconds(1));
    assertThat(standstill.trouble(now)).isEmpty();
  }
}
