package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A set that fits a network: its samples as they are fed, its targets as they are compared. */
final class PreparedDataset implements Dataset {
  /** Batch, height, width, channels. */
  private static final int IMAGE_RANK = 4;

  private final Sources sources;
  private final Datasets.Expected expected;
  private final Reading reading;
  private final List<PreparedInput> inputs;
  private final List<TargetArray.Fitted> targets;
  private final Supplier<String> digest;

  PreparedDataset(
      Sources sources,
      Supplier<String> sha256,
      Preprocessing preprocessing,
      Datasets.Expected expected,
      Reading reading) {
    this(
        sources,
        sha256,
        expected,
        reading,
        inputs(sources, preprocessing, expected),
        targets(sources, expected));
  }

  private PreparedDataset(
      Sources sources,
      Supplier<String> sha256,
      Datasets.Expected expected,
      Reading reading,
      List<PreparedInput> inputs,
      List<TargetArray.Fitted> targets) {
    this.sources = sources;
    this.digest = sha256;
    this.expected = expected;
    this.reading = reading;
    this.inputs = inputs;
    this.targets = targets;
  }

  /** Where there are several inputs, preprocessing is that of the images among them. */
  private static List<PreparedInput> inputs(
      Sources sources, Preprocessing preprocessing, Datasets.Expected expected) {
    List<PreparedInput> inputs = new ArrayList<>();
    for (int i = 0; i < sources.inputs().size(); i++) {
      Optional<Shape> shape =
          expected.inputs().isEmpty()
              ? Optional.empty()
              : Optional.of(expected.inputs().get(i).shape());
      boolean prepared =
          sources.inputs().size() == 1 || shape.filter(s -> s.rank() == IMAGE_RANK).isPresent();
      inputs.add(
          new PreparedInput(
              sources.inputs().get(i), prepared ? preprocessing : Preprocessing.NONE, shape));
    }
    return List.copyOf(inputs);
  }

  private static List<TargetArray.Fitted> targets(Sources sources, Datasets.Expected expected) {
    if (onlyLabelsImages(sources, expected)) {
      return List.of();
    }
    checkClasses(sources, expected);
    List<TargetArray.Fitted> targets = new ArrayList<>();
    for (int i = 0; i < sources.targets().size(); i++) {
      Optional<Datasets.Value> output =
          expected.outputs().isEmpty() ? Optional.empty() : Optional.of(expected.outputs().get(i));
      targets.add(sources.targets().get(i).fit(output));
    }
    return List.copyOf(targets);
  }

  /**
   * Whether the set says a class a sample where the network gives an image: an autoencoder's set
   * that was made for a classifier. Such labels are nobody's target.
   */
  private static boolean onlyLabelsImages(Sources sources, Datasets.Expected expected) {
    return expected.outputs().size() == 1
        && expected.outputs().get(0).shape().rank() >= IMAGE_RANK
        && expected.outputs().get(0).shape().size() > expected.outputs().get(0).shape().last()
        && sources.targets().stream()
            .allMatch(t -> t.dims().stream().filter(d -> d != 1).count() == 0);
  }

  private static void checkClasses(Sources sources, Datasets.Expected expected) {
    int names = sources.first().classes().size();
    if (names == 0 || expected.outputs().isEmpty()) {
      return;
    }
    Shape output = expected.outputs().get(0).shape();
    int classes = Math.max((int) output.size(), 2);
    if (expected.outputs().size() != 1 || names != classes) {
      throw new DatasetException(
          sources.first().file(),
          "",
          "has folders for the "
              + names
              + " classes "
              + sources.first().classes()
              + ", but the network has "
              + classes,
          "there must be one folder for each output, in the order of the names");
    }
  }

  @Override
  public int size() {
    return sources.size();
  }

  @Override
  public List<Shape> inputs() {
    return inputs.stream().map(PreparedInput::shape).toList();
  }

  @Override
  public List<Target> targets() {
    return targets.stream().map(TargetArray.Fitted::target).toList();
  }

  @Override
  public List<String> classes() {
    return sources.first().classes();
  }

  @Override
  public List<String> remarks() {
    List<String> remarks = new ArrayList<>(reading.remarks());
    if (onlyLabelsImages(sources, expected) && !sources.targets().isEmpty()) {
      remarks.add(
          sources.first().file()
              + ": its labels, a class a sample, are not used: the network's output is an image");
    }
    for (Source source : sources.inputs()) {
      if (source.isMoved()) {
        remarks.add(
            source.file()
                + (source.place().isEmpty() ? "" : ": " + source.place())
                + ": its samples have their channels first; they are fed with channels last");
      }
    }
    return List.copyOf(remarks);
  }

  @Override
  public int skipped() {
    return reading.skipped();
  }

  @Override
  public Batch batch(int[] indices) {
    return new Batch(
        inputs.stream().map(i -> i.read(indices)).toList(),
        targets.stream().map(t -> t.read(indices)).toList());
  }

  @Override
  public Dataset prepared(Preprocessing other) {
    return new PreparedDataset(
        sources, digest, expected, reading, inputs(sources, other, expected), targets);
  }

  @Override
  public String digest() {
    return digest.get();
  }

  @Override
  public void close() {
    sources.close();
  }
}
