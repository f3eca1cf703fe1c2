package dev.secateur.search;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a quantity would be at points that were not tried: the logarithm is linear in what was
 * removed, with what is known of such quantities where few trials say otherwise; near a trial, as
 * far from that line as the trial was (inverse-distance weighting, Shepard 1968).
 */
final class Surrogate {
  /** Below this nothing is told apart. */
  private static final double LEAST = 1e-6;

  /** Passes of coordinate descent; the system is small and its columns nearly independent. */
  private static final int PASSES = 60;

  /** How far zeros reach into a zipped file: the rest are positions, scales and biases. */
  private static final double ZEROS = 0.85;

  private static final double SLOPE_PENALTY = 0.05;
  private static final double LEVEL_PENALTY = 1e-4;

  /** Squared distance at which a trial says as much as the line does. */
  private static final double FAR = 0.5;

  private final List<String> schemes;
  private final List<double[]> tried;
  private final double[] weights;
  private final double[] residuals;

  /** The slopes that are likely before anything was tried. */
  record Prior(double sparsity, double channels, double epochs) {}

  /** A quantity at a point. */
  record Known(Point point, double value) {}

  Surrogate(List<Known> known, List<String> schemes, Prior prior) {
    this.schemes = schemes;
    this.tried = known.stream().map(k -> features(k.point())).toList();
    double[] wanted =
        known.stream().mapToDouble(k -> Math.log(Math.max(k.value(), LEAST))).toArray();
    this.weights = fit(wanted, prior);
    this.residuals =
        IntStream.range(0, wanted.length)
            .mapToDouble(i -> wanted[i] - line(tried.get(i)))
            .toArray();
  }

  double at(Point point) {
    double[] x = features(point);
    double pull = 0;
    double all = 1 / (FAR * FAR);
    for (int i = 0; i < residuals.length; i++) {
      double distance = distance(x, tried.get(i));
      double weight = 1 / (distance * distance + 1e-9);
      pull += weight * residuals[i];
      all += weight;
    }
    return Math.exp(line(x) + pull / all);
  }

  /** One a scheme, then what zeros, channels and training do. */
  private double[] features(Point point) {
    double[] x = new double[schemes.size() + 3];
    x[schemes.indexOf(point.scheme())] = 1;
    x[schemes.size()] = -Math.log(1 - ZEROS * point.sparsity());
    x[schemes.size() + 1] = -Math.log(1 - point.channels());
    x[schemes.size() + 2] = Math.log1p(point.epochs());
    return x;
  }

  /** Squared. */
  private double distance(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return sum;
  }

  private double line(double[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += weights[i] * x[i];
    }
    return sum;
  }

  /** Ridge regression towards the prior, by coordinate descent. */
  private double[] fit(double[] wanted, Prior prior) {
    int levels = schemes.size();
    double mean = Arrays.stream(wanted).average().orElse(0);
    double[] towards = new double[levels + 3];
    Arrays.fill(towards, 0, levels, mean);
    towards[levels] = prior.sparsity();
    towards[levels + 1] = prior.channels();
    towards[levels + 2] = prior.epochs();
    double[] fitted = towards.clone();
    for (int pass = 0; pass < PASSES; pass++) {
      for (int j = 0; j < fitted.length; j++) {
        double penalty = j < levels ? LEVEL_PENALTY : SLOPE_PENALTY;
        double above = penalty * towards[j];
        double below = penalty;
        for (int i = 0; i < wanted.length; i++) {
          double[] x = tried.get(i);
          double others = -fitted[j] * x[j];
          for (int k = 0; k < fitted.length; k++) {
            others += fitted[k] * x[k];
          }
          above += x[j] * (wanted[i] - others);
          below += x[j] * x[j];
        }
        fitted[j] = above / below;
      }
    }
    return fitted;
  }
}
