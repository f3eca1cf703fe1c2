package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import dev.secateur.plan.ChannelTarget;
import java.util.BitSet;
import java.util.List;

/**
 * How many units each group of channels keeps: the smallest sum of measured costs and μ times the
 * network's size, by descent over the groups, for the least μ that reaches the target.
 */
public final class ChannelWidths {
  private static final int STEPS = 40;
  private static final int MOST_ROUNDS = 8;

  /** Of a group's units that stay, whatever is asked. */
  private static final double LEAST = 0.1;

  private final List<ChannelGroup> groups;
  private final NetworkSize size;
  private final ChannelTarget target;
  private final int[][] choices;

  public ChannelWidths(Graph network, Channels channels, ChannelTarget target) {
    this.groups = channels.groups();
    this.size = new NetworkSize(network, channels);
    this.target = target;
    this.choices = new int[groups.size()][];
    for (int g = 0; g < choices.length; g++) {
      choices[g] = choices(groups.get(g), target.multiple());
    }
  }

  /** Numbers of units that leave a multiple of channels, ascending; all of them last. */
  private static int[] choices(ChannelGroup group, int multiple) {
    int least = Math.max(1, (int) Math.ceil(LEAST * group.size()));
    return java.util.stream.IntStream.rangeClosed(least, group.size())
        .filter(u -> u == group.size() || u * group.channels() % multiple == 0)
        .toArray();
  }

  private int[] narrowest() {
    int[] kept = new int[choices.length];
    for (int g = 0; g < kept.length; g++) {
      kept[g] = choices[g][0];
    }
    return kept;
  }

  private int[] whole() {
    return groups.stream().mapToInt(ChannelGroup::size).toArray();
  }

  /** The largest share that can go. */
  public double most() {
    return 1 - size.left(target.of(), narrowest());
  }

  /** As few units as there can be: what any target's network is like, if not so small. */
  public BitSet least() {
    BitSet removed = new BitSet();
    int[] kept = narrowest();
    for (int g = 0; g < kept.length; g++) {
      List<Integer> units = groups.get(g).units();
      units.subList(kept[g], units.size()).forEach(removed::set);
    }
    return removed;
  }

  /**
   * The units to remove for a share.
   *
   * @param share at most {@link #most}
   */
  public BitSet removed(ChannelSensitivity sensitivity, double share) {
    double low = 1e-9;
    double high = 1e6;
    int[] best = narrowest();
    int[] start = whole();
    for (int i = 0; i < STEPS; i++) {
      double mu = Math.sqrt(low * high);
      int[] kept = descend(sensitivity, mu, start);
      if (1 - size.left(target.of(), kept) >= share) {
        high = mu;
        best = kept;
      } else {
        low = mu;
      }
    }
    widen(sensitivity, best, share);
    BitSet removed = new BitSet();
    for (int g = 0; g < best.length; g++) {
      int[] order = sensitivity.groups().get(g).order();
      for (int i = 0; i < order.length - best[g]; i++) {
        removed.set(order[i]);
      }
    }
    return removed;
  }

  private int[] descend(ChannelSensitivity sensitivity, double mu, int[] start) {
    int[] kept = start.clone();
    boolean moved = true;
    for (int round = 0; moved && round < MOST_ROUNDS; round++) {
      moved = false;
      for (int g = 0; g < kept.length; g++) {
        int before = kept[g];
        int best = before;
        double least = Double.POSITIVE_INFINITY;
        for (int choice : choices[g]) {
          kept[g] = choice;
          double cost = cost(sensitivity, g, choice) + mu * size.weighed(target.of(), kept);
          if (cost < least) {
            least = cost;
            best = choice;
          }
        }
        kept[g] = best;
        moved |= best != before;
      }
    }
    return kept;
  }

  /** Gives back what the target does not need, where it is worth most. */
  private void widen(ChannelSensitivity sensitivity, int[] kept, double share) {
    while (true) {
      int best = -1;
      int width = 0;
      double most = -1; // what costs nothing is given back too
      for (int g = 0; g < kept.length; g++) {
        int before = kept[g];
        for (int choice : choices[g]) {
          if (choice > before) {
            kept[g] = choice;
            double worth = cost(sensitivity, g, before) - cost(sensitivity, g, choice);
            if (worth > most && 1 - size.left(target.of(), kept) >= share) {
              most = worth;
              best = g;
              width = choice;
            }
            break;
          }
        }
        kept[g] = before;
      }
      if (best < 0) {
        return;
      }
      kept[best] = width;
    }
  }

  private double cost(ChannelSensitivity sensitivity, int group, int kept) {
    return sensitivity.cost(group, 1 - (double) kept / groups.get(group).size());
  }
}
