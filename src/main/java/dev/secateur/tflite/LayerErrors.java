package dev.secateur.tflite;

import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Measures what each layer's quantization costs. What runs is the quantized program in which each
 * integer operator has a twin: the same operator in float, of the same operands dequantized. So an
 * error is the layer's own, whatever came before it.
 */
final class LayerErrors {
  private final List<Quantizer.Twin> twins;
  private final double[] squares;
  private final long[] counts;

  private LayerErrors(List<Quantizer.Twin> twins) {
    this.twins = twins;
    this.squares = new double[twins.size()];
    this.counts = new long[twins.size()];
  }

  /** One for each layer that computes with integers, the worst first. */
  static List<LayerError> of(
      Program lowered,
      Calibration calibration,
      Scheme scheme,
      Quantization options,
      Iterable<List<Tensor>> batches,
      int threads) {
    Program twinned = new Program();
    List<Quantizer.Twin> twins = Quantizer.twins(lowered, calibration, scheme, options, twinned);
    LayerErrors errors = new LayerErrors(twins);
    if (twins.isEmpty()) {
      return List.of();
    }
    int[] watched =
        twins.stream().flatMapToInt(t -> IntStream.of(t.actual(), t.expected())).toArray();
    TfliteModel model = FlatBufferWriter.write(twinned, new ModelMetadata("twins", ""));
    try (TfliteInterpreter interpreter = TfliteInterpreter.watching(model, threads, watched)) {
      for (List<Tensor> batch : batches) {
        interpreter.run(batch);
        for (int i = 0; i < twins.size(); i++) {
          errors.add(i, interpreter.output(2 * i), interpreter.output(2 * i + 1));
        }
      }
    }
    return errors.worstFirst();
  }

  /** What is no number is far from every step: it says nothing about rounding. */
  private void add(int twin, FloatBuffer actual, FloatBuffer expected) {
    while (actual.hasRemaining()) {
      double difference = (double) actual.get() - expected.get();
      if (Double.isFinite(difference)) {
        squares[twin] += difference * difference;
        counts[twin]++;
      }
    }
  }

  private List<LayerError> worstFirst() {
    Map<String, LayerError> worst = new HashMap<>();
    for (int i = 0; i < twins.size(); i++) {
      Quantizer.Twin twin = twins.get(i);
      double error = Math.sqrt(squares[i] / Math.max(1, counts[i])) / twin.scale();
      LayerError found = new LayerError(twin.layer(), twin.opcode().name(), error);
      worst.merge(twin.layer(), found, (a, b) -> a.error() >= b.error() ? a : b);
    }
    List<LayerError> sorted = new ArrayList<>(worst.values());
    sorted.sort(
        Comparator.comparingDouble(LayerError::error).reversed().thenComparing(LayerError::layer));
    return sorted;
  }
}
