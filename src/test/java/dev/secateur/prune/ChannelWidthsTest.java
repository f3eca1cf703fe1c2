package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Graph;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.tflite.ChannelNetworks;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChannelWidthsTest {
  static IntStream seeds() {
    return IntStream.range(0, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsLeftIsToldWithoutBuildingIt(int seed) {
    Graph network = ChannelNetworks.of(seed);
    Channels channels = Channels.of(network, Set.of());
    NetworkSize size = new NetworkSize(network, channels);
    Random random = new Random(seed);
    BitSet removed = new BitSet();
    int[] kept = new int[channels.groups().size()];
    for (int g = 0; g < kept.length; g++) {
      List<Integer> units = channels.groups().get(g).units();
      kept[g] = 1 + random.nextInt(units.size());
      units.subList(kept[g], units.size()).forEach(removed::set);
    }
    SampleCosts before = SampleCosts.of(network);
    SampleCosts after = SampleCosts.of(channels.without(removed));
    assertThat(size.left(ChannelTarget.Of.MACS, kept))
        .isCloseTo((double) after.macs() / before.macs(), within(1e-9));
    assertThat(size.left(ChannelTarget.Of.BYTES, kept))
        .isCloseTo((double) after.weights() / before.weights(), within(1e-9));
    assertThat(size.left(ChannelTarget.Of.MEMORY, kept))
        .isCloseTo((double) after.memory() / before.memory(), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theShareAskedForIsReachedInMultiples(int seed) {
    Graph network = ChannelNetworks.of(seed);
    Channels channels = Channels.of(network, Set.of());
    for (ChannelTarget.Of of : ChannelTarget.Of.values()) {
      ChannelTarget target = new ChannelTarget(Optional.empty(), of, 4);
      ChannelWidths widths = new ChannelWidths(network, channels, target);
      double share = widths.most() * 0.6;
      BitSet removed = widths.removed(costs(channels, seed), share);
      SampleCosts before = SampleCosts.of(network);
      SampleCosts after = SampleCosts.of(channels.without(removed));
      assertThat(1 - left(of, before, after)).isGreaterThanOrEqualTo(share - 1e-9);
      for (ChannelGroup group : channels.groups()) {
        long gone = group.units().stream().filter(removed::get).count();
        long channelsLeft = (group.size() - gone) * group.channels();
        assertThat(gone == 0 || channelsLeft % 4 == 0).isTrue();
        assertThat(channelsLeft).isPositive();
      }
    }
  }

  private static double left(ChannelTarget.Of of, SampleCosts before, SampleCosts after) {
    return switch (of) {
      case MACS -> (double) after.macs() / before.macs();
      case BYTES -> (double) after.weights() / before.weights();
      case MEMORY -> (double) after.memory() / before.memory();
      case BOTH ->
          Math.max(
              left(ChannelTarget.Of.MACS, before, after),
              left(ChannelTarget.Of.BYTES, before, after));
    };
  }

  /** Some that rise, at random. */
  private static ChannelSensitivity costs(Channels channels, int seed) {
    Random random = new Random(seed);
    return new ChannelSensitivity(
        channels.groups().stream()
            .map(
                g ->
                    new ChannelSensitivity.Group(
                        g.units().stream().mapToInt(i -> i).toArray(),
                        new double[] {0.25, 0.5, 0.75},
                        new double[] {
                          random.nextDouble(), 1 + random.nextDouble(), 3 * random.nextDouble()
                        }))
            .toList());
  }
}
