package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Search;
import dev.secateur.plan.Search.Objective;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** On made-up networks, whose best plan is known since all of them can be tried. */
class StrategyTest {
  private static final long MEMORY = 10_000;
  private static final List<String> SCHEMES = List.of("int8", "int8-4", "float16");

  /** How a network answers: its own costs of zeros, channels and schemes, and a noisy verdict. */
  private record World(
      double zeros,
      double channels,
      double fourBits,
      double training,
      double allowed,
      double noise,
      boolean removable,
      long seed) {
    static World of(long seed) {
      Random random = new Random(seed);
      return new World(
          1 + 5 * random.nextDouble(),
          2 + 6 * random.nextDouble(),
          0.002 + 0.05 * random.nextDouble(),
          0.2 + 0.8 * random.nextDouble(),
          0.01 * Math.pow(30, random.nextDouble()),
          0.1 * random.nextDouble(),
          random.nextInt(4) > 0,
          seed);
    }

    double divergence(Point p) {
      double quantized =
          switch (p.scheme()) {
            case "int8-4" -> fourBits;
            case "int8" -> 0.002;
            default -> 1e-5;
          };
      // Another law than the search supposes: exponential, and what is done twice costs more.
      double ofZeros = 0.002 * Math.expm1(2 * zeros * p.sparsity() * p.sparsity());
      double ofChannels = 0.01 * Math.expm1(channels * p.channels());
      double both = ofZeros + ofChannels + Math.sqrt(ofZeros * ofChannels) / 2;
      return quantized + both * (0.3 + 0.7 * Math.pow(1 + p.epochs(), -training));
    }

    long zipped(Point p) {
      double whole =
          switch (p.scheme()) {
            case "int8-4" -> 50_000;
            case "int8" -> 80_000;
            default -> 160_000;
          };
      return Math.round(whole * (1 - 0.8 * p.sparsity()) * (1 - 0.9 * p.channels()));
    }

    /** Channels that go by weights hardly hold any; of those that go by memory, all. */
    long memory(Point p) {
      double gone =
          switch (p.of()) {
            case BYTES -> 0.1;
            case MACS, BOTH -> 0.75;
            case MEMORY -> 1;
          };
      return Math.round(MEMORY * (1 - gone * p.channels()));
    }

    Trial run(int number, int round, Point p) {
      if (p.channels() > 0 && !removable) {
        return Trial.failed(number, round, p, "no channel can go", 1);
      }
      double luck = 1 + noise * new Random(p.hashCode() ^ seed).nextGaussian();
      double divergence = divergence(p);
      return new Trial(
          number,
          round,
          p,
          Optional.of(
              new Trial.Found(
                  divergence * luck <= allowed,
                  Measure.TOP1,
                  Map.of(Measure.TOP1, 1 - divergence * luck),
                  divergence * luck,
                  0,
                  Optional.empty(),
                  Optional.empty(),
                  divergence,
                  zipped(p),
                  zipped(p),
                  Optional.of(memory(p)),
                  Optional.of(memory(p)),
                  100,
                  1000)),
          "made up",
          1 + 2 * p.epochs());
    }

    /** A point may be lost, of which each trial is sure to half a one. */
    Trial judgedByProbabilities(int number, int round, Point p) {
      return judged(number, round, p, true);
    }

    /** The same drop, counted. */
    Trial judgedByCount(int number, int round, Point p) {
      return judged(number, round, p, false);
    }

    private Trial judged(int number, int round, Point p, boolean byProbabilities) {
      Trial trial = run(number, round, p);
      return trial
          .found()
          .map(
              f ->
                  trial.with(
                      new Trial.Found(
                          true,
                          f.measure(),
                          f.measures(),
                          byProbabilities ? f.loss() : 0.01 * f.loss() / allowed,
                          0.005,
                          Optional.of(0.01),
                          byProbabilities
                              ? Optional.of(0.01 * f.divergence() / allowed)
                              : Optional.empty(),
                          f.divergence(),
                          f.bytes(),
                          f.zippedBytes(),
                          f.macs(),
                          f.memory(),
                          f.latency(),
                          f.samples())))
          .orElse(trial);
    }

    List<Trial> search(Search search, boolean trainable) {
      return tried(new Strategy(search, trainable, true), this::run);
    }

    /** The smallest that is allowed, of the points that a search may try. */
    long best(Search search) {
      return Space.of(search, true, List.of()).points(search.epochs()).stream()
          .filter(p -> removable || p.channels() == 0)
          .filter(p -> divergence(p) <= allowed)
          .mapToLong(this::zipped)
          .min()
          .orElse(Long.MAX_VALUE);
    }
  }

  /** Runs a trial. */
  private interface Trying {
    Trial run(int number, int round, Point point);
  }

  /** All trials of a search. */
  private static List<Trial> tried(Strategy strategy, Trying trying) {
    List<Trial> trials = new ArrayList<>();
    for (Round r = strategy.next(trials); !r.points().isEmpty(); r = strategy.next(trials)) {
      for (Point point : r.points()) {
        trials.add(trying.run(trials.size() + 1, r.number(), point));
      }
    }
    return trials;
  }

  private static Search search(Objective objective, int trials, Optional<Double> minutes) {
    return search(objective, trials, SCHEMES, minutes);
  }

  private static Search search(
      Objective objective, int trials, List<String> schemes, Optional<Double> minutes) {
    return new Search(
        objective,
        trials,
        5,
        schemes,
        true,
        Optional.empty(),
        minutes,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  static IntStream worlds() {
    return IntStream.range(0, 100);
  }

  @Test
  void theBestIsNearlyTheBestThereIs() {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    List<Double> over = new ArrayList<>();
    worlds()
        .forEach(
            seed -> {
              World world = World.of(seed);
              long possible = world.best(search);
              Trial.Found found =
                  new Front(search, world.search(search, true))
                      .best()
                      .orElseThrow()
                      .found()
                      .orElseThrow();
              if (possible < Long.MAX_VALUE) {
                over.add(found.within() ? (double) found.zippedBytes() / possible : 10);
              }
            });
    over.sort(null);

    assertThat(over).hasSizeGreaterThan(75);
    assertThat(over.get(over.size() / 2)).isLessThan(1.05);
    assertThat(over.get(over.size() * 9 / 10)).isLessThan(1.25);
  }

  /** By what trials take here, of which only the kinds are like the real. */
  @Test
  void fourWorkersEndInLittleMoreThanAQuarterOfTheTime() {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    double one = 0;
    double four = 0;
    for (int seed = 0; seed < 100; seed++) {
      List<Trial> trials = World.of(seed).search(search, true);
      one += elapsed(trials, 1);
      four += elapsed(trials, 4);
    }
    assertThat(four / one).isLessThan(0.35);
  }

  /** Of the rounds one after the other, each shared by so many workers. */
  private static double elapsed(List<Trial> trials, int workers) {
    return trials.stream().collect(Collectors.groupingBy(Trial::round)).values().stream()
        .mapToDouble(
            round -> {
              double[] busy = new double[workers];
              for (Trial trial : round) {
                Arrays.sort(busy);
                busy[0] += trial.seconds();
              }
              return Arrays.stream(busy).max().orElseThrow();
            })
        .sum();
  }

  /** Whose networks training leaves as they were. */
  @Test
  void whatBriefTrainingLeavesIsNotTrainedLong() {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    long both = 0;
    for (int seed = 0; seed < 100; seed++) {
      World world = World.of(seed);
      World stubborn =
          new World(
              world.zeros,
              world.channels,
              world.fourBits,
              0,
              world.allowed,
              0,
              world.removable,
              world.seed);
      List<Trial> trials = stubborn.search(search, true);
      List<Point> untrained =
          trials.stream().map(Trial::point).filter(p -> p.epochs() == 0).toList();
      boolean known =
          trials.stream()
              .filter(t -> t.point().epochs() == 1 && t.found().isPresent())
              .anyMatch(t -> untrained.contains(t.point().trained(0)));
      if (known) {
        both++;
        assertThat(trials).noneMatch(t -> t.point().epochs() == search.epochs());
      }
    }
    assertThat(both).isGreaterThan(10);
  }

  /**
   * ResNet-32, as measured: a brief training mends what is far within, and leaves what is near the
   * bound as it was.
   */
  @Test
  void whatTrainingMendsFarFromTheBoundAllowsNoLongTraining() throws IOException {
    assertThat(next(resnet32()).points()).isNotEmpty().noneMatch(p -> p.epochs() == 5);
  }

  /** The same, but that what was trained was not tried untrained: a hundredth beside it. */
  @Test
  void whereNoneWasTriedBothWaysNothingSpeaksAgainstALongTraining() throws IOException {
    List<Trial> apart =
        resnet32().stream()
            .map(
                t -> {
                  Point p = t.point();
                  double beside = Math.max(0, p.sparsity() - 0.01);
                  return p.epochs() > 0
                      ? t
                      : at(new Point(beside, p.channels(), p.of(), p.scheme(), 0), t);
                })
            .toList();
    assertThat(next(apart).points()).anyMatch(p -> p.epochs() == 5);
  }

  /** The first trials of a real search. */
  private static List<Trial> resnet32() throws IOException {
    try (InputStream trials = StrategyTest.class.getResourceAsStream("/search/resnet32.json")) {
      return TrialsJson.read(trials.readAllBytes());
    }
  }

  private static Round next(List<Trial> trials) {
    List<String> schemes = List.of("int8", "int8-4", "int4");
    Search search = search(Objective.ZIPPED_BYTES, 24, schemes, Optional.empty());
    return new Strategy(search, true, true).next(trials);
  }

  /** Only hardly pruned {@code int8} is within, and its probe was unlucky. */
  @ParameterizedTest
  @MethodSource("worlds")
  void whereHardlyAnythingIsWithinEachSchemeIsLookedAt(long seed) {
    World any = World.of(seed);
    World narrow =
        new World(any.zeros, any.channels, 0.01, any.training, 0.0025, 0, any.removable, any.seed);
    Strategy strategy = new Strategy(Search.DEFAULT, false, false);
    List<Trial> trials =
        tried(
            strategy,
            (number, round, point) -> {
              boolean unlucky = point.equals(new Point(0.5, 0, "int8", 0));
              Point as = unlucky ? new Point(0.7, 0, "int8", 0) : point;
              return at(point, narrow.run(number, round, as));
            });

    assertThat(trials).anyMatch(t -> t.found().filter(Trial.Found::within).isPresent());
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void noPointIsTriedTwiceAndTheBudgetHolds(long seed) {
    Search search = search(Objective.values()[(int) (seed % 2)], 20, Optional.of(2.0));
    List<Trial> trials = World.of(seed).search(search, seed % 3 > 0);

    assertThat(trials).hasSizeLessThanOrEqualTo(20);
    assertThat(new HashSet<>(trials.stream().map(Trial::point).toList())).hasSameSizeAs(trials);
    double seconds =
        trials.stream()
            .filter(t -> t.round() < trials.get(trials.size() - 1).round())
            .mapToDouble(Trial::seconds)
            .sum();
    assertThat(seconds).isLessThan(120);
    if (seed % 3 == 0) {
      assertThat(trials).allMatch(t -> t.point().epochs() == 0);
    }
  }

  /** By budgets that differ in nothing else than where they end. */
  @ParameterizedTest
  @MethodSource("worlds")
  void whereTheBudgetCutsARoundItsTrainingsStay(long seed) {
    World world = World.of(seed);
    List<Trial> whole = world.search(search(Objective.ZIPPED_BYTES, 23, Optional.empty()), true);
    for (int budget = 12; budget < whole.size(); budget++) {
      List<Trial> cut =
          world.search(search(Objective.ZIPPED_BYTES, budget, Optional.empty()), true);
      int last = cut.get(budget - 1).round();
      long had = cut.stream().filter(t -> t.round() == last).count();

      assertThat(trained(cut, last)).isEqualTo(Math.min(had, trained(whole, last)));
    }
  }

  private static long trained(List<Trial> trials, int round) {
    return trials.stream().filter(t -> t.round() == round && t.point().epochs() > 0).count();
  }

  /** Whoever goes on with it, from wherever it was left, decides the same. */
  @ParameterizedTest
  @MethodSource("worlds")
  void whatIsDecidedFollowsFromTheTrials(long seed) throws Exception {
    World world = World.of(seed);
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    List<Trial> trials = world.search(search, true);
    int left = new Random(seed).nextInt(trials.size());
    List<Trial> known = TrialsJson.read(TrialsJson.write(trials.subList(0, left)));

    Round round = new Strategy(search, true, true).next(known);

    assertThat(round.first()).isEqualTo(left + 1);
    assertThat(round.number()).isEqualTo(trials.get(left).round());
    assertThat(round.points().get(0)).isEqualTo(trials.get(left).point());
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void nothingOnTheFrontIsBeaten(long seed) {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    List<Trial> trials = World.of(seed).search(search, true);
    List<Trial> front = new Front(search, trials).of(Objective.ZIPPED_BYTES);

    for (int i = 1; i < front.size(); i++) {
      Trial.Found smaller = front.get(i - 1).found().orElseThrow();
      Trial.Found larger = front.get(i).found().orElseThrow();
      assertThat(larger.zippedBytes()).isGreaterThan(smaller.zippedBytes());
      assertThat(larger.loss()).isLessThan(smaller.loss());
    }
    assertThat(trials.stream().filter(t -> t.found().isPresent() && !front.contains(t)))
        .allMatch(
            t ->
                front.stream()
                    .anyMatch(
                        f ->
                            f.found().orElseThrow().zippedBytes()
                                    <= t.found().orElseThrow().zippedBytes()
                                && f.found().orElseThrow().loss()
                                    <= t.found().orElseThrow().loss()));
  }

  /**
   * Where the drop is told by probabilities, what is asked for the first, the second and the third
   * time differs; whichever is refused, there is one that is nearly the smallest of its kind.
   */
  @ParameterizedTest
  @CsvSource({"0, false, 1.1", "1, false, 1.1", "2, false, 1.1", "3, false, 1.1", "1, true, 1.25"})
  void whatFollowsARefusalHasBeenLookedForToo(int refused, boolean trainable, double atMost) {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    List<Double> over = new ArrayList<>();
    for (int seed = 0; seed < 100; seed++) {
      World world = World.of(seed);
      List<Trial> trials =
          tried(new Strategy(search, trainable, true), world::judgedByProbabilities);
      List<Trial> all =
          Space.of(search, trainable, List.of()).points(trainable ? search.epochs() : 0).stream()
              .filter(p -> world.removable || p.channels() == 0)
              .map(p -> world.judgedByProbabilities(1, 1, p))
              .toList();
      OptionalLong possible = smallest(Luck.settled(all, refused));
      if (possible.isPresent()) {
        over.add(
            (double) smallest(Luck.settled(trials, refused)).orElse(Long.MAX_VALUE)
                / possible.getAsLong());
      }
    }
    over.sort(null);
    assertThat(over).hasSizeGreaterThan(75);
    assertThat(over.get(over.size() * 9 / 10)).isLessThan(atMost);
  }

  @Test
  void whereNobodyRefusesNothingIsLookedForThatWouldFollow() {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    long sure = 0;
    long alone = 0;
    for (int seed = 0; seed < 100; seed++) {
      World world = World.of(seed);
      sure += sure(tried(new Strategy(search, false, true), world::judgedByCount));
      alone += sure(tried(new Strategy(search, false, false), world::judgedByCount));
    }
    assertThat(alone).isLessThan(sure / 2);
  }

  /**
   * A training set may hold its evaluation part, which a ledger's search learns from trials alone.
   */
  @Test
  void whatIsExpectedIsToldWhereTheBestMayBeRefused() {
    Search search = search(Objective.ZIPPED_BYTES, 24, Optional.empty());
    for (int seed = 0; seed < 20; seed++) {
      World world = World.of(seed);
      assertThat(tried(new Strategy(search, true, false), world::judgedByProbabilities))
          .isEqualTo(tried(new Strategy(search, true, true), world::judgedByProbabilities));
    }
  }

  /** What would be asked for after two refusals, the probes left out. */
  private static long sure(List<Trial> trials) {
    return Luck.settled(trials, 2).stream()
        .filter(t -> t.round() > 1 && t.found().filter(Trial.Found::within).isPresent())
        .count();
  }

  private static OptionalLong smallest(List<Trial> trials) {
    return trials.stream()
        .flatMap(t -> t.found().stream())
        .filter(Trial.Found::within)
        .mapToLong(Trial.Found::zippedBytes)
        .min();
  }

  /** The same, of another point. */
  private static Trial at(Point point, Trial trial) {
    return new Trial(
        trial.number(), trial.round(), point, trial.found(), trial.reason(), trial.seconds());
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void noRoundGoesMuchFartherInChannelsThanWhatRan(long seed) {
    List<Trial> trials =
        World.of(seed).search(search(Objective.ZIPPED_BYTES, 24, Optional.empty()), true);
    for (Trial trial : trials) {
      double known =
          trials.stream()
              .filter(t -> t.round() < trial.round() && t.found().isPresent())
              .mapToDouble(t -> t.point().channels())
              .max()
              .orElse(1);
      assertThat(trial.point().channels()).isLessThanOrEqualTo(known + 0.2 + 1e-9);
    }
  }

  /** Channels go by quarters. */
  @ParameterizedTest
  @MethodSource("worlds")
  void whatLiesBetweenTwoThatAreOneNetworkIsNotTried(long seed) {
    World world = World.of(seed);
    List<Trial> before = new ArrayList<>();
    tried(
        new Strategy(search(Objective.BYTES, 24, Optional.empty()), true, true),
        (number, round, p) -> {
          List<Trial> known = before.stream().filter(t -> t.round() < round).toList();
          assertThat(between(p, known)).as("%s after %s", p, known).isFalse();
          Point narrowed =
              new Point(
                  p.sparsity(), Math.floor(p.channels() * 4) / 4, p.of(), p.scheme(), p.epochs());
          before.add(at(p, world.run(number, round, narrowed)));
          return before.get(before.size() - 1);
        });
  }

  private static boolean between(Point p, List<Trial> trials) {
    List<Trial> alike =
        trials.stream()
            .filter(t -> t.found().isPresent() && t.point().whole().equals(p.whole()))
            .toList();
    return alike.stream()
        .filter(t -> t.point().channels() < p.channels())
        .anyMatch(
            t ->
                alike.stream()
                    .filter(o -> o.point().channels() > p.channels())
                    .anyMatch(
                        o ->
                            o.found().orElseThrow().divergence()
                                == t.found().orElseThrow().divergence()));
  }

  /** By a device's room for activations, as a part of what the network with all channels needs. */
  @ParameterizedTest
  @CsvSource({
    "ZIPPED_BYTES, 1.1, BYTES",
    "ZIPPED_BYTES, 0.6, MACS",
    "ZIPPED_BYTES, 0.5, MACS",
    "BYTES, 1.1, BYTES",
    "BYTES, 0.7, MACS",
    "MEMORY, 1.1, MEMORY",
    "MEMORY, 0.5, MEMORY",
    "MACS, 1.1, MACS",
    "LATENCY, 0.6, MACS"
  })
  void channelsGoByWhatIsToBeSmallUnlessTheDeviceLacksAnotherRoom(
      Objective objective, double room, ChannelTarget.Of of) {
    Search search =
        new Search(
            objective,
            24,
            5,
            SCHEMES,
            true,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Math.round(room * MEMORY)));
    World any = World.of(1);
    World world = new World(any.zeros, 2, any.fourBits, any.training, 0.2, 0, true, any.seed);
    List<Trial> trials = tried(new Strategy(search, false, true), world::run);

    assertThat(trials.stream().filter(t -> t.round() > 1 && t.point().channels() > 0))
        .isNotEmpty()
        .allMatch(t -> t.point().of() == of);
    assertThat(new Front(search, trials).best())
        .hasValueSatisfying(
            t -> assertThat(new Front(search, trials).isWithin(t)).as("fits").isTrue());
  }
}
