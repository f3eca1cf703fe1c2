package dev.secateur.search;

import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.Search;
import dev.secateur.search.Surrogate.Known;
import dev.secateur.search.Surrogate.Prior;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Which points are tried next: a function of the trials so far, in rounds. A round is decided on
 * when the one before has ended, so that the decisions are the same however many run at once.
 *
 * <p>First what costs seconds: a few points without training, spread over the space; a model of
 * size and divergence through them ({@link Surrogate}); and, by it, points where the divergence
 * comes near to what the acceptance allows, which each round knows better. Then training, for what
 * can still win: a few points for a short time, those to the end that this is likely to bring
 * within (successive halving, Jamieson and Talwalkar 2016), and none where the short one did
 * nothing. A round ends with its last trial: so its trials are such as take about as long, as many
 * as usually run at once, the longest first.
 *
 * @param trainable whether there is a set to train on
 * @param judgedAgain whether it is known before any trial that an evaluation set may refuse what is
 *     found; a trial that has an expected drop says so too, since only what is judged again has one
 */
public record Strategy(Search search, boolean trainable, boolean judgedAgain) {
  /** Trials of a round that take about as long: as many run at once. */
  static final int WIDTH = 4;

  /** One round without training for so many trials, and one of whole trainings. */
  private static final int TRIALS_A_ROUND = 12;

  /** As many rounds at least without training; more where nothing can be trained. */
  private static final int ROUNDS = 2;

  private static final int UNTRAINED_ONLY = 5;

  /** A short training, as a part of a whole one. */
  private static final int SHORT = 5;

  /** What is not smaller by this is not worth a trial. */
  private static final double GAIN = 0.99;

  /** Nor a training, which takes ten times as long. */
  private static final double GAIN_TRAINED = 0.98;

  /**
   * Divergence after a brief training, over that before: luck alone makes some of it, and what a
   * whole training gains where a brief one gains less is not worth its time.
   */
  private static final double GAINED = 0.95;

  /** Channels: further out than anything that ran, a model of few trials says little. */
  private static final double REACH = 0.2;

  /** No whole training for what it will hardly bring within. */
  private static final double LIKELY = 0.85;

  /** What is beside trainings is there to fill the round. */
  private static final Comparator<Point> TRAININGS_FIRST =
      Comparator.comparing((Point p) -> -p.epochs());

  /** What starts last is to end with the others. */
  private static final Comparator<Point> LONGEST_FIRST =
      TRAININGS_FIRST.thenComparing(p -> p.channels() == 0);

  /** Where between what is known to be within and what is known to be beyond a round looks. */
  private static final double[] BETWEEN = {0.5, 0.15, 0.85, 0};

  /**
   * What is to be tried now: what is left of the last round, else the next one.
   *
   * @param trials by number, from 1, without a gap
   */
  public Round next(List<Trial> trials) {
    int last = trials.isEmpty() ? 0 : trials.get(trials.size() - 1).round();
    List<Trial> before = trials.stream().filter(t -> t.round() < last).toList();
    List<Point> begun = last == 0 ? List.of() : decided(before);
    int done = trials.size() - before.size();
    return done < begun.size()
        ? new Round(last, trials.size() + 1, begun.subList(done, begun.size()))
        : new Round(last + 1, trials.size() + 1, decided(trials));
  }

  private List<Point> decided(List<Trial> trials) {
    int left = search.trials() - trials.size();
    if (left <= 0 || spent(trials)) {
      return List.of();
    }
    Space space = Space.of(search, trainable, trials);
    if (space.schemes().isEmpty()) {
      return List.of();
    }
    return round(space, Luck.settled(trials, 0)).stream()
        .sorted(TRAININGS_FIRST)
        .limit(left)
        .sorted(LONGEST_FIRST)
        .toList();
  }

  private boolean spent(List<Trial> trials) {
    double seconds = trials.stream().mapToDouble(Trial::seconds).sum();
    return search.processorMinutes().filter(m -> seconds >= 60 * m).isPresent();
  }

  private List<Point> round(Space space, List<Trial> trials) {
    if (trials.isEmpty()) {
      return probes(space);
    }
    Model model = new Model(space, trials);
    if (model.ran.isEmpty()) {
      return List.of();
    }
    int epochs = space.epochs();
    int brief = epochs <= 2 ? epochs : Math.max(1, epochs / SHORT);
    int rounds = Math.max(epochs == 0 ? UNTRAINED_ONLY : ROUNDS, search.trials() / TRIALS_A_ROUND);
    List<Point> points = new ArrayList<>();
    if (rounds(trials, 0) <= rounds) {
      points.addAll(model.promising(0));
    }
    // What does not fill a round goes beside the trainings, which take longer.
    if (epochs == 0 || points.size() == WIDTH) {
      return points;
    }
    if (brief < epochs && rounds(trials, brief) == 0) {
      points.addAll(model.promising(brief));
    } else if (rounds(trials, epochs) < Math.max(1, search.trials() / TRIALS_A_ROUND)
        && (brief == epochs || model.gainsBy(brief))) {
      points.addAll(model.finalists(brief, epochs));
    }
    return points;
  }

  private static long rounds(List<Trial> trials, int epochs) {
    return trials.stream()
        .filter(t -> t.point().epochs() == epochs)
        .mapToInt(Trial::round)
        .distinct()
        .count();
  }

  /** Spread over the space: along each way of making a model smaller, and where two meet. */
  private static List<Point> probes(Space space) {
    List<Point> points = new ArrayList<>();
    String first = space.schemes().get(0);
    double some = space.zeros() ? 0.5 : 0;
    if (space.zeros()) {
      points.add(new Point(0.5, 0, first, 0));
      points.add(new Point(0.8, 0, first, 0));
    } else {
      points.add(new Point(0, 0, first, 0));
    }
    if (space.removesChannels()) {
      points.add(new Point(0, 0.3, space.of(), first, 0));
      points.add(new Point(some, space.zeros() ? 0.3 : 0.5, space.of(), first, 0));
    }
    space.schemes().stream().skip(1).forEach(s -> points.add(new Point(some, 0, s, 0)));
    return points;
  }

  /** What the trials so far say of the rest. */
  private final class Model {
    private final Space space;
    private final List<Trial> trials;
    private final List<Trial> ran;
    private final Damage divergence;
    private final Surrogate objective;
    private final Optional<Surrogate> bytes;
    private final Optional<Surrogate> memory;

    /** What is asked first, and what once that is refused, and again. */
    private final List<Aim> aims;

    Model(Space space, List<Trial> trials) {
      this.space = space;
      this.trials = trials;
      this.ran =
          trials.stream()
              .filter(t -> t.found().isPresent() && space.schemes().contains(t.point().scheme()))
              .toList();
      this.divergence = new Damage(known(Trial.Found::divergence), space.schemes());
      this.objective =
          surrogate(f -> f.of(search.objective()), prior(search.objective(), space.of()));
      this.bytes = search.maxBytes().map(b -> surrogate(Trial.Found::bytes, BYTES));
      this.memory =
          search
              .maxMemory()
              .map(
                  m ->
                      surrogate(
                          f -> f.of(Search.Objective.MEMORY),
                          prior(Search.Objective.MEMORY, space.of())));
      this.aims =
          IntStream.rangeClosed(0, mayBeRefused() ? Choice.MOST_REFUSED : 0)
              .mapToObj(refused -> Aim.of(search, Luck.settled(ran, refused)))
              .distinct()
              .toList();
    }

    private boolean mayBeRefused() {
      return judgedAgain
          || ran.stream().anyMatch(t -> t.found().orElseThrow().expectedDrop().isPresent());
    }

    private Surrogate surrogate(ToDoubleFunction<Trial.Found> quantity, Prior prior) {
      return new Surrogate(known(quantity), space.schemes(), prior);
    }

    private List<Known> known(ToDoubleFunction<Trial.Found> quantity) {
      return ran.stream()
          .filter(space::tells)
          .map(t -> new Known(t.point(), quantity.applyAsDouble(t.found().orElseThrow())))
          .toList();
    }

    /**
     * Untried points, small for the divergence that they are thought to have: what costs seconds
     * one for each aim, the rest for the first.
     */
    List<Point> promising(int epochs) {
      List<Point> untried = space.points(epochs).stream().filter(p -> !isTried(p)).toList();
      List<Candidate> candidates = candidates(near(untried.stream().filter(this::fits).toList()));
      if (epochs == 0 && candidates.isEmpty() && ran.stream().noneMatch(this::fitted)) {
        return fartherOut(untried);
      }
      List<Point> chosen = new ArrayList<>();
      for (Aim aim : epochs == 0 ? aims : aims.subList(0, 1)) {
        aim.smallest(candidates, epochs, BETWEEN[0], chosen).ifPresent(chosen::add);
      }
      for (int i = 1; i < BETWEEN.length && chosen.size() < WIDTH; i++) {
        aims.get(0).smallest(candidates, epochs, BETWEEN[i], chosen).ifPresent(chosen::add);
      }
      // Nothing is within yet, nor thought to be: what is nearest to the original may be.
      return chosen.isEmpty() && best().isEmpty() ? nearest(candidates) : chosen;
    }

    /** The smallest first. */
    private List<Candidate> candidates(List<Point> points) {
      return points.stream()
          .map(p -> new Candidate(p, objective.at(p), divergence.at(p)))
          .sorted(Comparator.comparingDouble(Candidate::objective))
          .toList();
    }

    /** Nothing has fitted the device, nor is thought to: shares of channels up to the largest. */
    private List<Point> fartherOut(List<Point> untried) {
      double most = untried.stream().mapToDouble(Point::channels).max().orElse(0);
      return IntStream.rangeClosed(1, WIDTH)
          .mapToObj(i -> most * i / WIDTH)
          .flatMap(
              share ->
                  untried.stream()
                      .filter(p -> p.channels() > 0)
                      .min(
                          Comparator.comparingDouble((Point p) -> Math.abs(p.channels() - share))
                              .thenComparingDouble(this::excess)
                              .thenComparingDouble(divergence::at))
                      .stream())
          .distinct()
          .toList();
    }

    private boolean fitted(Trial trial) {
      Trial.Found found = trial.found().orElseThrow();
      return search.misfits(found.bytes(), found.memory()).isEmpty();
    }

    /** Those near what ran. */
    private List<Point> near(List<Point> points) {
      double known =
          ran.stream().filter(space::tells).mapToDouble(t -> t.point().channels()).max().orElse(0);
      return points.stream().filter(p -> p.channels() <= known + REACH + 1e-9).toList();
    }

    /** Of what is within; empty where nothing is. */
    private OptionalDouble best() {
      return aims.get(0).best();
    }

    /** Of each scheme, since few trials tell which one is nearer. */
    private List<Point> nearest(List<Candidate> candidates) {
      return space.schemes().stream()
          .flatMap(
              scheme ->
                  candidates.stream()
                      .filter(c -> c.point.scheme().equals(scheme))
                      .min(Comparator.comparingDouble(Candidate::divergence))
                      .stream())
          .sorted(Comparator.comparingDouble(Candidate::divergence))
          .limit(WIDTH)
          .map(Candidate::point)
          .toList();
    }

    /**
     * Whether training brings what is near the bound any nearer to the original: the network that
     * was tried both ways tells whose divergence was nearest to what is allowed. What a brief
     * training leaves as it found it, a whole one hardly betters. Where nothing is within, a whole
     * training is what is left to try; where no network was tried both ways, nothing speaks against
     * one.
     */
    boolean gainsBy(int brief) {
      if (best().isEmpty()) {
        return true;
      }
      Map<Point, Double> untrained = new HashMap<>();
      ran.stream()
          .filter(t -> t.point().epochs() == 0)
          .forEach(t -> untrained.put(t.point(), divergence(t)));
      double allowed = aims.get(0).allowed().at(BETWEEN[0]);
      return ran.stream()
          .filter(t -> t.point().epochs() == brief)
          .filter(t -> untrained.containsKey(t.point().trained(0)))
          .map(t -> new Trained(untrained.get(t.point().trained(0)), divergence(t)))
          .min(Comparator.comparingDouble(t -> Math.abs(Math.log(t.before() / allowed))))
          .filter(t -> !(t.left() < GAINED))
          .isEmpty();
    }

    private static double divergence(Trial ran) {
      return ran.found().orElseThrow().divergence();
    }

    /**
     * For each aim, of what was trained briefly, the smallest that a whole training may bring
     * within; beside these what is promising without.
     */
    List<Point> finalists(int brief, int epochs) {
      List<Candidate> briefly =
          candidates(
              ran.stream()
                  .filter(space::tells)
                  .map(Trial::point)
                  .filter(p -> p.epochs() == brief)
                  .map(p -> p.trained(epochs))
                  .filter(p -> !isTried(p))
                  .toList());
      List<Point> finalists = new ArrayList<>();
      for (Aim aim : aims) {
        briefly.stream()
            .filter(c -> aim.gains(c.objective, epochs))
            .filter(c -> c.divergence <= aim.allowed().at(LIKELY))
            .map(Candidate::point)
            .filter(p -> !finalists.contains(p))
            .findFirst()
            .ifPresent(finalists::add);
      }
      for (Point point : promising(epochs)) {
        if (finalists.size() < WIDTH && finalists.stream().allMatch(f -> apart(f, point))) {
          finalists.add(point);
        }
      }
      return finalists;
    }

    private boolean isTried(Point point) {
      return trials.stream()
          .map(Trial::point)
          .anyMatch(t -> t.equals(point) || (besideChannels(t, point) && areSame(t, point)));
    }

    /** Channels go in steps: shares between two that came to one network come to it, too. */
    private boolean areSame(Point one, Point other) {
      double less = Math.min(one.channels(), other.channels());
      double more = Math.max(one.channels(), other.channels());
      return ran.stream()
          .filter(t -> space.tells(t) && t.point().channels() <= less)
          .anyMatch(
              t ->
                  ran.stream()
                      .filter(o -> o.point().channels() >= more)
                      .filter(o -> besideChannels(t.point(), o.point()))
                      .anyMatch(o -> space.tells(o) && divergence(t) == divergence(o)));
    }

    private static boolean besideChannels(Point one, Point other) {
      return one.whole().equals(other.whole());
    }

    private boolean fits(Point point) {
      return excess(point) <= 1;
    }

    /** How many times the device's room it is thought to take. */
    private double excess(Point point) {
      return search.excess(
          bytes.map(b -> Math.round(b.at(point))).orElse(0L),
          memory.map(m -> Math.round(m.at(point))));
    }
  }

  /** Of what channels are removed by, and zeros take as much of as other numbers. */
  private static final Prior BYTES = new Prior(0, -1, 0);

  private static Prior prior(Search.Objective objective, ChannelTarget.Of of) {
    return switch (objective) {
      case ZIPPED_BYTES -> new Prior(-1, -1, 0);
      case BYTES, MACS -> BYTES;
      case MEMORY -> of == ChannelTarget.Of.MEMORY ? BYTES : new Prior(0, -0.5, 0);
      case LATENCY -> new Prior(0, -0.3, 0);
    };
  }

  /** What training made of a network's divergence. */
  private record Trained(double before, double after) {
    double left() {
      return after / before;
    }
  }

  /** A point with what it is thought to come to. */
  private record Candidate(Point point, double objective, double divergence) {}

  /**
   * What is looked for: smaller than what is within, in so far as that is more than luck.
   *
   * @param allowed between which divergences the acceptance ends
   * @param best the smallest within; empty where nothing is
   */
  private record Aim(Bracket allowed, OptionalDouble best) {
    static Aim of(Search search, List<Trial> ran) {
      return new Aim(
          Bracket.of(ran),
          ran.stream()
              .filter(new Front(search, ran)::isWithin)
              .mapToDouble(t -> t.found().orElseThrow().of(search.objective()))
              .min());
    }

    boolean gains(double objective, int epochs) {
      return objective
          <= best.orElse(Double.POSITIVE_INFINITY) * (epochs == 0 ? GAIN : GAIN_TRAINED);
    }

    /**
     * The first that gains and is thought to be within.
     *
     * @param candidates the smallest first
     * @param part of the way between what is known to be within and what is known to be beyond
     * @param others that it has to be apart from
     */
    Optional<Point> smallest(
        List<Candidate> candidates, int epochs, double part, List<Point> others) {
      List<Candidate> gaining =
          candidates.stream().filter(c -> gains(c.objective, epochs)).toList();
      double most =
          allowed
              .from(gaining.stream().mapToDouble(Candidate::divergence).min().orElse(allowed.above))
              .at(part);
      return gaining.stream()
          .filter(c -> c.divergence <= most)
          .map(Candidate::point)
          .filter(p -> others.stream().allMatch(o -> apart(o, p)))
          .findFirst();
    }
  }

  /** Neighbours say nearly the same. */
  private static boolean apart(Point one, Point other) {
    return !one.scheme().equals(other.scheme())
        || Math.abs(one.sparsity() - other.sparsity()) > 0.04
        || Math.abs(one.channels() - other.channels()) > 0.04;
  }

  /**
   * Two divergences: up to the first trials are within the acceptance, from the second on beyond
   * it, with the fewest on the wrong side.
   */
  private record Bracket(double below, double above) {
    /** Where all are on one side, the end is that far from the last. */
    private static final double FAR = 8;

    /** Nearer than this, luck decides. */
    private static final double NEAR = 1.2;

    static Bracket of(List<Trial> ran) {
      List<Trial.Found> found =
          ran.stream()
              .flatMap(t -> t.found().stream())
              .sorted(Comparator.comparingDouble(Trial.Found::divergence))
              .toList();
      int wrong = (int) found.stream().filter(Trial.Found::within).count();
      int fewest = wrong;
      int cut = 0;
      for (int i = 0; i < found.size(); i++) {
        wrong += found.get(i).within() ? -1 : 1;
        if (wrong <= fewest) {
          fewest = wrong;
          cut = i + 1;
        }
      }
      double below = cut == 0 ? found.get(0).divergence() / FAR : found.get(cut - 1).divergence();
      double above =
          cut == found.size() ? found.get(cut - 1).divergence() * FAR : found.get(cut).divergence();
      return new Bracket(below, Math.max(above, below * NEAR));
    }

    /** What lies below the least that any point is thought to come to, none can be asked for. */
    Bracket from(double least) {
      return new Bracket(Math.min(Math.max(below, least), above), above);
    }

    double at(double part) {
      return below * Math.pow(above / below, part);
    }
  }
}
