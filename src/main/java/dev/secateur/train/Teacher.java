package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The network before pruning, which distillation learns from. Its heads for a sample are computed
 * once for the run where samples do not change and all of them fit into little memory.
 */
final class Teacher implements AutoCloseable {
  private static final long REMEMBERED_VALUES = 1L << 24;
  private static final int BATCH = 250;

  private final TensorFlowPredictor predictor;
  private final List<Shape> shapes;
  private List<float[]> remembered = List.of();

  Teacher(Graph network, List<Head> heads, int threads) {
    List<Graph.Output> outputs =
        heads.stream().map(h -> new Graph.Output(h.name(), h.value())).toList();
    this.shapes = heads.stream().map(Head::shape).toList();
    this.predictor =
        TensorFlowPredictor.open(
            new Graph(
                network.name(),
                network.inputs(),
                network.nodes(),
                outputs,
                network.weights(),
                network.layers()),
            threads);
  }

  /**
   * Computes the heads of samples 0 to {@code samples}, in batches that do not depend on the order
   * of training, so that a resumed run sees the same values to the bit.
   */
  void remember(Dataset data, int samples, Checkpoints kept, BooleanSupplier cancelled) {
    if (shapes.stream().mapToLong(Shape::size).sum() * samples <= REMEMBERED_VALUES) {
      remembered = kept.original(() -> heads(data, samples, cancelled));
    }
  }

  private List<float[]> heads(Dataset data, int samples, BooleanSupplier cancelled) {
    List<float[]> heads =
        shapes.stream().map(s -> new float[Math.toIntExact(s.size() * samples)]).toList();
    for (int start = 0; start < samples; start += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new TrainingCancelled(0);
      }
      int[] indices = IntStream.range(start, Math.min(start + BATCH, samples)).toArray();
      List<Tensor> values = predictor.predict(data.batch(indices).inputs());
      for (int h = 0; h < heads.size(); h++) {
        float[] from = values.get(h).values();
        System.arraycopy(from, 0, heads.get(h), (int) (start * shapes.get(h).size()), from.length);
      }
    }
    return heads;
  }

  /**
   * @param indices the samples' numbers
   * @param inputs the samples as they are fed
   */
  List<Tensor> heads(int[] indices, List<Tensor> inputs) {
    if (remembered.isEmpty()) {
      return predictor.predict(inputs);
    }
    List<Tensor> heads = new ArrayList<>();
    for (int h = 0; h < shapes.size(); h++) {
      int size = (int) shapes.get(h).size();
      float[] values = new float[size * indices.length];
      for (int i = 0; i < indices.length; i++) {
        System.arraycopy(remembered.get(h), indices[i] * size, values, i * size, size);
      }
      heads.add(new Tensor(shapes.get(h).withBatch(indices.length), values));
    }
    return heads;
  }

  @Override
  public void close() {
    predictor.close();
  }
}
