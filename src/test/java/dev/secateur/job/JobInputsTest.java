package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import dev.secateur.tflite.Range;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobInputsTest {
  /** Two inputs of one number: the sample's, and its negative. */
  private static final class Numbers implements Dataset {
    private int mostAtOnce;

    @Override
    public int size() {
      return 1000;
    }

    @Override
    public List<Shape> inputs() {
      return List.of(Shape.of(-1, 1), Shape.of(-1, 1));
    }

    @Override
    public List<Target> targets() {
      return List.of();
    }

    @Override
    public List<String> classes() {
      return List.of();
    }

    @Override
    public Batch batch(int[] indices) {
      mostAtOnce = Math.max(mostAtOnce, indices.length);
      float[] numbers = new float[indices.length];
      float[] negatives = new float[indices.length];
      for (int i = 0; i < indices.length; i++) {
        numbers[i] = indices[i];
        negatives[i] = -indices[i];
      }
      return new Batch(
          List.of(Tensor.of(numbers, numbers.length, 1), Tensor.of(negatives, numbers.length, 1)),
          List.of());
    }

    @Override
    public Dataset prepared(Preprocessing other) {
      return this;
    }

    @Override
    public String digest() {
      return "";
    }

    @Override
    public void close() {}
  }

  @Test
  void theRangeOfTrainingIsThatOfAllInputsReadAFewSamplesAtATime() {
    Numbers numbers = new Numbers();
    JobInputs inputs =
        new JobInputs(null, null, List.of(), numbers, numbers, numbers, List.of(), List.of());
    Range range = inputs.trainingRange().orElseThrow();
    assertThat(range.max()).isGreaterThan(990);
    assertThat(range.min()).isEqualTo(-range.max());
    assertThat(numbers.mostAtOnce).isLessThanOrEqualTo(32);
  }
}
