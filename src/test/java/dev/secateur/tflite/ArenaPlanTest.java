package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.tflite.ArenaPlan.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArenaPlanTest {
  private static Value value(long bytes, int first, int last) {
    return new Value("v", bytes, first, last);
  }

  @Test
  void whatDoesNotLiveAtOnceSharesItsPlace() {
    assertThat(ArenaPlan.of(List.of(value(160, 0, 1), value(160, 2, 3))).bytes()).isEqualTo(160);
    assertThat(ArenaPlan.of(List.of(value(160, 0, 2), value(160, 2, 3))).bytes()).isEqualTo(320);
    assertThat(ArenaPlan.of(List.of()).bytes()).isZero();
  }

  @Test
  void eachValueStartsAtAMultipleOfSixteen() {
    assertThat(ArenaPlan.of(List.of(value(1, 0, 1), value(17, 1, 1))).bytes()).isEqualTo(48);
  }

  /**
   * A chain as the visual wake words network has it in float32; TFLite Micro's
   * RecordingMicroAllocator gives this figure, which the two equal values in the other order would
   * not: they would take 258,048.
   */
  @Test
  void ofEqualValuesTheLastIsPlacedFirst() {
    List<Value> chain =
        List.of(
            value(110_592, 0, 1), value(73_728, 1, 2), value(73_728, 2, 3), value(147_456, 3, 4));
    assertThat(ArenaPlan.of(chain).bytes()).isEqualTo(294_912);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void itTakesNoLessThanTheMostThatLivesAtOnceAndNoMoreThanAll(long seed) {
    Random random = new Random(seed);
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int first = random.nextInt(20);
      values.add(value(1 + random.nextInt(500), first, first + random.nextInt(6)));
    }
    long most =
        IntStream.range(0, 26)
            .mapToLong(
                t ->
                    values.stream()
                        .filter(v -> v.first() <= t && t <= v.last())
                        .mapToLong(Value::aligned)
                        .sum())
            .max()
            .orElseThrow();
    long all = values.stream().mapToLong(Value::aligned).sum();
    assertThat(ArenaPlan.of(values).bytes()).isBetween(most, all);
  }
}
