package dev.secateur.tflite;

import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.QuantizationParameters;
import org.tensorflow.lite.schema.SubGraph;

/**
 * What a file must pass before it is handed out, or calibrates anything: it loads and runs on a few
 * samples, on XNNPACK and on the built-in kernels, since devices have the one or the other.
 *
 * @param inputs samples: one float32 tensor an input of the network, batch first
 * @param threads for the interpreter
 */
public record ArtifactCheck(List<Tensor> inputs, int threads) {
  /**
   * Root mean square error allowed, as a part of the expected values' range. Float32 in another
   * order of additions stays below 1e-4, also in deep networks; a wrong kernel, or a layer's
   * weights in the place of another's, gives more than 1e-2.
   */
  private static final double TOLERANCE = 1e-3;

  /** Error allowed where the expected values are all (almost) the same. */
  private static final double SMALLEST = 1e-6;

  /** Root mean square error, as a part of the range, past which nothing of an output is left. */
  private static final double NOISE = 1;

  /** Of an output's 255: so many are not lost to rounding. */
  private static final double STEPS = 32;

  public ArtifactCheck {
    inputs = List.copyOf(inputs);
  }

  /**
   * The float32 file answers what the network answers.
   *
   * @param network the graph itself, by another runtime
   * @throws ArtifactException if it does not load or run, or differs: names the output
   */
  public void equal(TfliteModel float32, Predictor network) {
    List<Tensor> expected = network.predict(inputs);
    for (Kernels kernels : Kernels.values()) {
      List<Tensor> actual = run("the float32 file", float32, kernels);
      for (int i = 0; i < expected.size(); i++) {
        double error = relativeError(expected.get(i), actual.get(i));
        if (!(error <= TOLERANCE)) {
          throw new ArtifactException(
              "the float32 file's output %d differs from the network's by %.1e of its range on %s"
                  .formatted(i, error, kernels));
        }
      }
    }
  }

  /**
   * What is left of nothing in a file that loads and runs.
   *
   * @param output its index
   * @param complaint to follow the output's name
   */
  public record Unlike(int output, String complaint) {
    private ArtifactException refusal() {
      return new ArtifactException("the quantized file's output " + output + " " + complaint);
    }
  }

  /**
   * A quantized file loads and runs, whatever it says.
   *
   * @throws ArtifactException if it does not
   */
  public void loads(TfliteModel quantized) {
    for (Kernels kernels : Kernels.values()) {
      run("the quantized file", quantized, kernels);
    }
  }

  /**
   * A quantized file loads, runs and gives finite numbers.
   *
   * @throws ArtifactException if it does not
   */
  public void runs(TfliteModel quantized) {
    notFinite(quantized)
        .ifPresent(
            unlike -> {
              throw unlike.refusal();
            });
  }

  private Optional<Unlike> notFinite(TfliteModel quantized) {
    for (Kernels kernels : Kernels.values()) {
      List<Tensor> outputs = run("the quantized file", quantized, kernels);
      for (int i = 0; i < outputs.size(); i++) {
        for (float value : outputs.get(i).values()) {
          if (!Float.isFinite(value)) {
            return Optional.of(new Unlike(i, "takes the value %s on %s".formatted(value, kernels)));
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * As {@link #runs}, and it resembles the float32 file: rounding to INT8 moves an output, it does
   * not make noise of it, and what tells samples apart in floats still does.
   *
   * @throws ArtifactException if it does not: names the output
   */
  public void resembles(TfliteModel quantized, TfliteModel float32) {
    unlike(quantized, float32)
        .ifPresent(
            unlike -> {
              throw unlike.refusal();
            });
  }

  /**
   * The same for whom a file that resembles nothing is a result too, if a bad one.
   *
   * @return the first output that nothing is left of
   * @throws ArtifactException if it does not load or run
   */
  public Optional<Unlike> unlike(TfliteModel quantized, TfliteModel float32) {
    Optional<Unlike> notFinite = notFinite(quantized);
    if (notFinite.isPresent()) {
      return notFinite;
    }
    List<Tensor> expected = run("the float32 file", float32, Kernels.BUILT_IN);
    List<Tensor> actual = run("the quantized file", quantized, Kernels.BUILT_IN);
    for (int i = 0; i < expected.size(); i++) {
      double error = relativeError(expected.get(i), actual.get(i));
      if (!(error <= NOISE)) {
        return Optional.of(
            new Unlike(
                i,
                "is noise: it differs from the float32 file's by %.0f %% of its range"
                    .formatted(100 * error)));
      }
      double apart = apart(expected.get(i));
      if (apart > STEPS * step(quantized, i) && apart(actual.get(i)) == 0) {
        return Optional.of(
            new Unlike(
                i,
                "is the same for every sample, where the float32 file's varies by %.3g"
                    .formatted(apart)));
      }
    }
    return Optional.empty();
  }

  /**
   * The step in which an output is quantized; infinite for one that is not. The step is that of all
   * that the network may say, not of what it says of a few samples.
   */
  private static double step(TfliteModel quantized, int output) {
    Model model =
        Model.getRootAsModel(quantized.buffer().duplicate().order(ByteOrder.LITTLE_ENDIAN));
    SubGraph graph = model.subgraphs(0);
    int tensor = graph.outputs(output);
    for (int i = 0; i < graph.operatorsLength(); i++) {
      org.tensorflow.lite.schema.Operator operator = graph.operators(i);
      int code = model.operatorCodes((int) operator.opcodeIndex()).builtinCode();
      if (code == BuiltinOperator.DEQUANTIZE && operator.outputs(0) == tensor) {
        tensor = operator.inputs(0);
        break;
      }
    }
    QuantizationParameters how = graph.tensors(tensor).quantization();
    return how != null && how.scaleLength() > 0 ? how.scale(0) : Double.POSITIVE_INFINITY;
  }

  /** How far the samples of a batch are apart at most. */
  private static double apart(Tensor batch) {
    float[] values = batch.values();
    int samples = batch.shape().dim(0);
    int size = values.length / samples;
    double apart = 0;
    for (int e = 0; e < size; e++) {
      float least = Float.POSITIVE_INFINITY;
      float most = Float.NEGATIVE_INFINITY;
      for (int s = 0; s < samples; s++) {
        least = Math.min(least, values[s * size + e]);
        most = Math.max(most, values[s * size + e]);
      }
      apart = Math.max(apart, most - least);
    }
    return apart;
  }

  private List<Tensor> run(String what, TfliteModel model, Kernels kernels) {
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, threads, kernels)) {
      return interpreter.predict(inputs);
    } catch (TfliteException e) {
      throw new ArtifactException(what + " does not run on " + kernels + ": " + e.getMessage(), e);
    }
  }

  /** Root mean square difference over the expected range with zero; equal infinities are equal. */
  private static double relativeError(Tensor expected, Tensor actual) {
    if (!expected.shape().equals(actual.shape())) {
      return Double.POSITIVE_INFINITY;
    }
    double sum = 0;
    double low = 0;
    double high = 0;
    for (int i = 0; i < expected.values().length; i++) {
      float wanted = expected.values()[i];
      float got = actual.values()[i];
      if (Float.isFinite(wanted) && Float.isFinite(got)) {
        double difference = (double) wanted - got;
        sum += difference * difference;
        low = Math.min(low, wanted);
        high = Math.max(high, wanted);
      } else if (Float.compare(wanted, got) != 0) {
        return Double.POSITIVE_INFINITY;
      }
    }
    double error = Math.sqrt(sum / expected.values().length);
    return error / Math.max(high - low, SMALLEST / TOLERANCE);
  }
}
