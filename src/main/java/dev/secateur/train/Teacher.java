package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The network before pruning, which distillation learns from. Its heads for a sample, and for its
 * mirror image, are computed once for the run where samples change in no other way and all of them
 * fit into little memory.
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
   * Computes the heads of all samples, in batches that do not depend on the order of training, so
   * that a resumed run sees the same values to the bit.
   *
   * @param mirrored also of their mirror images
   */
  void remember(Dataset data, boolean mirrored, Checkpoints kept, BooleanSupplier cancelled) {
    long each = shapes.stream().mapToLong(Shape::size).sum() * (mirrored ? 2 : 1);
    if (each * data.size() <= REMEMBERED_VALUES) {
      remembered = kept.original(mirrored, () -> heads(data, mirrored, cancelled));
    }
  }

  private List<float[]> heads(Dataset data, boolean mirrored, BooleanSupplier cancelled) {
    List<float[]> heads = new ArrayList<>(heads(data, UnaryOperator.identity(), cancelled));
    if (mirrored) {
      heads.addAll(heads(data, Augmentation::mirrored, cancelled));
    }
    return heads;
  }

  private List<float[]> heads(
      Dataset data, UnaryOperator<List<Tensor>> changed, BooleanSupplier cancelled) {
    int samples = data.size();
    List<float[]> heads =
        shapes.stream().map(s -> new float[Math.toIntExact(s.size() * samples)]).toList();
    for (int start = 0; start < samples; start += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new TrainingCancelled(0);
      }
      int[] indices = IntStream.range(start, Math.min(start + BATCH, samples)).toArray();
      List<Tensor> values = predictor.predict(changed.apply(data.batch(indices).inputs()));
      for (int h = 0; h < heads.size(); h++) {
        float[] from = values.get(h).values();
        System.arraycopy(from, 0, heads.get(h), (int) (start * shapes.get(h).size()), from.length);
      }
    }
    return heads;
  }

  /**
   * @param indices the samples' numbers
   * @param mirrored which of them are mirrored, where that is all that was done to them
   * @param inputs the samples as they are fed
   */
  List<Tensor> heads(int[] indices, boolean[] mirrored, List<Tensor> inputs) {
    if (remembered.isEmpty()) {
      return predictor.predict(inputs);
    }
    List<Tensor> heads = new ArrayList<>();
    for (int h = 0; h < shapes.size(); h++) {
      int size = (int) shapes.get(h).size();
      float[] values = new float[size * indices.length];
      for (int i = 0; i < indices.length; i++) {
        float[] from = remembered.get(mirrored[i] ? shapes.size() + h : h);
        System.arraycopy(from, indices[i] * size, values, i * size, size);
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
