package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** A few samples to check artifacts on: one float32 tensor an input, batch first. */
public final class FewSamples {
  /** Enough to tell a wrong kernel from rounding, and few enough for the first seconds. */
  private static final int FEW = 8;

  private FewSamples() {}

  /** Spread over the set; where there is none, numbers from 0 to 1, always the same. */
  public static List<Tensor> of(Graph network, Optional<Dataset> set) {
    return set.map(s -> s.batch(spread(s.size(), FEW)).inputs()).orElseGet(() -> noise(network));
  }

  /** At most so many numbers of samples, evenly over a set. */
  static int[] spread(int size, int most) {
    int count = Math.min(most, size);
    return IntStream.range(0, count).map(i -> (int) ((long) i * size / count)).toArray();
  }

  private static List<Tensor> noise(Graph network) {
    Random random = new Random(1);
    return network.inputs().stream().map(i -> noise(i.shape().withBatch(FEW), random)).toList();
  }

  private static Tensor noise(Shape shape, Random random) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return new Tensor(shape, values);
  }
}
