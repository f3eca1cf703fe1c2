package dev.secateur.tflite;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Measures the activation ranges of a network over a representative set: the smallest and the
 * largest value of each tensor of the fused float network, over all samples.
 *
 * <p>XNNPACK hides intermediate tensors, so what runs is the float model with the tensors to watch
 * as its outputs.
 *
 * @param threads for the interpreter
 * @param trainingRange values that the network was trained on, to compare the set with
 */
public record Calibrator(int threads, Optional<Range> trainingRange) {
  /** Activations held at once, in floats: small enough for the cache to help. */
  private static final long FLOATS_AT_ONCE = 4L << 20;

  public Calibrator(int threads) {
    this(threads, Optional.empty());
  }

  /**
   * Feeds {@code samples} samples spread evenly over the set, or all if there are fewer.
   *
   * @param float32 the float file of {@code network}
   * @param cancelled asked between batches
   * @throws TfliteException if the network takes another input than the set has, or if a tensor has
   *     no finite value
   * @throws CancellationException if {@code cancelled} said so
   */
  public Calibration calibrate(
      Lowered network, TfliteModel float32, Dataset set, int samples, BooleanSupplier cancelled) {
    int count = Math.min(samples, set.size());
    int[] chosen =
        IntStream.range(0, count).map(i -> (int) ((long) i * set.size() / count)).toArray();
    return calibrate(network, float32, set, chosen, cancelled);
  }

  /**
   * As {@link #calibrate(Lowered, TfliteModel, Dataset, int, BooleanSupplier)}, of these samples.
   */
  public Calibration calibrate(
      Lowered network, TfliteModel float32, Dataset set, int[] chosen, BooleanSupplier cancelled) {
    return calibrate(network.program(), float32, batch -> batches(set, chosen, batch, cancelled));
  }

  /** Feeds batches: each has one float32 tensor an input, batch first. */
  public Calibration calibrate(Graph graph, Iterable<List<Tensor>> batches) {
    Lowered network = Lowered.of(graph);
    return calibrate(network, network.float32(new ModelMetadata("calibration", "")), batches);
  }

  /** As {@link #calibrate(Graph, Iterable)}, of a network that is lowered already. */
  public Calibration calibrate(
      Lowered network, TfliteModel float32, Iterable<List<Tensor>> batches) {
    return calibrate(network.program(), float32, batch -> batches);
  }

  private static Iterable<List<Tensor>> batches(
      Dataset set, int[] chosen, int batch, BooleanSupplier cancelled) {
    return () ->
        new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < chosen.length;
          }

          @Override
          public List<Tensor> next() {
            if (cancelled.getAsBoolean()) {
              throw new CancellationException("calibration stopped at sample " + next);
            }
            int end = Math.min(next + batch, chosen.length);
            int[] indices = IntStream.range(next, end).map(i -> chosen[i]).toArray();
            next = end;
            return set.batch(indices).inputs();
          }
        };
  }

  private interface Source {
    Iterable<List<Tensor>> batches(int size);
  }

  private Calibration calibrate(Program program, TfliteModel float32, Source source) {
    List<Integer> watched = QuantizationPlan.watched(program);
    RangeRecorder recorder = new RangeRecorder(program, watched);
    if (watched.isEmpty()) {
      source.batches(1).forEach(recorder::inputs);
      return recorder.calibration(trainingRange);
    }
    int[] tensors = watched.stream().mapToInt(Integer::intValue).toArray();
    try (TfliteInterpreter interpreter = TfliteInterpreter.watching(float32, threads, tensors)) {
      for (List<Tensor> batch : source.batches(batchSize(program))) {
        recorder.inputs(batch);
        interpreter.run(batch);
        for (int i = 0; i < watched.size(); i++) {
          recorder.output(i, interpreter.output(i));
        }
      }
    }
    return recorder.calibration(trainingRange);
  }

  /** Samples at once for the activations watched to stay within the cache. */
  static int batchSize(Program program) {
    long perSample =
        QuantizationPlan.watched(program).stream()
            .mapToLong(t -> program.tensor(t).shape().size())
            .sum();
    return (int) Math.max(1, Math.min(32, FLOATS_AT_ONCE / Math.max(1, perSample)));
  }
}
