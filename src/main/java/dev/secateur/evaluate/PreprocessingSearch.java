package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Subset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Preprocessing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Tries the ways in which images are usually scaled for a network that makes nothing of a set as it
 * is prepared: as they are, to [0, 1], to [−1, 1], by ImageNet's mean and deviation (as Torch does,
 * and as Caffe did with blue first), by the set's own.
 *
 * @param current how the set is prepared
 */
public record PreprocessingSearch(
    List<Goal> goals, Dataset set, Preprocessing current, BooleanSupplier cancelled) {
  /** A preparation, and how the network does with it. */
  public record Found(Preprocessing preprocessing, Evaluation evaluation) {}

  private static final int SAMPLES = 256;

  /** Values above this are no fractions. */
  private static final double BYTES = 2;

  private static final double WHITE = 255;

  /** Accuracy (or what the task has for it) that a better preparation may lack by chance. */
  private static final double CHANCE = 0.01;

  /** Accuracy that only a better preparation gains. */
  private static final double GAIN = 0.05;

  /** So many times smaller, a loss is that of a better preparation. */
  private static final double LOSS = 3;

  private static final List<Double> TORCH_MEAN = List.of(0.485, 0.456, 0.406);
  private static final List<Double> TORCH_STD = List.of(0.229, 0.224, 0.225);
  private static final List<Double> CAFFE_MEAN = List.of(103.939, 116.779, 123.68);

  public PreprocessingSearch {
    goals = List.copyOf(goals);
  }

  /** The preparation with the smallest loss, if it leaves no doubt; empty without targets. */
  public Optional<Found> better(Predictor predictor) {
    Subset some = Subset.spread(set, SAMPLES);
    Evaluation now = evaluate(predictor, some);
    if (now.outputs().stream().noneMatch(o -> skill(o).isPresent())) {
      return Optional.empty();
    }
    return candidates(some)
        .map(c -> new Found(c, evaluate(predictor, some.prepared(c))))
        .filter(f -> f.evaluation.faults().noneMatch(Fault::certain))
        .filter(f -> clearly(f.evaluation, now))
        .min(Comparator.comparingDouble(f -> loss(f.evaluation)));
  }

  private Evaluation evaluate(Predictor predictor, Dataset some) {
    return new Evaluator(goals, some, cancelled).evaluate(predictor);
  }

  private static boolean clearly(Evaluation other, Evaluation now) {
    double gain = skill(other) - skill(now);
    return gain >= -CHANCE && (gain >= GAIN || loss(other) * LOSS <= loss(now));
  }

  private static Optional<Double> skill(Judgement output) {
    return Stream.of(Measure.TOP1, Measure.ACCURACY, Measure.MIOU, Measure.R2)
        .flatMap(m -> output.measure(m).stream())
        .findFirst();
  }

  private static double skill(Evaluation evaluation) {
    return evaluation.outputs().stream()
        .mapToDouble(o -> skill(o).orElse(Double.NEGATIVE_INFINITY))
        .average()
        .orElseThrow();
  }

  /** Of numbers the unexplained part: where the input is the target, its unit changes as well. */
  private static double loss(Evaluation evaluation) {
    return evaluation.outputs().stream()
        .mapToDouble(
            o ->
                o.measure(Measure.R2)
                    .map(r2 -> 1 - r2)
                    .or(() -> o.measure(Measure.LOSS))
                    .orElse(Double.MAX_VALUE))
        .average()
        .orElseThrow();
  }

  private Stream<Preprocessing> candidates(Subset some) {
    Statistics raw = Statistics.of(some.prepared(plain(1)), images(some.inputs()));
    double unit = raw.max > BYTES ? WHITE : 1;
    boolean image = raw.mean.length == 3;
    Set<Preprocessing> candidates = new LinkedHashSet<>();
    candidates.add(plain(1));
    candidates.add(plain(1 / unit));
    candidates.add(plain(WHITE / unit));
    candidates.add(with(2 / unit, List.of(1.0), List.of()));
    candidates.add(with(1, raw.means(), raw.deviations()));
    if (image) {
      candidates.add(with(1 / unit, TORCH_MEAN, TORCH_STD));
      candidates.add(with(WHITE / unit, CAFFE_MEAN, List.of()).withBgr(true));
      candidates.add(current.withBgr(!current.bgr()));
      candidates.add(plain(1 / unit).withBgr(true));
      candidates.add(with(2 / unit, List.of(1.0), List.of()).withBgr(true));
    }
    candidates.remove(current);
    return candidates.stream();
  }

  private Preprocessing plain(double scale) {
    return with(scale, List.of(), List.of());
  }

  private Preprocessing with(double scale, List<Double> mean, List<Double> std) {
    return new Preprocessing(
        scale, mean, std, current.resize(), current.grey(), false, current.inputShape());
  }

  /** The input that preprocessing is for: the only one, or the first image. */
  private static int images(List<Shape> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).rank() == 4) {
        return i;
      }
    }
    return 0;
  }

  /** Of the values of each channel. */
  private record Statistics(double max, double[] mean, double[] std) {
    static Statistics of(Dataset set, int input) {
      int channels = set.inputs().get(input).last();
      double[] sum = new double[channels];
      double[] squares = new double[channels];
      double max = 0;
      long count = 0;
      for (int i = 0; i < set.size(); i++) {
        Tensor x = set.batch(new int[] {i}).inputs().get(input);
        for (int at = 0; at < x.values().length; at++) {
          double value = x.values()[at];
          sum[at % channels] += value;
          squares[at % channels] += value * value;
          max = Math.max(max, value);
        }
        count += x.values().length / channels;
      }
      double[] std = new double[channels];
      for (int c = 0; c < channels; c++) {
        sum[c] /= count;
        std[c] = Math.sqrt(Math.max(squares[c] / count - sum[c] * sum[c], 0));
      }
      return new Statistics(max, sum, std);
    }

    List<Double> means() {
      return rounded(mean);
    }

    List<Double> deviations() {
      List<Double> rounded = rounded(std);
      // A channel that never varies is not scaled.
      return rounded.stream().map(d -> d > 0 ? d : 1.0).toList();
    }

    private static List<Double> rounded(double[] values) {
      List<Double> rounded = new ArrayList<>();
      for (double value : values) {
        rounded.add(Double.parseDouble(String.format(java.util.Locale.ROOT, "%.4g", value)));
      }
      return rounded;
    }
  }
}
