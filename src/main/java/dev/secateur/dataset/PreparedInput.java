package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A source with its preprocessing: what one of the network's inputs is fed. */
final class PreparedInput {
  private static final int COLOURS = 3;

  private final Source source;
  private final Shape shape;
  private final Scaling scaling;
  private final boolean toGrey;
  private final boolean blueFirst;
  private final int[] raw;

  /**
   * @param expected shape of the input, batch unknown; empty: as the samples are
   */
  PreparedInput(Source source, Preprocessing preprocessing, Optional<Shape> expected) {
    this.source = source;
    this.raw = raw(source.dims());
    this.toGrey = preprocessing.grey() && raw.length == 3 && raw[2] == 3;
    this.blueFirst = preprocessing.bgr() && !toGrey;
    checkColour();
    this.shape = shape(preprocessing, expected);
    this.scaling = new Scaling(preprocessing, shape.last(), source);
  }

  private void checkColour() {
    if (blueFirst && (raw.length != COLOURS || raw[2] != COLOURS)) {
      throw new DatasetException(
          source.file(),
          source.place(),
          "has samples of " + new Shape(source.dims()) + ", which have no blue to come first",
          "leave out --bgr");
    }
  }

  /** A sample of one number is a vector of one, and a matrix is an image of one channel. */
  private static int[] raw(List<Integer> dims) {
    return switch (dims.size()) {
      case 0 -> new int[] {1};
      case 2 -> new int[] {dims.get(0), dims.get(1), 1};
      default -> dims.stream().mapToInt(Integer::intValue).toArray();
    };
  }

  private Shape shape(Preprocessing preprocessing, Optional<Shape> expected) {
    List<Integer> own = new ArrayList<>(toGrey ? List.of(raw[0], raw[1], 1) : source.dims());
    if (own.isEmpty()) {
      own.add(1);
    }
    if (expected.isEmpty()) {
      own.add(0, Shape.UNKNOWN);
      return new Shape(own);
    }
    Shape wanted = expected.get();
    List<Integer> sample = wanted.dims().subList(1, wanted.rank());
    boolean images = raw.length == 3 && sample.size() == 3;
    int channels = toGrey ? 1 : raw[raw.length - 1];
    boolean resizable = images && preprocessing.resize() && channels == wanted.last();
    if (!withoutOnes(own).equals(withoutOnes(sample)) && !resizable) {
      throw new DatasetException(
          source.file(),
          source.place(),
          "has samples of " + new Shape(own) + ", but the network takes " + new Shape(sample),
          remedy(own, sample, images, channels));
    }
    return wanted;
  }

  private static List<Integer> withoutOnes(List<Integer> dims) {
    return dims.stream().filter(d -> d != 1).toList();
  }

  private static String remedy(
      List<Integer> own, List<Integer> sample, boolean images, int channels) {
    int wanted = sample.get(sample.size() - 1);
    if (own.equals(List.of(1))) {
      return "x must hold the samples and y their targets: have they changed places?";
    }
    if (!images) {
      return "reshape them";
    }
    if (channels != wanted && own.get(0) == wanted) {
      return "transpose them to channels last";
    }
    if (channels == 3 && wanted == 1) {
      return "ask for grey (--grey)";
    }
    return channels == wanted ? "resize them (--resize)" : "give images of " + wanted + " channels";
  }

  Shape shape() {
    return shape;
  }

  Tensor read(int[] indices) {
    int size = (int) shape.size();
    float[] values = new float[Math.multiplyExact(indices.length, size)];
    boolean plain = !toGrey && !blueFirst && source.samples().elements() == size;
    // Samples that are still encoded are decoded on all cores; each has its own part of the batch.
    IntStream samples = IntStream.range(0, indices.length);
    (source.samples().encoded() ? samples.parallel() : samples)
        .forEach(
            i -> {
              ByteBuffer record = source.samples().read(source.order()[indices[i]]);
              if (plain) {
                scaling.apply(record, values, i * size, size);
              } else {
                scaling.apply(fitted(record), values, i * size);
              }
            });
    return new Tensor(shape.withBatch(indices.length), values);
  }

  /** The record as numbers; grey, blue first and resized where that was asked for. */
  private float[] fitted(ByteBuffer record) {
    float[] values = new float[source.samples().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) source.samples().type().next(record);
    }
    if (blueFirst) {
      for (int i = 0; i < values.length; i += COLOURS) {
        float red = values[i];
        values[i] = values[i + 2];
        values[i + 2] = red;
      }
    }
    int channels = toGrey ? 1 : raw[2];
    float[] coloured = toGrey ? luminance(values) : values;
    return shape.size() == coloured.length
        ? coloured
        : Bilinear.resize(coloured, raw[0], raw[1], channels, shape.dim(1), shape.dim(2));
  }

  /** ITU-R BT.601. */
  private static float[] luminance(float[] rgb) {
    float[] grey = new float[rgb.length / 3];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = 0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2];
    }
    return grey;
  }
}
