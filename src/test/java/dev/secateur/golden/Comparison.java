package dev.secateur.golden;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.tflite.Usage;
import dev.secateur.train.TensorFlowPredictor;
import dev.secateur.train.TrainingGradients;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Takes one fixture through the engine and compares each result with Keras'. */
final class Comparison {
  /** Largest difference of float outputs, as a fraction of their range. */
  private static final double APPROXIMATIONS = 10;

  private static final double FLOAT_TOLERANCE = 1e-5;

  /** The same for whole architectures, where rounding adds up over a hundred layers. */
  private static final double DEEP_TOLERANCE = 1e-4;

  /** Largest difference of a gradient, as a fraction of the largest of its tensor. */
  private static final double GRADIENT_TOLERANCE = 1e-3;

  /**
   * What rounding leaves of a gradient that is zero in exact arithmetic, as that of a normalised
   * output's mean square by what comes before it.
   */
  private static final double GRADIENT_ROUNDING = 3e-6;

  /** Largest RMS error of INT8 where there is no official result, as a fraction of the range. */
  private static final double UNRIVALLED_INT8_TOLERANCE = 0.05;

  /** Below it, an output is constant but for rounding. */
  private static final double SMALLEST_RANGE = 1e-6;

  private static final ModelMetadata METADATA =
      new ModelMetadata(
          "golden",
          "",
          Map.of(),
          Optional.of(new Usage(Preprocessing.NONE, List.of(), Optional.empty())));

  private final Fixture fixture;
  private final List<Tensor> x;
  private final List<Tensor> y;
  private final Map<Cell, String> cells = new EnumMap<>(Cell.class);

  Comparison(Fixture fixture) {
    this.fixture = fixture;
    this.x = fixture.tensors("x");
    this.y = fixture.tensors("y");
  }

  private interface Check {
    String wrong();
  }

  /** The verdict on the cells asked for; a cell that does not apply is absent. */
  static Verdict of(Fixture fixture, Set<Cell> asked) {
    Comparison comparison = new Comparison(fixture);
    Graph graph;
    try {
      graph = read(fixture).graph();
      comparison.cells.put(Cell.READ, Verdict.PASSED);
    } catch (RuntimeException e) {
      asked.forEach(c -> comparison.cells.put(c, "not read"));
      comparison.cells.put(Cell.READ, message(e));
      return new Verdict(fixture, comparison.cells);
    }
    comparison.judge(asked, Cell.PREDICT, () -> comparison.predicted(graph));
    if (fixture.hasGradients()) {
      comparison.judge(asked, Cell.GRADIENT, () -> comparison.gradients(graph));
    }
    comparison.judge(asked, Cell.FLOAT, () -> comparison.float32(graph));
    comparison.judge(asked, Cell.INT8, () -> comparison.int8(graph));
    return new Verdict(fixture, comparison.cells);
  }

  private void judge(Set<Cell> asked, Cell cell, Check check) {
    if (asked.contains(cell)) {
      try {
        cells.put(cell, check.wrong());
      } catch (RuntimeException e) {
        cells.put(cell, message(e));
      }
    }
  }

  private static String message(Throwable e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /** A model without an input shape is refused with that reason, and read when it is given. */
  static KerasModel read(Fixture fixture) {
    try {
      return KerasReader.read(fixture.source());
    } catch (KerasException e) {
      if (e.reasons().get(0).kind() != Kind.INPUT_SHAPE_UNKNOWN) {
        throw e;
      }
      var shape = fixture.tensors("x").get(0).shape().withBatch(dev.secateur.graph.Shape.UNKNOWN);
      return KerasReader.read(fixture.source().withInputShape(shape));
    }
  }

  String predicted(Graph graph) {
    return floats(predict(graph), y);
  }

  /** The network's own outputs, in Keras' order. */
  List<Tensor> predict(Graph graph) {
    try (Predictor predictor = TensorFlowPredictor.open(graph, 1)) {
      return ordered(graph, predictor.predict(x));
    }
  }

  /**
   * XNNPACK approximates exponentials and roots, which a random network may amplify: there the
   * built-in kernels, which do not, show whether the file is right, and XNNPACK is held to ten
   * times as much.
   */
  String float32(Graph graph) {
    TfliteModel model = TfliteCompiler.float32(graph, METADATA);
    String fast = floats(predicted(graph, model, Kernels.XNNPACK), y, 1);
    if (fast.equals(Verdict.PASSED) || !fixture.isRandom()) {
      return fast;
    }
    String plain = floats(predicted(graph, model, Kernels.BUILT_IN), y, 1);
    return plain.equals(Verdict.PASSED)
        ? floats(predicted(graph, model, Kernels.XNNPACK), y, APPROXIMATIONS)
        : plain;
  }

  private List<Tensor> predicted(Graph graph, TfliteModel model, Kernels kernels) {
    try (Predictor predictor = TfliteInterpreter.open(model, 1, kernels)) {
      return ordered(graph, predictor.predict(x));
    }
  }

  /** In Keras' order, where that is one of names. */
  private List<Tensor> ordered(Graph graph, List<Tensor> outputs) {
    List<String> own = graph.outputs().stream().map(Graph.Output::name).toList();
    List<String> names = fixture.outputNames();
    return own.containsAll(names) && names.size() == own.size()
        ? names.stream().map(n -> outputs.get(own.indexOf(n))).toList()
        : outputs;
  }

  /** What differs by more than rounding, or nothing. */
  String floats(List<Tensor> got, List<Tensor> wanted) {
    return floats(got, wanted, 1);
  }

  /**
   * @param times how many times the usual tolerance
   */
  private String floats(List<Tensor> got, List<Tensor> wanted, double times) {
    if (got.size() != wanted.size()) {
      return got.size() + " outputs instead of " + wanted.size();
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (!got.get(i).shape().equals(wanted.get(i).shape())) {
        return "shape " + got.get(i).shape() + " instead of " + wanted.get(i).shape();
      }
      double range = Math.max(range(wanted.get(i)), SMALLEST_RANGE);
      double error = Error.between(got.get(i), wanted.get(i)).largest() / range;
      boolean deep = fixture.group().startsWith("Architecture-");
      double tolerance = fixture.tolerance().orElse(deep ? DEEP_TOLERANCE : FLOAT_TOLERANCE);
      if (!(error <= times * tolerance)) {
        return String.format(Locale.ROOT, "output %d differs by %.2g of its range", i, error);
      }
    }
    return Verdict.PASSED;
  }

  private String gradients(Graph graph) {
    TrainingGradients.Gradients got = TrainingGradients.of(graph, x);
    if (!(Math.abs(got.loss() - fixture.loss()) <= 1e-4 * Math.abs(fixture.loss()))) {
      return "training loss " + got.loss() + " instead of " + fixture.loss();
    }
    Map<String, Tensor> expected = fixture.gradients();
    double most = expected.values().stream().mapToDouble(Comparison::magnitude).max().orElse(0);
    for (Map.Entry<String, Tensor> e : expected.entrySet()) {
      Optional<float[]> own = find(got.byWeight(), e.getKey(), e.getValue().values().length);
      if (own.isEmpty()) {
        return "no gradient of " + e.getKey() + " among " + got.byWeight().keySet();
      }
      Tensor wanted = e.getValue();
      if (own.get().length != wanted.values().length) {
        return e.getKey() + " has " + own.get().length + " values instead of " + wanted.shape();
      }
      double allowed = GRADIENT_TOLERANCE * magnitude(wanted) + 1e-5 * most + GRADIENT_ROUNDING;
      double error = Error.between(new Tensor(wanted.shape(), own.get()), wanted).largest();
      if (!(error <= allowed)) {
        return String.format(
            Locale.ROOT, "d/d %s off by %.2g, allowed %.2g", e.getKey(), error, allowed);
      }
    }
    return Verdict.PASSED;
  }

  /**
   * By the whole name, or by its end where it lies in a nested model (of equal names the fixture
   * kept the last), or by the kind of weight where a wrapper has another name.
   */
  private static Optional<float[]> find(Map<String, float[]> gradients, String name, int size) {
    String own = name.substring(name.indexOf('/') + 1);
    String depthwise = name.replace("/kernel", "/depthwise_kernel");
    return Stream.of("/" + name, "/" + depthwise, "/" + own, "/depthwise_" + own)
        .flatMap(
            end ->
                gradients.entrySet().stream()
                    .filter(e -> ("/" + e.getKey()).endsWith(end) && e.getValue().length == size)
                    .map(Map.Entry::getValue)
                    .reduce((first, last) -> last)
                    .stream())
        .findFirst();
  }

  String int8(Graph graph) {
    Calibration calibration =
        new Calibrator(1).calibrate(graph, List.of(fixture.tensors("calibration")));
    List<Tensor> got;
    try (Predictor predictor =
        TfliteInterpreter.open(
            TfliteCompiler.int8(graph, calibration, Quantization.DEFAULT, METADATA), 1)) {
      got = ordered(graph, predictor.predict(x));
    }
    List<Tensor> official = fixture.tensors("official");
    for (int i = 0; i < y.size(); i++) {
      Error error = Error.between(got.get(i), y.get(i));
      if (official.isEmpty()) {
        double tolerance = fixture.int8Tolerance().orElse(UNRIVALLED_INT8_TOLERANCE);
        if (!(error.rms() <= tolerance * range(y.get(i)))) {
          return "output " + i + ": " + error + " over a range of " + range(y.get(i));
        }
        continue;
      }
      Error theirs = Error.between(official.get(i), y.get(i));
      double allowed = bound(y.get(i)) * theirs.rms();
      double step = fixture.officialStep(i);
      if (!(error.rms() <= allowed + step)) {
        step = Math.max(step, calibratedStep(graph, i));
      }
      if (!(error.rms() <= allowed + step)) {
        return "output " + i + ": " + error + ", official " + theirs + ", step " + (float) step;
      }
    }
    return Verdict.PASSED;
  }

  /**
   * An output's step as its range on the calibration set makes it. On some processors the official
   * interpreter's delegate takes the output's step into itself, and the fixture has the range of
   * the few test samples by 255 instead, which is too small.
   */
  private double calibratedStep(Graph graph, int output) {
    try (Predictor predictor = TfliteInterpreter.open(TfliteCompiler.float32(graph, METADATA), 1)) {
      List<Tensor> outputs = ordered(graph, predictor.predict(fixture.tensors("calibration")));
      return range(outputs.get(output)) / 255;
    }
  }

  /**
   * How many times the official error ours may be. Of a random network's few samples both are
   * estimates: the logarithm of the ratio of two root mean squares of n values each has a standard
   * deviation of 1/√n, of which three are allowed.
   */
  private double bound(Tensor output) {
    int samples = output.shape().toArray()[0];
    return fixture.isRandom() ? 1.1 * Math.exp(3 / Math.sqrt(samples)) : 1.1;
  }

  private static double range(Tensor tensor) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (float v : tensor.values()) {
      least = Math.min(least, v);
      most = Math.max(most, v);
    }
    return most - least;
  }

  private static double magnitude(Tensor tensor) {
    double most = 0;
    for (float v : tensor.values()) {
      most = Math.max(most, Math.abs(v));
    }
    return most;
  }

  private record Error(double rms, double largest) {
    static Error between(Tensor a, Tensor b) {
      double sum = 0;
      double largest = 0;
      for (int i = 0; i < b.values().length; i++) {
        double d = Math.abs((double) a.values()[i] - b.values()[i]);
        sum += d * d;
        // NaN must not pass as a small difference.
        largest = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(largest, d);
      }
      return new Error(Math.sqrt(sum / b.values().length), largest);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "RMS error %.3g, largest %.3g", rms, largest);
    }
  }
}
