package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Weight;
import dev.secateur.keras.KerasReader;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Optimizer;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.PruningSchedule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** 24 batches of tf_keras 2.18 with TensorFlow Model Optimization 0.8.1, step by step. */
class ReferenceTrainingTest {
  private static final int STEPS = 24;
  private static final int BATCH = 32;
  private static final Preprocessing STANDARDIZED =
      new Preprocessing(1, List.of(125.307, 122.950, 113.865), List.of(62.9932, 62.0887, 66.7048));
  private static final PruningSchedule SCHEDULE =
      new PruningSchedule(
          new Pruning(Pruning.Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.of(20), 4), STEPS);

  @Test
  void resnetUnderAdamGoesAsTheReference() {
    Graph trained =
        new Run("mlperf_resnet8_cifar10", "resnet8_adam", Preprocessing.NONE, Optimizer.ADAM, 1e-4)
            .follow(STEPS, step -> step <= 8 ? 1e-3f : 2e-2f);
    assertThat(trained.prunable()).hasSize(10);
  }

  @Test
  void lenetUnderAdamGoesAsTheReference() {
    Graph trained =
        new Run("onepixel_lenet_cifar10", "lenet_adam", STANDARDIZED, Optimizer.ADAM, 1e-4)
            .follow(STEPS, step -> step <= 8 ? 1e-3f : 2e-2f);
    assertThat(trained.prunable()).hasSize(5);
  }

  /**
   * Over two processors, with oneDNN and without, TensorFlow's own runs differ by a third of it.
   */
  @Test
  void resnetUnderMomentumEndsWithTheReferencesWeights() {
    Run run = momentum("resnet8_sgd_momentum_1e-4", 1e-4);
    Graph trained = run.follow(STEPS, step -> 1e-4f);
    int compared = 0;
    for (String name : run.reference().arrays().keySet()) {
      if (name.startsWith("final/")) {
        float[] expected = run.reference().floats(name);
        float[] actual = weight(trained, name.substring("final/".length())).value().values();
        float range = range(expected);
        for (int i = 0; i < expected.length; i++) {
          assertThat(actual[i])
              .as("%s[%d]", name, i)
              .isCloseTo(expected[i], Offset.offset(2e-5f * Math.max(1, range)));
        }
        compared++;
      }
    }
    assertThat(compared).isEqualTo(48);
  }

  /** At this rate the run is chaotic: TensorFlow itself ends elsewhere on another processor. */
  @Test
  void resnetUnderTenTimesTheRateBeginsAsTheReference() {
    momentum("resnet8_sgd_momentum", 1e-3).follow(8, step -> step < 8 ? 1e-3f : 3e-3f);
  }

  private static Run momentum(String name, double rate) {
    return new Run("mlperf_resnet8_cifar10", name, Preprocessing.NONE, Optimizer.MOMENTUM, rate);
  }

  private static float range(float[] values) {
    float most = 0;
    for (float v : values) {
      most = Math.max(most, Math.abs(v));
    }
    return most;
  }

  private static Weight weight(Graph network, String keras) {
    return network.weights().values().stream()
        .filter(w -> w.name().equals(keras) || w.name().startsWith(keras + ":"))
        .findFirst()
        .orElseThrow(() -> new AssertionError(keras + " not in " + network.weights().keySet()));
  }

  /** A reference run, and what it was given. */
  private record Run(
      String model, String name, Preprocessing preprocessing, Optimizer optimizer, double rate) {
    ReferenceArrays reference() {
      return ReferenceArrays.read(ReferenceArrays.shared("reference/training/" + name + ".npz"));
    }

    /**
     * Trains as the reference did, and compares after each step.
     *
     * @param tolerance of a step's loss, relative
     */
    Graph follow(int steps, IntToFloat tolerance) {
      ReferenceArrays reference = reference();
      Graph network = KerasReader.read(ReferenceArrays.shared("models/" + model + ".h5")).graph();
      List<String> pruned = network.prunable().stream().map(Weight::name).toList();
      try (Dataset data =
              Datasets.open(
                  ReferenceArrays.shared("data/cifar10_train10k.npz"),
                  Datasets.Part.TRAIN,
                  preprocessing,
                  Datasets.Expected.of(network));
          TrainingSession session =
              new TrainingSession(
                  network,
                  Objective.resolve(network, FineTuning.TUTORIAL, data),
                  optimizer,
                  pruned,
                  2)) {
        int[] indices = reference.ints("indices");
        float[] losses = reference.floats("loss");
        float[] sparsities = reference.floats("sparsity");
        for (int step = 1; step <= steps; step++) {
          if (SCHEDULE.updatesAt(step)) {
            session.prune(SCHEDULE.sparsityAt(step));
          }
          int[] batch = Arrays.copyOfRange(indices, (step - 1) * BATCH, step * BATCH);
          float loss;
          try (Feed feed = Batches.feed(data, batch, Optional.empty(), Head.of(network))) {
            loss = session.step(feed, step, rate, 0).loss();
          }
          float expected = losses[step - 1];
          assertThat(loss)
              .as("loss of step %d", step)
              .isCloseTo(expected, Offset.offset(expected * tolerance.of(step)));
          Graph now = session.trained();
          for (int i = 0; i < pruned.size(); i++) {
            // The reference is one minus a float32 mean: counts are what is exact.
            Weight weight = now.weights().get(pruned.get(i));
            long size = weight.shape().size();
            assertThat(Math.round(weight.value().sparsity() * size))
                .as("zeros of %s after step %d", pruned.get(i), step)
                .isEqualTo(Math.round((double) sparsities[(step - 1) * pruned.size() + i] * size));
          }
        }
        return session.trained();
      }
    }
  }

  private interface IntToFloat {
    float of(int step);
  }
}
