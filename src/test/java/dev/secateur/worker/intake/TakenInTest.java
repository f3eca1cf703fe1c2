package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class TakenInTest {
  private static final TopicPartition PARTITION = new TopicPartition("in", 3);

  private final TakenIn takenIn = new TakenIn();

  private static ConsumerRecord<byte[], byte[]> record(long offset) {
    return new ConsumerRecord<>("in", 3, offset, null, null);
  }

  private void begin(long... offsets) {
    for (long offset : offsets) {
      takenIn.begun(record(offset));
    }
  }

  private void end(long... offsets) {
    for (long offset : offsets) {
      takenIn.done(record(offset));
    }
  }

  private long before() {
    return takenIn.before().getOrDefault(PARTITION, 0L);
  }

  @Test
  void whatIsDoneBehindOneInHandDoesNotCountBeforeThatOneIsDone() {
    assertThat(takenIn.before()).isEmpty();
    begin(7, 8, 9);
    assertThat(before()).isLessThanOrEqualTo(7);
    end(8, 9);
    assertThat(before()).isLessThanOrEqualTo(7);
    end(7);
    assertThat(before()).isEqualTo(10);
  }

  @Test
  void whatComesAgainCountsAnewAndAllBehindIt() {
    begin(1, 2, 3);
    end(1, 2, 3);
    begin(2);
    assertThat(before()).isLessThanOrEqualTo(2);
    end(2);
    assertThat(before()).as("3 is to come again").isEqualTo(3);
  }

  /** Whatever comes when, in the order of its offsets, from wherever the group stands. */
  @Test
  void noRecordThatIsNotDoneIsEverPassed() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      TakenIn some = new TakenIn();
      Set<Long> done = new HashSet<>();
      List<Long> inHand = new ArrayList<>();
      Set<Long> came = new TreeSet<>();
      long next = 0;
      for (int n = 0; n < 200; n++) {
        int what = random.nextInt(40);
        if (what == 0) {
          // The partition comes back, from what the group last knew to be done.
          next = some.before().getOrDefault(PARTITION, 0L) - random.nextInt(3);
          next = Math.max(0, next);
        } else if (what < 22 || inHand.isEmpty()) {
          some.begun(record(next));
          inHand.add(next);
          came.add(next);
          next += 1 + (random.nextInt(10) == 0 ? 1 : 0);
        } else {
          long offset = inHand.remove(random.nextInt(inHand.size()));
          some.done(record(offset));
          done.add(offset);
        }
        long before = some.before().getOrDefault(PARTITION, 0L);
        assertThat(came.stream().filter(o -> o < before && !done.contains(o)))
            .as("seed %d, step %d, before %d", seed, n, before)
            .isEmpty();
      }
    }
  }
}
