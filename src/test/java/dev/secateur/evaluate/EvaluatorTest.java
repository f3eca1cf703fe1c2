package dev.secateur.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.NpzFixture;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorTest {
  @TempDir Path dir;

  /** Gives its input back: a set's samples are then its outputs. */
  private record Identity(Shape shape) implements Predictor {
    @Override
    public List<Shape> inputShapes() {
      return List.of(shape);
    }

    @Override
    public List<Shape> outputShapes() {
      return List.of(shape);
    }

    @Override
    public List<Tensor> predict(List<Tensor> inputs) {
      return inputs;
    }

    @Override
    public void close() {}
  }

  private Evaluation evaluate(Task.Kind kind, int outputs, float[] values, long... labels)
      throws IOException {
    Path file = dir.resolve("set.npz");
    int samples = values.length / outputs;
    try (NpzFixture npz = new NpzFixture(file, true)) {
      npz.floats("x", "(" + samples + ", " + outputs + ")", values);
      if (labels.length > 0) {
        npz.int64("y", "(" + samples + ",)", labels);
      }
    }
    Task task =
        switch (kind) {
          case CLASSES, BINARY -> Task.of(Shape.of(-1, 9), Shape.of(-1, outputs));
          case RECONSTRUCTION -> Task.of(Shape.of(-1, outputs), Shape.of(-1, outputs));
          case OTHER -> throw new AssertionError();
        };
    assertThat(task.kind()).isEqualTo(kind);
    try (Dataset set =
        Datasets.open(file, Part.EVALUATION, Preprocessing.NONE, Expected.ANYTHING)) {
      return Evaluator.evaluate(new Identity(set.shape()), set, task, () -> false);
    }
  }

  @Test
  void probabilitiesGiveCrossEntropyOfTheLabelsShare() throws IOException {
    Evaluation evaluation =
        evaluate(Task.Kind.CLASSES, 3, new float[] {.5f, .25f, .25f, .1f, .2f, .7f}, 0, 1);
    assertThat(evaluation.top1()).contains(0.5);
    assertThat(evaluation.top5()).isEmpty();
    assertThat(evaluation.loss().orElseThrow())
        .isCloseTo(-(Math.log(.5) + Math.log(.2)) / 2, within(1e-6));
    assertThat(evaluation.predictions()).containsExactly(0, 2);
    assertThat(evaluation.confusion())
        .containsExactly(List.of(1, 0, 0), List.of(0, 0, 1), List.of(0, 0, 0));
  }

  @Test
  void logitsAreToldByLeavingTheUnitInterval() throws IOException {
    Evaluation evaluation = evaluate(Task.Kind.CLASSES, 2, new float[] {2, 0, .5f, .5f}, 0, 1);
    double expected = (Math.log(1 + Math.exp(-2)) + Math.log(2)) / 2;
    assertThat(evaluation.loss().orElseThrow()).isCloseTo(expected, within(1e-6));
  }

  @Test
  void topFiveCountsTheRightClassAmongTheFiveHighest() throws IOException {
    float[] values = {.4f, .2f, .15f, .1f, .08f, .05f, .02f};
    assertThat(evaluate(Task.Kind.CLASSES, 7, values, 4).top5()).contains(1.0);
    assertThat(evaluate(Task.Kind.CLASSES, 7, values, 5).top5()).contains(0.0);
  }

  @Test
  void oneOutputIsTheProbabilityOfClassOne() throws IOException {
    Evaluation evaluation = evaluate(Task.Kind.BINARY, 1, new float[] {.9f, .2f, .6f}, 1, 0, 0);
    assertThat(evaluation.top1().orElseThrow()).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(evaluation.predictions()).containsExactly(1, 0, 1);
  }

  @Test
  void reconstructionIsMeasuredByItsError() throws IOException {
    Evaluation evaluation = evaluate(Task.Kind.RECONSTRUCTION, 4, new float[] {1, 2, 3, 4});
    assertThat(evaluation.loss()).contains(0.0);
    assertThat(evaluation.top1()).isEmpty();
  }

  @Test
  void withoutLabelsOnlyAgreementIsLeft() throws IOException {
    Evaluation one = evaluate(Task.Kind.CLASSES, 2, new float[] {1, 0, 0, 1});
    Evaluation other = evaluate(Task.Kind.CLASSES, 2, new float[] {1, 0, 1, 0});
    assertThat(one.top1()).isEmpty();
    assertThat(one.loss()).isEmpty();
    assertThat(one.agreement(other)).contains(0.5);
  }
}
