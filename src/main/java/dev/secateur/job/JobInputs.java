package dev.secateur.job;

import dev.secateur.dataset.Allowance;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.DatasetException;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.ReadOptions;
import dev.secateur.dataset.SourceDigest;
import dev.secateur.dataset.Subset;
import dev.secateur.dataset.Target;
import dev.secateur.evaluate.Goal;
import dev.secateur.evaluate.Goals;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasSource;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Plan;
import dev.secateur.result.JobResult;
import dev.secateur.tflite.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The model and the sets of a job, opened and fitting each other.
 *
 * @param train what is trained on or, where nothing is trained, what there are samples of
 * @param open what is read, closed with this
 */
record JobInputs(
    KerasModel model,
    FileLosses losses,
    List<Goal> goals,
    Dataset train,
    Dataset evaluation,
    Dataset representative,
    List<JobResult.Data> datasets,
    List<Dataset> open)
    implements AutoCloseable {
  JobInputs {
    datasets = List.copyOf(datasets);
    open = List.copyOf(open);
  }

  private static final int RANGE_SAMPLES = 256;

  /** Samples in memory at once. */
  private static final int BATCH = 32;

  /**
   * @param progress hears how far each set has been read, and may throw to stop that
   * @param cancelled stops the reading of the model
   */
  static JobInputs open(Job job, ReadOptions.Progress progress, BooleanSupplier cancelled) {
    KerasModel model = read(job, cancelled);
    Graph graph = model.graph();
    Set<String> inputsFirst = model.channelsFirst().inputs();
    Expected expected =
        Expected.of(graph).channelsFirst(inputsFirst, model.channelsFirst().outputs());
    FileLosses losses = FileLosses.of(model, job.plan().fineTuning());
    List<Dataset> open = new ArrayList<>();
    try {
      Dataset samples = add(open, job, job.samples(), job.samplesPart(), expected, progress);
      Optional<Subset.Parts> parts =
          job.plan()
              .heldOut()
              .map(held -> Subset.split(samples, job.samplesPart(), held.samples()));
      Dataset train = parts.map(Subset.Parts::rest).orElse(samples);
      Dataset evaluation =
          parts.isPresent() && job.judgesHeldOut()
              ? parts.get().held()
              : add(open, job, evaluation(job), Part.EVALUATION, expected, progress);
      checkMasks(job, train, evaluation);
      Dataset representative =
          job.representative().isEmpty() || (parts.isPresent() && job.train().isEmpty())
              ? train
              : add(
                  open,
                  job,
                  job.representative().get(),
                  Part.TRAIN,
                  Expected.inputsOf(graph).channelsFirst(inputsFirst, Set.of()),
                  progress);
      Goals goals =
          new Goals(
              output -> job.plan().task().flatMap(t -> t.of(output)),
              output -> Optional.ofNullable(losses.losses().get(output)));
      List<JobResult.Data> datasets = new ArrayList<>();
      job.train().ifPresent(input -> datasets.add(data("train", input, train)));
      datasets.add(
          data("evaluation", job.judgesHeldOut() ? job.samples() : evaluation(job), evaluation));
      datasets.add(
          data("representative", job.representative().orElse(job.samples()), representative));
      return new JobInputs(
          model,
          losses,
          goals.of(Head.of(graph), evaluation.inputs(), evaluation),
          train,
          evaluation,
          representative,
          datasets,
          open);
    } catch (RuntimeException e) {
      open.forEach(Dataset::close);
      throw e;
    }
  }

  /**
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  static KerasModel read(Job job, BooleanSupplier cancelled) {
    return read(
        job.source(), job.samples().file(), job.plan(), job.budget().reading().anew(), cancelled);
  }

  /** A model that states no input shape takes the one given, else the training samples'. */
  static KerasModel read(
      KerasSource model, Path train, Plan plan, Allowance reading, BooleanSupplier cancelled) {
    return UnknownShape.read(
        model,
        plan.preprocessing(),
        () ->
            Optional.of(
                Datasets.open(
                    train,
                    Part.TRAIN,
                    plan.preprocessing(),
                    Expected.ANYTHING,
                    options(plan, reading))),
        cancelled);
  }

  private static ReadOptions options(Plan plan, Allowance reading) {
    return new ReadOptions(
        plan.skipUnreadable(),
        plan.sampleField(),
        plan.targetField(),
        ReadOptions.UNHEARD,
        reading);
  }

  private static Dataset add(
      List<Dataset> open,
      Job job,
      Input input,
      Part part,
      Expected expected,
      ReadOptions.Progress progress) {
    Dataset set =
        Datasets.open(
            input.file(),
            () -> digest(input),
            part,
            job.plan().preprocessing(),
            expected,
            options(job.plan(), job.budget().reading()).withProgress(progress));
    open.add(set);
    return set;
  }

  /** What could not be read for a moment still is some set, and no other. */
  private static String digest(Input input) {
    String known = input.sha256();
    return known.isEmpty() ? SourceDigest.of(input.file()) : known;
  }

  /** Whether 0 and 255 are 0 and 1 is judged by what a set holds: it must come out the same. */
  private static void checkMasks(Job job, Dataset train, Dataset evaluation) {
    int both = Math.min(train.targets().size(), evaluation.targets().size());
    for (int i = 0; i < both; i++) {
      Target trained = train.targets().get(i);
      Target judged = evaluation.targets().get(i);
      if (!trained.readsLike(judged)) {
        boolean here = judged.content().blackAndWhite();
        throw new DatasetException(
            (here && !job.judgesHeldOut() ? evaluation(job) : job.samples()).file(),
            (here ? judged : trained).array(),
            "holds nothing but 0 and 255, which would be read as 0 and 1, but the "
                + (here ? "training" : "evaluation")
                + " set has other values too",
            "write both sets on one scale");
      }
    }
  }

  /** What the user should know of how model and sets are read, each remark once. */
  List<String> remarks() {
    Stream<String> ofSets =
        Stream.of(train, evaluation, representative).flatMap(set -> set.remarks().stream());
    return Stream.concat(model.channelsFirst().remarks(model.graph()).stream(), ofSets)
        .distinct()
        .toList();
  }

  private static Input evaluation(Job job) {
    return job.evaluation()
        .orElseGet(
            () -> {
              if (Datasets.hasEvaluationPart(job.samples().file())) {
                return job.samples();
              }
              throw new DatasetException(
                  job.samples().file(),
                  "",
                  "has no part for evaluation",
                  "name a set for evaluation (--eval), or add x_test and y_test");
            });
  }

  private static JobResult.Data data(String role, Input input, Dataset set) {
    return new JobResult.Data(
        role,
        input.name(),
        set.digest(),
        set.size(),
        !set.targets().isEmpty(),
        set.classes(),
        OptionalInt.empty(),
        set.skipped());
  }

  JobResult.Model description(Job job) {
    return new JobResult.Model(
        job.name(),
        job.model().name(),
        job.model().sha256(),
        model.format().label(),
        model.kerasVersion(),
        model.graph().parameters());
  }

  /** What each output is trained with, in the network's order: the file's, else its goal's. */
  List<Optional<FineTuning.Loss>> trainingLosses(List<Goal> goals) {
    return goals.stream()
        .map(g -> Optional.ofNullable(losses.losses().get(g.output())).or(() -> g.loss()))
        .toList();
  }

  /** Of the evaluation set, spread over it: one tensor an input, batch first. */
  List<Tensor> fewSamples() {
    return FewSamples.of(model.graph(), Optional.of(evaluation));
  }

  /** Values that the network is trained on, of all inputs, from samples spread over the set. */
  Optional<Range> trainingRange() {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    int[] chosen = FewSamples.spread(train.size(), RANGE_SAMPLES);
    for (int from = 0; from < chosen.length; from += BATCH) {
      int[] indices = Arrays.copyOfRange(chosen, from, Math.min(from + BATCH, chosen.length));
      for (Tensor input : train.batch(indices).inputs()) {
        for (float value : input.values()) {
          min = Math.min(min, value);
          max = Math.max(max, value);
        }
      }
    }
    return min <= max ? Optional.of(new Range(min, max)) : Optional.empty();
  }

  @Override
  public void close() {
    open.forEach(Dataset::close);
  }
}
