package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.graph.Weight.Role;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.LearningRateSchedule;
import dev.secateur.plan.FineTuning.Loss;
import dev.secateur.plan.FineTuning.Optimizer;
import dev.secateur.plan.FineTuning.Precision;
import dev.secateur.plan.FineTuning.Recipe;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.Masks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FineTunerTest {
  private static final Pruning HALF =
      new Pruning(Pruning.Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 3);
  private static final BooleanSupplier NEVER = () -> false;

  private static FineTuning how(boolean distill, boolean augment, double validation) {
    return new FineTuning(
        Recipe.RECOMMENDED,
        2,
        16,
        Optimizer.ADAM,
        Optional.of(1e-2),
        LearningRateSchedule.COSINE,
        Optional.empty(),
        validation,
        distill,
        augment ? FineTuning.Augment.FLIPS_AND_SHIFTS : FineTuning.Augment.NONE,
        true,
        5,
        false,
        Optional.empty());
  }

  private static FineTuned run(Graph network, Dataset data, FineTuning how) {
    return run(network, data, how, Checkpoints.NONE, NEVER);
  }

  private static FineTuned run(
      Graph network,
      Dataset data,
      FineTuning how,
      Checkpoints checkpoints,
      BooleanSupplier cancelled) {
    return FineTuner.fineTune(
        network, data, how, HALF, List.of(), checkpoints, TrainingListener.NONE, cancelled, 2);
  }

  /** Convolution, normalisation, dropout and two dense layers, with an L2 penalty. */
  private static Graph classifier(boolean frozenConvolution) {
    Random random = new Random(1);
    GraphBuilder builder = new GraphBuilder("classifier");
    builder.input("x", Shape.of(-1, 8, 8, 3));
    String conv =
        builder.add(
            "conv",
            new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1),
            "x",
            weight(builder, random, "conv/kernel", Role.KERNEL, !frozenConvolution, 3, 3, 3, 8),
            weight(builder, random, "conv/bias", Role.BIAS, !frozenConvolution, 8));
    String normalized =
        builder.add(
            "bn",
            new Op.BatchNormalization(1e-3f, 0.9f, false),
            conv,
            weight(builder, random, "bn/gamma", Role.GAMMA, true, 8),
            weight(builder, random, "bn/beta", Role.BETA, true, 8),
            builder.weight(new Weight("bn/mean", Role.MOVING_MEAN, zeros(8), false, 0, 0)),
            builder.weight(new Weight("bn/variance", Role.MOVING_VARIANCE, ones(8), false, 0, 0)));
    String relu = builder.add("relu", new Op.Activate(Activation.Simple.RELU), normalized);
    String flat = builder.add("flat", new Op.Reshape(Shape.of(512)), relu);
    String dropped = builder.add("drop", new Op.Noise(Op.NoiseKind.DROPOUT, 0.2f), flat);
    String logits =
        builder.add(
            "dense",
            new Op.Dense(),
            dropped,
            weight(builder, random, "dense/kernel", Role.KERNEL, true, 512, 4));
    String y = builder.add("softmax", new Op.Activate(new Activation.Softmax(1)), logits);
    return builder.output("y", y).build();
  }

  private static Graph autoencoder() {
    Random random = new Random(1);
    GraphBuilder builder = new GraphBuilder("autoencoder");
    builder.input("x", Shape.of(-1, 8, 8, 3));
    Op.Conv2D conv = new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);
    String code =
        builder.add("code", conv, "x", weight(builder, random, "a", Role.KERNEL, true, 3, 3, 3, 8));
    String y =
        builder.add("y", conv, code, weight(builder, random, "b", Role.KERNEL, true, 3, 3, 8, 3));
    return builder.output("y", y).build();
  }

  private static String weight(
      GraphBuilder builder, Random random, String name, Role role, boolean trainable, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.2 * random.nextGaussian());
    }
    double l2 = role == Role.KERNEL ? 1e-3 : 0;
    return builder.weight(new Weight(name, role, new Tensor(shape, values), trainable, 0, l2));
  }

  private static Tensor zeros(int size) {
    return Tensor.of(new float[size], size);
  }

  private static Tensor ones(int size) {
    float[] values = new float[size];
    java.util.Arrays.fill(values, 1f);
    return Tensor.of(values, size);
  }

  private static void assertSameWeights(Graph actual, Graph expected) {
    for (Weight weight : expected.weights().values()) {
      assertThat(actual.weights().get(weight.name()).value().values())
          .as(weight.name())
          .isEqualTo(weight.value().values());
    }
  }

  @Test
  void trainingLearnsWhileEveryPrunedWeightReachesTheTarget() {
    FineTuned tuned =
        run(classifier(false), ArrayDataset.quadrants(200, true), how(false, false, 0));
    assertThat(tuned.steps()).isEqualTo(26);
    assertThat(tuned.sparsity()).containsOnlyKeys("conv/kernel", "dense/kernel");
    assertThat(tuned.sparsity().values()).allMatch(s -> s == 0.5);
    assertThat(tuned.loss()).isEqualTo(Loss.CROSS_ENTROPY);
    assertThat(tuned.epochs()).hasSize(2);
    assertThat(tuned.epochs().get(1).loss()).isLessThan(tuned.epochs().get(0).loss());
    assertThat(tuned.epochs().get(1).accuracy().orElseThrow()).isGreaterThan(0.5);
    assertThat(tuned.pruning().endStep()).hasValue(6);
  }

  @Test
  void sameSeedGivesTheSameBytesAndAnotherSeedOthers() {
    Dataset data = ArrayDataset.quadrants(100, true);
    FineTuning how = how(true, true, 0);
    Graph first = run(classifier(false), data, how).graph();
    assertSameWeights(run(classifier(false), data, how).graph(), first);
    FineTuning other =
        new FineTuning(
            how.recipe(),
            how.epochs(),
            how.batchSize(),
            how.optimizer(),
            how.learningRate(),
            how.learningRateSchedule(),
            how.loss(),
            how.validationSplit(),
            how.distill(),
            how.augment(),
            how.shuffle(),
            6,
            how.freezeBatchNorm(),
            how.precision());
    assertThat(
            run(classifier(false), data, other)
                .graph()
                .weights()
                .get("conv/kernel")
                .value()
                .values())
        .isNotEqualTo(first.weights().get("conv/kernel").value().values());
  }

  @ParameterizedTest
  @CsvSource({"3,false,false", "7,true,false", "9,true,true", "11,false,true"})
  void resumingGivesTheSameBytesAsNotHavingStopped(
      int stop, boolean distill, boolean augment, @TempDir Path directory) {
    Dataset data = ArrayDataset.quadrants(100, true);
    FineTuning how = how(distill, augment, 0.1);
    FineTuned whole = run(classifier(false), data, how);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    int[] asked = {distill && !augment ? -1 : 0};
    assertThatThrownBy(
            () -> run(classifier(false), data, how, checkpoints, () -> ++asked[0] == stop))
        .isInstanceOfSatisfying(TrainingCancelled.class, c -> assertThat(c.step()).isEqualTo(stop));
    FineTuned resumed = run(classifier(false), data, how, checkpoints, NEVER);
    assertThat(resumed.resumedFrom()).hasValue(stop);
    assertThat(resumed.epochs()).isEqualTo(whole.epochs());
    assertSameWeights(resumed.graph(), whole.graph());
  }

  /** A run whose first half was computed in bfloat16 is not finished in anything else. */
  @Test
  void aResumedRunKeepsItsPrecision(@TempDir Path directory) throws IOException {
    Dataset data = ArrayDataset.quadrants(100, true);
    FineTuning how = how(false, false, 0);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    FineTuned whole = run(classifier(false), data, how, checkpoints, NEVER);
    assertThat(whole.precision()).hasValue(Processor.current().precision(Optional.empty()));
    for (Precision precision : Precision.values()) {
      int[] asked = {0};
      Files.delete(checkpoints.file());
      assertThatThrownBy(
              () -> run(classifier(false), data, how, checkpoints, () -> ++asked[0] == 3))
          .isInstanceOf(TrainingCancelled.class);
      setPrecision(checkpoints.file(), precision);
      FineTuned resumed = run(classifier(false), data, how, checkpoints, NEVER);
      assertThat(resumed.resumedFrom()).hasValue(3);
      assertThat(resumed.precision()).hasValue(precision);
    }
  }

  /** Says in a checkpoint that the run computes in {@code precision}. */
  private static void setPrecision(Path file, Precision precision) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int body = bytes.length - 32;
    bytes[8 + 4 + 32] = (byte) precision.ordinal();
    byte[] digest = CheckpointFile.sha256().digest(Arrays.copyOf(bytes, body));
    System.arraycopy(digest, 0, bytes, body, digest.length);
    Files.write(file, bytes);
  }

  @Test
  void crashLosesTheStepsSinceTheLastCheckpointOnly(@TempDir Path directory) {
    Dataset data = ArrayDataset.quadrants(100, true);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    int[] asked = {0};
    assertThatThrownBy(
            () ->
                run(
                    classifier(false),
                    data,
                    how(false, false, 0),
                    checkpoints,
                    () -> {
                      if (++asked[0] == 6) {
                        throw new IllegalStateException("crash");
                      }
                      return false;
                    }))
        .hasMessage("crash");
    FineTuned resumed = run(classifier(false), data, how(false, false, 0), checkpoints, NEVER);
    assertThat(resumed.resumedFrom()).hasValue(5);
    assertSameWeights(resumed.graph(), run(classifier(false), data, how(false, false, 0)).graph());
  }

  @Test
  void checkpointsAreMadeByTimeAndTakeASmallPartOfIt() {
    int often = saves(Duration.ZERO, Duration.ZERO);
    assertThat(often).isEqualTo(stepsOf(how(false, false, 0)));
    assertThat(saves(Duration.ofHours(1), Duration.ZERO)).isZero();
    // After one that took half a second there is none for four and a half.
    assertThat(saves(Duration.ofNanos(1), Duration.ofMillis(500))).isBetween(1, often / 2);
  }

  private static int stepsOf(FineTuning how) {
    return run(classifier(false), ArrayDataset.quadrants(100, true), how).steps();
  }

  private static int saves(Duration interval, Duration each) {
    AtomicInteger saves = new AtomicInteger();
    Checkpoints counting =
        new Checkpoints() {
          @Override
          public Optional<Path> latest() {
            return Optional.empty();
          }

          @Override
          public void save(int step, State state) {
            saves.incrementAndGet();
            LockSupport.parkNanos(each.toNanos());
          }

          @Override
          public Duration interval() {
            return interval;
          }
        };
    run(
        classifier(false),
        ArrayDataset.quadrants(100, true),
        how(false, false, 0),
        counting,
        NEVER);
    return saves.get();
  }

  @Test
  void finishedRunIsResumedWithoutTraining(@TempDir Path directory) {
    Dataset data = ArrayDataset.quadrants(100, true);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    FineTuned whole = run(classifier(false), data, how(false, false, 0), checkpoints, NEVER);
    FineTuned again = run(classifier(false), data, how(false, false, 0), checkpoints, NEVER);
    assertThat(again.resumedFrom()).hasValue(whole.steps());
    assertSameWeights(again.graph(), whole.graph());
  }

  @Test
  void damagedCheckpointIsRefused(@TempDir Path directory) throws IOException {
    Dataset data = ArrayDataset.quadrants(100, true);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    run(classifier(false), data, how(false, false, 0), checkpoints, NEVER);
    byte[] bytes = Files.readAllBytes(checkpoints.file());
    bytes[bytes.length / 2] ^= 1;
    Files.write(checkpoints.file(), bytes);
    assertThatThrownBy(() -> run(classifier(false), data, how(false, false, 0), checkpoints, NEVER))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("checksum");
    Files.write(checkpoints.file(), new byte[3]);
    assertThatThrownBy(() -> run(classifier(false), data, how(false, false, 0), checkpoints, NEVER))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("too short");
  }

  @Test
  void checkpointOfAnotherPlanIsPassedOver(@TempDir Path directory) {
    Dataset data = ArrayDataset.quadrants(100, true);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    run(classifier(false), data, how(false, false, 0), checkpoints, NEVER);
    FineTuned other = run(classifier(false), data, how(true, false, 0), checkpoints, NEVER);
    assertThat(other.resumedFrom()).isEmpty();
  }

  @Test
  void frozenWeightsKeepTheirValuesWhereTheyAreNotPruned() {
    Graph before = classifier(true);
    Graph after = run(before, ArrayDataset.quadrants(100, true), how(false, false, 0)).graph();
    float[] was = before.weights().get("conv/kernel").value().values();
    float[] is = after.weights().get("conv/kernel").value().values();
    float[] mask = Masks.of(was, 0.5f);
    for (int i = 0; i < was.length; i++) {
      assertThat(is[i]).isEqualTo(mask[i] == 0f ? 0f : was[i]);
    }
    assertThat(after.weights().get("conv/bias").value().values())
        .isEqualTo(before.weights().get("conv/bias").value().values());
    assertThat(after.weights().get("dense/kernel").value().values())
        .isNotEqualTo(before.weights().get("dense/kernel").value().values());
  }

  @Test
  void distillationNeedsNoLabels() {
    FineTuned tuned =
        run(classifier(false), ArrayDataset.quadrants(100, false), how(true, false, 0.2));
    assertThat(tuned.distilled()).isTrue();
    assertThat(tuned.epochs().get(1).loss()).isLessThan(tuned.epochs().get(0).loss());
    assertThat(tuned.epochs().get(1).validationAccuracy()).isPresent();
  }

  @Test
  void labelsAreNeededWithoutDistillation() {
    assertThatThrownBy(
            () -> run(classifier(false), ArrayDataset.quadrants(50, false), how(false, false, 0)))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("--distill");
  }

  @Test
  void autoencodersLearnTheirInput() {
    FineTuned tuned =
        run(autoencoder(), ArrayDataset.quadrants(200, false), how(false, false, 0.1));
    assertThat(tuned.loss()).isEqualTo(Loss.RECONSTRUCTION);
    assertThat(tuned.epochs().get(1).loss()).isLessThan(tuned.epochs().get(0).loss());
    assertThat(tuned.epochs().get(1).accuracy()).isEmpty();
    assertThat(tuned.epochs().get(1).validationLoss()).isPresent();
  }

  @Test
  void labelOutsideTheClassesIsNamed() {
    ArrayDataset data = ArrayDataset.quadrants(50, true);
    data.labels()[17] = 4;
    assertThatThrownBy(() -> run(classifier(false), data, how(false, false, 0)))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("sample 17")
        .hasMessageContaining("label 4");
  }

  @Test
  void samplesOfAnotherShapeAreRefused() {
    ArrayDataset data = new ArrayDataset(Shape.of(-1, 4, 4, 3), new float[480], new int[10]);
    assertThatThrownBy(() -> run(classifier(false), data, how(false, false, 0)))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("(?×4×4×3)");
  }

  @Test
  void divergenceIsSaidAndNotSaved() {
    ArrayDataset data = ArrayDataset.quadrants(50, true);
    data.values()[5] = Float.NaN;
    assertThatThrownBy(() -> run(classifier(false), data, how(false, false, 0)))
        .isInstanceOfSatisfying(
            TrainingException.class,
            e -> assertThat(e.reason()).isEqualTo(TrainingException.Reason.DIVERGED));
  }

  @Test
  void noEpochsPruneInOneShot() {
    FineTuning none =
        new FineTuning(
            Recipe.TUTORIAL,
            0,
            16,
            Optimizer.ADAM,
            Optional.of(1e-3),
            LearningRateSchedule.CONSTANT,
            Optional.empty(),
            0,
            false,
            FineTuning.Augment.NONE,
            true,
            1,
            false,
            Optional.empty());
    Graph before = classifier(false);
    FineTuned tuned = run(before, ArrayDataset.quadrants(20, true), none);
    assertThat(tuned.sparsity().values()).allMatch(s -> s == 0.5);
    assertThat(tuned.graph().weights().get("conv/bias").value().values())
        .isEqualTo(before.weights().get("conv/bias").value().values());
  }

  private static final Pruning RECONSTRUCTED =
      new Pruning(
          Pruning.Method.RECONSTRUCT,
          Pruning.Allocation.UNIFORM,
          Pruning.Schedule.CONSTANT,
          0,
          0.5,
          0,
          OptionalInt.empty(),
          1,
          Optional.empty(),
          Optional.empty());

  private static FineTuning afterwards(double rate, boolean freezeBatchNorm) {
    FineTuning usual = how(true, false, 0);
    return new FineTuning(
        usual.recipe(),
        4,
        usual.batchSize(),
        usual.optimizer(),
        Optional.of(rate),
        usual.learningRateSchedule(),
        usual.loss(),
        0,
        true,
        FineTuning.Augment.FLIPS,
        true,
        5,
        freezeBatchNorm,
        Optional.empty());
  }

  /** Every other entry of each kernel is zero. */
  private static Graph thinned(Graph network) {
    Map<String, Tensor> thinned = new HashMap<>();
    for (Weight kernel : network.prunable()) {
      float[] values = kernel.value().values().clone();
      for (int i = 0; i < values.length; i += 2) {
        values[i] = 0f;
      }
      thinned.put(kernel.name(), new Tensor(kernel.shape(), values));
    }
    return network.withWeights(thinned);
  }

  private static FineTuned afterwards(Graph pruned, Graph original, FineTuning how) {
    return FineTuner.fineTune(
        pruned,
        original,
        ArrayDataset.quadrants(1000, false),
        how,
        RECONSTRUCTED,
        Quantizing.NONE,
        List.of(),
        Checkpoints.NONE,
        TrainingListener.NONE,
        NEVER,
        2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWasPrunedBeforeLearnsFromTheOriginalAndKeepsItsZeros(boolean freeze) {
    Graph original = classifier(false);
    Graph pruned = thinned(original);
    FineTuned tuned = afterwards(pruned, original, afterwards(2e-3, freeze));
    assertThat(tuned.heldOut().orElseThrow().samples()).isEqualTo(50);
    assertThat(tuned.heldOut().orElseThrow().after())
        .isLessThan(tuned.heldOut().orElseThrow().before());
    for (Weight kernel : pruned.prunable()) {
      float[] was = kernel.value().values();
      float[] is = tuned.graph().weights().get(kernel.name()).value().values();
      for (int i = 0; i < was.length; i++) {
        assertThat(is[i] == 0f).isEqualTo(was[i] == 0f);
      }
    }
    assertThat(tuned.graph().nodes()).isEqualTo(original.nodes());
    float[] mean = tuned.graph().weights().get("bn/mean").value().values();
    assertThat(Arrays.equals(mean, original.weights().get("bn/mean").value().values()))
        .isEqualTo(freeze);
  }

  /** The scales are those of the step at which half of the run was done, whoever goes on. */
  @ParameterizedTest
  @ValueSource(ints = {5, 119, 120, 121, 200})
  void aRunThatLearnsToBeQuantizedIsResumedToTheSameBytes(int stop, @TempDir Path directory) {
    Graph original = classifier(false);
    Graph pruned = thinned(original);
    SavedCheckpoints checkpoints = new SavedCheckpoints(directory);
    FineTuned whole = quantized(pruned, original, Checkpoints.NONE, NEVER);
    int[] asked = {-2 * 4};
    assertThatThrownBy(() -> quantized(pruned, original, checkpoints, () -> ++asked[0] == stop))
        .isInstanceOf(TrainingCancelled.class);
    FineTuned resumed = quantized(pruned, original, checkpoints, NEVER);
    assertThat(resumed.resumedFrom()).hasValue(stop);
    assertThat(resumed.scales()).isEqualTo(whole.scales()).containsOnlyKeys("x", "relu");
    assertThat(resumed.scales().get("relu").scale()).isNotEqualTo(scale(pruned));
    assertSameWeights(resumed.graph(), whole.graph());
    for (Weight kernel : pruned.prunable()) {
      assertThat(resumed.graph().weights().get(kernel.name()).value().sparsity()).isEqualTo(0.5);
    }
  }

  private static FineTuned quantized(
      Graph pruned, Graph original, Checkpoints checkpoints, BooleanSupplier cancelled) {
    Quantizing ofItsNumbers =
        network ->
            Map.of(
                "x",
                new Quantizing.Scale(0.05f, 3),
                "relu",
                new Quantizing.Scale(scale(network), -128));
    return learned(pruned, original, ofItsNumbers, false, checkpoints, cancelled);
  }

  private static FineTuned learned(
      Graph pruned,
      Graph original,
      Quantizing quantizing,
      boolean freeze,
      Checkpoints checkpoints,
      BooleanSupplier cancelled) {
    return FineTuner.fineTune(
        pruned,
        original,
        ArrayDataset.quadrants(1000, false),
        afterwards(2e-3, freeze),
        RECONSTRUCTED,
        quantizing,
        List.of(),
        checkpoints,
        TrainingListener.NONE,
        cancelled,
        2);
  }

  /** The step before told a finite loss, and left weights that are not. */
  @Test
  void whatDivergesAsItIsQuantizedHasDiverged() {
    Graph original = classifier(false);
    Quantizing ofItsWeights =
        new Quantizing() {
          @Override
          public Map<String, Scale> scales(Graph network) {
            return Map.of("relu", new Scale(0.05f, -128));
          }

          @Override
          public Map<String, Integer> levels(Graph network) {
            return Map.of("conv/kernel", Grid.FOUR_BITS);
          }

          /** Of what is not finite no grid can be made. */
          @Override
          public Rounded rounded(Graph network) {
            float first = network.weights().get("conv/kernel").value().values()[1];
            Grid grid = new Grid(Grid.FOUR_BITS, List.of(0.05f));
            return new Rounded(
                network, Float.isFinite(first) ? Map.of("conv/kernel", grid) : Map.of());
          }
        };
    FineTuning how =
        new FineTuning(
            Recipe.RECOMMENDED,
            2,
            1000,
            Optimizer.SGD,
            Optional.of(Double.MAX_VALUE),
            LearningRateSchedule.CONSTANT,
            Optional.empty(),
            0,
            true,
            FineTuning.Augment.NONE,
            true,
            5,
            false,
            Optional.empty());
    assertThatThrownBy(
            () ->
                FineTuner.fineTune(
                    thinned(original),
                    original,
                    ArrayDataset.quadrants(1000, false),
                    how,
                    RECONSTRUCTED,
                    ofItsWeights,
                    List.of(),
                    Checkpoints.NONE,
                    TrainingListener.NONE,
                    NEVER,
                    2))
        .isInstanceOfSatisfying(
            TrainingException.class,
            e -> assertThat(e.reason()).isEqualTo(TrainingException.Reason.DIVERGED))
        .hasMessageContaining("weights");
  }

  /** A grid of fifteen levels under one kernel, also for whoever goes on from a checkpoint. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKernelLearnsOnItsGrid(boolean freeze, @TempDir Path directory) {
    Graph original = classifier(false);
    Graph pruned = thinned(original);
    Grid grid = new Grid(Grid.FOUR_BITS, List.of(0.05f));
    Quantizing fewLevels =
        new Quantizing() {
          @Override
          public Map<String, Scale> scales(Graph network) {
            return Map.of("relu", new Scale(0.05f, -128));
          }

          @Override
          public Map<String, Integer> levels(Graph network) {
            return Map.of("conv/kernel", grid.most());
          }

          @Override
          public Rounded rounded(Graph network) {
            Tensor kernel = network.weights().get("conv/kernel").value();
            return new Rounded(
                network.withWeights(Map.of("conv/kernel", grid.nearest(kernel))),
                Map.of("conv/kernel", grid));
          }
        };
    FineTuned whole = learned(pruned, original, fewLevels, freeze, Checkpoints.NONE, NEVER);
    assertThat(whole.heldOut().orElseThrow().worse()).isFalse();
    assertThat(whole.grids()).isEqualTo(Map.of("conv/kernel", grid));
    float[] values = whole.graph().weights().get("conv/kernel").value().values();
    assertThat(grid.nearest(whole.graph().weights().get("conv/kernel").value()).values())
        .isEqualTo(values);
    float[] start = pruned.weights().get("conv/kernel").value().values();
    int moved = 0;
    for (int i = 0; i < values.length; i++) {
      assertThat(start[i] != 0 || values[i] == 0).as("a zero stays").isTrue();
      moved += grid.level(start[i], 0) == grid.level(values[i], 0) ? 0 : 1;
    }
    assertThat(moved).isPositive();

    SavedCheckpoints saved = new SavedCheckpoints(directory);
    int[] asked = {-2 * 4};
    assertThatThrownBy(
            () -> learned(pruned, original, fewLevels, freeze, saved, () -> ++asked[0] == 200))
        .isInstanceOf(TrainingCancelled.class);
    FineTuned resumed = learned(pruned, original, fewLevels, freeze, saved, NEVER);
    assertSameWeights(resumed.graph(), whole.graph());
    assertThat(resumed.grids()).isEqualTo(whole.grids());
  }

  private static float scale(Graph network) {
    float sum = 0;
    for (float w : network.weights().get("conv/kernel").value().values()) {
      sum += Math.abs(w);
    }
    return sum / 1000;
  }

  @Test
  void whereTrainingMakesItWorseTheNetworkStays() {
    Graph original = classifier(false);
    Graph pruned = thinned(original);
    FineTuned tuned = afterwards(pruned, original, afterwards(3, true));
    assertThat(tuned.heldOut().orElseThrow().worse()).isTrue();
    assertSameWeights(tuned.graph(), pruned);
  }

  /** Nothing that is judged by is trained on, nor what weights are usually reconstructed on. */
  @ParameterizedTest
  @ValueSource(ints = {1, 19, 20, 39, 1000, 1023, 10_000, 60_000})
  void whatIsHeldOutIsNotTrainedOn(int size) {
    Split split = Split.of(size, how(true, false, 0), Pruning.Method.RECONSTRUCT);
    assertThat(split.heldOut()).hasSize(Math.min(512, size / 20)).doesNotHaveDuplicates();
    assertThat(IntStream.concat(Arrays.stream(split.training()), Arrays.stream(split.heldOut())))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, size).boxed().toList());
    if (size >= 2 * 512) {
      assertThat(split.heldOut())
          .doesNotContain(
              IntStream.range(0, 512).map(i -> (int) ((long) i * size / 512)).toArray());
    }
    assertThat(Split.of(size, how(true, false, 0.25), Pruning.Method.RECONSTRUCT).heldOut())
        .isEqualTo(IntStream.range(size - size / 4, size).toArray());
    assertThat(Split.of(size, how(true, false, 0), Pruning.Method.MAGNITUDE).training())
        .isEqualTo(IntStream.range(0, size).toArray());
  }

  @Test
  void listenerHearsOfTheLossAndOfEveryEpoch() {
    List<TrainingListener.Step> steps = new ArrayList<>();
    List<TrainingListener.Epoch> epochs = new ArrayList<>();
    FineTuner.fineTune(
        classifier(false),
        ArrayDataset.quadrants(200, true),
        how(false, false, 0),
        HALF,
        List.of(),
        Checkpoints.NONE,
        new TrainingListener() {
          @Override
          public void step(Step step) {
            steps.add(step);
          }

          @Override
          public void epoch(Epoch epoch) {
            epochs.add(epoch);
          }
        },
        NEVER,
        2);
    assertThat(steps).extracting(TrainingListener.Step::step).containsExactly(1, 10, 20, 26);
    assertThat(steps.get(3).sparsity()).isEqualTo(0.5);
    assertThat(epochs).hasSize(2);
  }

  /** Four steps on one batch; the expected weights are tf_keras 2.18's. */
  @ParameterizedTest
  @CsvSource({
    "SGD, 0.839400589466095, 0.2592073380947113, 0.07212700694799423",
    "MOMENTUM, 1.2567100524902344, 0.8835701942443848, 0.04856422543525696",
    "NESTEROV, 1.2961987257003784, 0.968451976776123, 0.1496923416852951",
    "ADAM, 0.6989126801490784, -0.05120282247662544, -0.05790118873119354",
    "ADAMW, 0.698456346988678, -0.05106353759765625, -0.05785592645406723",
    "RMSPROP, 0.8919898867607117, 0.15999218821525574, 0.06618256121873856"
  })
  void optimizersStepAsKerasDoes(Optimizer optimizer, float a, float b, float c) {
    GraphBuilder builder = new GraphBuilder("line");
    builder.input("x", Shape.of(-1, 3));
    Tensor start = Tensor.of(new float[] {0.5f, -0.25f, 0.1f}, 3, 1);
    builder.weight(new Weight("w", Role.KERNEL, start, true, 0, 0));
    Graph line = builder.output("y", builder.add("y", new Op.Dense(), "x", "w")).build();
    ArrayDataset data =
        new ArrayDataset(
            Shape.of(-1, 3),
            new float[] {1, 2, -1, 0.5f, -1, 2, 2, 0, 1, -1, 1, 1},
            new int[] {3, 1, 2, 0});
    FineTuning how =
        new FineTuning(
            Recipe.TUTORIAL,
            4,
            4,
            optimizer,
            Optional.of(0.05),
            LearningRateSchedule.CONSTANT,
            Optional.empty(),
            0,
            false,
            FineTuning.Augment.NONE,
            false,
            1,
            false,
            Optional.empty());
    Pruning none = new Pruning(Pruning.Schedule.CONSTANT, 0, 0, 0, OptionalInt.empty(), 100);
    FineTuned tuned =
        FineTuner.fineTune(
            line, data, how, none, List.of(), Checkpoints.NONE, TrainingListener.NONE, NEVER, 2);
    float[] w = tuned.graph().weights().get("w").value().values();
    Offset<Float> rounding = Offset.offset(2e-6f);
    assertThat(w[0]).isCloseTo(a, rounding);
    assertThat(w[1]).isCloseTo(b, rounding);
    assertThat(w[2]).isCloseTo(c, rounding);
    assertThat(tuned.loss()).isEqualTo(Loss.MEAN_SQUARED_ERROR);
    assertThat(tuned.sparsity()).isEmpty();
  }
}
