package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProvenTwinTest {
  /** Two samples of three channels, of which one is a million times as large as another. */
  @ParameterizedTest
  @CsvSource({
    "1000, 1, 0.001, true",
    "1000.05, 1, 0.001, true",
    "1000, 1.00005, 0.001, true",
    "1000, 1, 0.00100005, true",
    "1000.2, 1, 0.001, false",
    "1000, 1.0002, 0.001, false",
    "1000, 1, 0.0010002, false",
    "1000, 1, NaN, false"
  })
  void eachChannelIsProvenByItsOwnScale(float first, float second, float third, boolean same) {
    Tensor expected = Tensor.of(new float[] {1000, 1, 0.001f, 900, 0.5f, 0.0005f}, 2, 3);
    Tensor actual = Tensor.of(new float[] {first, second, third, 900, 0.5f, 0.0005f}, 2, 3);
    assertThat(ProvenTwin.same(List.of(expected), List.of(actual))).isEqualTo(same);
  }
}
