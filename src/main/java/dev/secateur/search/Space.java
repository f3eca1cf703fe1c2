package dev.secateur.search;

import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.Search;
import dev.secateur.plan.Search.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The points that may be tried.
 *
 * @param of what the shares in {@code channels} are of
 * @param epochs that a trial may train, at most; 0 where there is nothing to train on
 */
record Space(
    List<Double> sparsities,
    List<Double> channels,
    ChannelTarget.Of of,
    List<String> schemes,
    int epochs) {
  /** In hundredths: what is removed, in steps that a verdict can tell apart. */
  private static final int FINEST = 5;

  private static final int MOST_ZEROS = 95;
  private static final int MOST_CHANNELS = 70;

  /** What did not run anywhere is no place to look at. */
  static Space of(Search search, boolean trainable, List<Trial> tried) {
    // Zeros cost as much as what they replaced, but in a zip.
    boolean zeros = search.objective() == Objective.ZIPPED_BYTES;
    List<String> schemes =
        search.schemes().stream()
            .filter(
                s ->
                    tried.stream().noneMatch(t -> t.point().scheme().equals(s))
                        || tried.stream()
                            .anyMatch(t -> t.point().scheme().equals(s) && t.found().isPresent()))
            .toList();
    ChannelTarget.Of of = of(search, tried);
    return new Space(
        zeros ? steps(MOST_ZEROS) : List.of(0.0),
        search.channels()
            ? removable(tried.stream().filter(t -> comparable(t, of)).toList())
            : List.of(0.0),
        of,
        schemes,
        trainable ? search.epochs() : 0);
  }

  /** For the objective's sake, unless no network with all channels has room beside it. */
  private static ChannelTarget.Of of(Search search, List<Trial> tried) {
    return tried.stream()
        .filter(t -> t.point().channels() == 0)
        .flatMap(t -> t.found().stream())
        .map(f -> search.channelsOf(f.bytes(), f.memory()))
        .reduce((a, b) -> a == search.channelsOf() ? a : b)
        .orElse(search.channelsOf());
  }

  private static boolean comparable(Trial trial, ChannelTarget.Of of) {
    return trial.point().channels() == 0 || trial.point().of() == of;
  }

  /** Whether a trial's share of channels says something of these. */
  boolean tells(Trial trial) {
    return comparable(trial, of);
  }

  /** Of some networks only so many channels can go, of some none. */
  private static List<Double> removable(List<Trial> tried) {
    double went =
        tried.stream()
            .filter(t -> t.found().isPresent())
            .mapToDouble(t -> t.point().channels())
            .max()
            .orElse(0);
    double stayed =
        tried.stream()
            .filter(t -> t.found().isEmpty())
            .mapToDouble(t -> t.point().channels())
            .filter(c -> c > went)
            .min()
            .orElse(1);
    // Where none went at all, a share that nearly failed is none to try.
    double most = went == 0 ? stayed / 2 : stayed;
    return stayed == 1
        ? steps(MOST_CHANNELS)
        : steps(MOST_CHANNELS).stream().filter(c -> c < most).toList();
  }

  private static List<Double> steps(int most) {
    return IntStream.rangeClosed(0, most / FINEST).mapToObj(i -> i * FINEST / 100.0).toList();
  }

  boolean zeros() {
    return sparsities.size() > 1;
  }

  boolean removesChannels() {
    return channels.size() > 1;
  }

  /** All points with this training. */
  List<Point> points(int trained) {
    List<Point> points = new ArrayList<>();
    for (String scheme : schemes) {
      for (double channel : channels) {
        for (double sparsity : sparsities) {
          points.add(new Point(sparsity, channel, of, scheme, trained));
        }
      }
    }
    return points;
  }
}
