package dev.secateur.evaluate;

import dev.secateur.evaluate.Fault.Kind;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Numbers, by their distance from the targets and from the original's. Squared errors are set
 * against the targets' squared deviation from their mean, each place of the output with a mean of
 * its own: what the best constant answer would get.
 */
final class NumberJudge implements Judge {
  /** Float32 tells no smaller error, as a part of the range of the targets. */
  private static final double SMALLEST = 0x1p-24;

  private final Goal goal;
  private final OutputSpread spread = new OutputSpread();
  private final Deviation targets;
  private final Deviation originals;
  private boolean judged;
  private boolean compared;
  private long values;
  private double squares;
  private double absolutes;
  private double squaresFromOriginal;

  NumberJudge(Goal goal) {
    int size = Math.toIntExact(goal.shape().size());
    this.goal = goal;
    this.targets = new Deviation(size);
    this.originals = new Deviation(size);
  }

  /** Squared deviation from the mean of each place, in one pass after Welford. */
  private static final class Deviation {
    private final double[] mean;
    private final double[] squares;
    private long samples;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    Deviation(int size) {
      mean = new double[size];
      squares = new double[size];
    }

    void add(float[] values, int from) {
      samples++;
      for (int i = 0; i < mean.length; i++) {
        double value = values[from + i];
        double before = value - mean[i];
        mean[i] += before / samples;
        squares[i] += before * (value - mean[i]);
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }

    double sum() {
      double sum = 0;
      for (double s : squares) {
        sum += s;
      }
      return sum;
    }
  }

  @Override
  public void add(
      float[] output, Optional<Tensor> target, Optional<float[]> original, int samples) {
    spread.add(output, samples);
    judged = target.isPresent();
    compared = original.isPresent();
    values += output.length;
    int size = output.length / samples;
    for (int from = 0; from < output.length; from += size) {
      if (target.isPresent()) {
        targets.add(target.get().values(), from);
      }
      if (original.isPresent()) {
        originals.add(original.get(), from);
      }
    }
    for (int i = 0; i < output.length; i++) {
      if (target.isPresent()) {
        double error = (double) output[i] - target.get().values()[i];
        squares += error * error;
        absolutes += Math.abs(error);
      }
      if (original.isPresent()) {
        double error = (double) output[i] - original.get()[i];
        squaresFromOriginal += error * error;
      }
    }
  }

  @Override
  public Judgement judgement(int samples) {
    Map<Measure, Double> measures = new EnumMap<>(Measure.class);
    List<Fault> faults = new ArrayList<>(spread.faults());
    if (judged) {
      double error = squares / values;
      double r2 = 1 - squares / targets.sum();
      measures.put(Measure.LOSS, error);
      measures.put(Measure.R2, r2);
      if (goal.task() == Task.RECONSTRUCTION) {
        double peak = targets.max - targets.min;
        double smallest = peak * SMALLEST * peak * SMALLEST;
        measures.put(Measure.MSE, error);
        measures.put(Measure.PSNR, 10 * Math.log10(peak * peak / Math.max(error, smallest)));
      } else {
        measures.put(Measure.MAE, absolutes / values);
        measures.put(Measure.RMSE, Math.sqrt(error));
      }
      faults(samples, r2).ifPresent(faults::add);
    }
    Optional<Double> divergence = Optional.empty();
    if (compared) {
      double relative = Math.sqrt(squaresFromOriginal / originals.sum());
      measures.put(Measure.RELATIVE_ERROR, relative);
      divergence = Optional.of(relative);
    }
    return new Judgement(
        goal.output(),
        goal.task(),
        measures,
        Map.of(),
        goal.scale(),
        divergence,
        Optional.empty(),
        faults,
        List.of());
  }

  private Optional<Fault> faults(int samples, double r2) {
    if (samples > 1 && targets.sum() == 0) {
      return Optional.of(
          new Fault(
              Kind.SAME_TARGETS,
              "cannot be judged: all targets of the evaluation set are the same"));
    }
    return samples > 1 && r2 <= 0
        ? Optional.of(
            new Fault(
                Kind.CHANCE,
                String.format(
                    Locale.ROOT,
                    "has an R² of %.3f: the targets' mean would do as well as an answer",
                    r2)))
        : Optional.empty();
  }
}
