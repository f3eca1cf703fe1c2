package dev.secateur.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import org.junit.jupiter.api.Test;

class ChannelConstantTest {
  private static final Tensor ONE = new Tensor(Shape.of(1), new float[] {2});
  private static final Tensor THREE = new Tensor(Shape.of(3), new float[] {1, 2, 3});

  @Test
  void oneNumberIsEachChannels() {
    assertThat(ChannelConstant.of(ONE, Shape.of(Shape.UNKNOWN, 3)))
        .hasValueSatisfying(all -> assertThat(all).containsExactly(2, 2, 2));
    assertThat(ChannelConstant.of(THREE, Shape.of(Shape.UNKNOWN, 3)))
        .hasValueSatisfying(all -> assertThat(all).containsExactly(1, 2, 3));
    assertThat(ChannelConstant.of(THREE, Shape.of(Shape.UNKNOWN, 2))).isEmpty();
  }

  /** As after a sum over all axes but the batch. */
  @Test
  void whatHasNoAxisButTheBatchHasNoChannels() {
    assertThat(ChannelConstant.of(ONE, Shape.of(Shape.UNKNOWN))).isEmpty();
  }
}
