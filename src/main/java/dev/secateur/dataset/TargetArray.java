package dev.secateur.dataset;

import dev.secateur.dataset.Target.Form;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Targets as they lie in a file, made to fit an output of the network. Which of the two {@link Form
 * forms} they have shows in their shape alone: class numbers lack the output's last axis.
 *
 * @param name of the array; "" for the names of folders
 * @param dims of one sample's
 * @param rows one sample's numbers
 */
record TargetArray(Path file, String name, List<Integer> dims, int samples, Rows rows) {
  /** Reads one sample's numbers. */
  interface Rows extends IntFunction<double[]>, AutoCloseable {
    @Override
    default void close() {}
  }

  private static final double SUM_TOLERANCE = 1e-3;
  private static final double WHITE = 255;

  TargetArray {
    dims = List.copyOf(dims);
  }

  static TargetArray of(Path file, String name, List<Integer> dims, Records array) {
    Rows rows =
        new Rows() {
          @Override
          public double[] apply(int sample) {
            return array.values(sample);
          }

          @Override
          public void close() {
            array.close();
          }
        };
    return new TargetArray(file, name, dims, array.count(), rows);
  }

  static TargetArray ofLabels(Path file, int[] labels) {
    Rows rows = sample -> new double[] {labels[sample]};
    return new TargetArray(file, "", List.of(), labels.length, rows);
  }

  /** In the order in which the network gives them; see {@link Source#fedTo}. */
  TargetArray comparedWith(Optional<Datasets.Value> output) {
    if (output.filter(o -> o.channelsFirst() && o.comesChannelsFirst(dims)).isEmpty()) {
      return this;
    }
    int channels = dims.get(0);
    Rows given = rows;
    Rows moved =
        new Rows() {
          @Override
          public double[] apply(int sample) {
            return channelsLast(given.apply(sample), channels);
          }

          @Override
          public void close() {
            given.close();
          }
        };
    return new TargetArray(file, name, Datasets.Value.channelsLast(dims), samples, moved);
  }

  private static double[] channelsLast(double[] given, int channels) {
    double[] moved = new double[given.length];
    int positions = given.length / channels;
    for (int i = 0; i < moved.length; i++) {
      moved[i] = given[i % channels * positions + i / channels];
    }
    return moved;
  }

  /** Targets that fit: as the network's output is compared with them. */
  record Fitted(TargetArray array, Target target, Reading reading) implements AutoCloseable {
    Tensor read(int[] indices) {
      int size = (int) target.shape().size();
      float[] values = new float[Math.multiplyExact(indices.length, size)];
      for (int i = 0; i < indices.length; i++) {
        double[] row = reading.of(array.rows.apply(indices[i]));
        for (int j = 0; j < size; j++) {
          values[i * size + j] = (float) row[j];
        }
      }
      return new Tensor(target.shape().withBatch(indices.length), values);
    }

    @Override
    public void close() {
      array.rows.close();
    }
  }

  /** From a sample's numbers in the file to those of the target. */
  private enum Reading {
    PLAIN,
    /** A one-hot pair as the number 0 or 1, for a lone output. */
    SECOND_OF_TWO,
    /** A mask of black and white bytes as 0 and 1. */
    BLACK_AND_WHITE;

    double[] of(double[] row) {
      return switch (this) {
        case PLAIN -> row;
        case SECOND_OF_TWO -> new double[] {row[1]};
        case BLACK_AND_WHITE -> Arrays.stream(row).map(v -> v / WHITE).toArray();
      };
    }
  }

  /**
   * @param output name and shape of the output, batch unknown; empty: the form is what it looks
   *     like
   * @throws DatasetException if these are no targets for that output
   */
  Fitted fit(Optional<Datasets.Value> output) {
    Scan scan = scan();
    if (output.isEmpty()) {
      boolean classes = withoutOnes(dims).isEmpty() && scan.classNumbers();
      List<Integer> own = new ArrayList<>(classes ? List.of() : dims);
      own.add(0, Shape.UNKNOWN);
      Form form = classes ? Form.CLASSES : Form.NUMBERS;
      return fitted(form, new Shape(own), scan, Reading.PLAIN);
    }
    Shape shape = output.get().shape();
    List<Integer> wanted = shape.dims().subList(1, shape.rank());
    List<Integer> positions = wanted.subList(0, Math.max(wanted.size() - 1, 0));
    boolean several = !wanted.isEmpty() && shape.last() > 1;
    if (several && withoutOnes(dims).equals(withoutOnes(positions))) {
      checkClasses(shape.last());
      return fitted(
          Form.CLASSES, new Shape(shape.dims().subList(0, shape.rank() - 1)), scan, Reading.PLAIN);
    }
    if (withoutOnes(dims).equals(withoutOnes(wanted))) {
      boolean mask = wanted.size() > 1 && scan.blackAndWhite();
      return fitted(Form.NUMBERS, shape, scan, mask ? Reading.BLACK_AND_WHITE : Reading.PLAIN);
    }
    if (shape.size() == 1 && dims.equals(List.of(2)) && scan.zeroOne && scan.distribution) {
      return fitted(Form.NUMBERS, shape, scan, Reading.SECOND_OF_TWO);
    }
    throw new DatasetException(
        file,
        name,
        "holds targets of " + new Shape(dims) + " a sample, but the output " + output.get(),
        several
            ? "give a class number for each of "
                + new Shape(positions)
                + ", or numbers of its shape"
            : "give numbers of its shape");
  }

  private Fitted fitted(Form form, Shape shape, Scan scan, Reading reading) {
    boolean zeroOne = scan.zeroOne || reading != Reading.PLAIN;
    boolean distribution = form == Form.NUMBERS && scan.distribution && reading == Reading.PLAIN;
    return new Fitted(
        this,
        new Target(
            name,
            form,
            shape,
            new Target.Content(
                zeroOne, distribution, scan.varies, reading == Reading.BLACK_AND_WHITE)),
        reading);
  }

  private static List<Integer> withoutOnes(List<Integer> dims) {
    return dims.stream().filter(d -> d != 1).toList();
  }

  private void checkClasses(int classes) {
    for (int i = 0; i < samples; i++) {
      for (double label : rows.apply(i)) {
        if (label != Math.rint(label) || label < 0) {
          throw wrong(i, "has the label " + label, "labels are whole numbers from 0");
        }
        if (label >= classes) {
          throw wrong(
              i,
              "has the label " + (long) label + ", but the network has " + classes + " classes",
              "labels run from 0 to " + (classes - 1));
        }
      }
    }
  }

  private DatasetException wrong(int sample, String problem, String remedy) {
    String place = (name.isEmpty() ? "" : name + ": ") + "sample " + sample;
    return new DatasetException(file, place, problem, remedy);
  }

  /** One look at all of them. */
  private Scan scan() {
    Scan scan = new Scan();
    int last = dims.isEmpty() ? 1 : dims.get(dims.size() - 1);
    double[] first = rows.apply(0);
    for (int i = 0; i < samples; i++) {
      double[] row = rows.apply(i);
      scan.varies |= !Arrays.equals(row, first);
      for (int at = 0; at < row.length; at += last) {
        double sum = 0;
        for (int j = at; j < at + last; j++) {
          double value = row[j];
          if (!Double.isFinite(value)) {
            throw wrong(i, "holds " + value, "targets are finite numbers");
          }
          sum += value;
          scan.add(value);
        }
        scan.distribution &= Math.abs(sum - 1) <= SUM_TOLERANCE;
      }
    }
    scan.distribution &= last > 1 && scan.min >= 0;
    return scan;
  }

  private static final class Scan {
    private boolean zeroOne = true;
    private boolean ends = true;
    private boolean whole = true;
    private boolean distribution = true;
    private boolean varies;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    private void add(double value) {
      zeroOne &= value == 0 || value == 1;
      ends &= value == 0 || value == WHITE;
      whole &= value == Math.rint(value);
      min = Math.min(min, value);
      max = Math.max(max, value);
    }

    private boolean classNumbers() {
      return whole && min >= 0;
    }

    private boolean blackAndWhite() {
      return ends && max == WHITE;
    }
  }
}
