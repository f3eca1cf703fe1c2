package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.keras.ChannelsFirst;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.plan.Preprocessing;
import dev.secateur.result.FailureReason;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** How a model is read that leaves the size of its input open: as large as its samples are. */
public final class UnknownShape {
  private UnknownShape() {}

  /**
   * @param preprocessing says the shape of a sample, or leaves it to the samples
   * @param samples opened, and closed, only for a model that leaves its shape open
   * @throws KerasException if the file cannot be read, also with a shape
   * @throws JobException if the model itself states another shape than {@code preprocessing}
   */
  public static KerasModel read(
      KerasSource model, Preprocessing preprocessing, Supplier<Optional<Dataset>> samples) {
    return read(model, preprocessing, samples, () -> false);
  }

  /**
   * The same, of what may be told to stop.
   *
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  static KerasModel read(
      KerasSource model,
      Preprocessing preprocessing,
      Supplier<Optional<Dataset>> samples,
      BooleanSupplier cancelled) {
    if (!preprocessing.inputShape().isEmpty()) {
      return read(model, shape(preprocessing.inputShape()), cancelled);
    }
    try {
      return KerasReader.read(model, cancelled);
    } catch (KerasException e) {
      if (e.reasons().get(0).kind() != Kind.INPUT_SHAPE_UNKNOWN) {
        throw e;
      }
      Optional<Dataset> set = samples.get();
      if (set.isEmpty()) {
        throw e;
      }
      try (Dataset open = set.get()) {
        return KerasReader.read(model.withInputShape(open.inputs().get(0)), cancelled);
      }
    }
  }

  private static KerasModel read(KerasSource source, Shape given, BooleanSupplier cancelled) {
    KerasModel model = KerasReader.read(source.withInputShape(given), cancelled);
    Graph.Input input = model.graph().inputs().get(0);
    boolean first = model.channelsFirst().inputs().contains(input.name());
    Shape stated = first ? ChannelsFirst.given(input.shape()) : input.shape();
    if (!stated.equals(given)) {
      throw new JobException(
          FailureReason.PLAN_INVALID,
          "/preprocessing/inputShape: is "
              + sample(given)
              + ", but "
              + source.file()
              + " takes "
              + sample(stated)
              + " (leave --input-shape out)");
    }
    return model;
  }

  private static Shape shape(List<Integer> sample) {
    return Shape.of(
        IntStream.concat(IntStream.of(Shape.UNKNOWN), sample.stream().mapToInt(Integer::intValue))
            .toArray());
  }

  private static Shape sample(Shape batch) {
    return new Shape(batch.dims().subList(1, batch.rank()));
  }
}
