package dev.secateur.tflite;

import dev.secateur.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Running minima and maxima of the watched tensors, and what is to be said about the samples. */
final class RangeRecorder {
  /** Floats reduced at once: they fit into the first-level cache. */
  private static final int CHUNK = 4096;

  /** A set whose span is this many times wider or narrower than in training is doubtful. */
  private static final float FAR = 4f;

  private final Program program;
  private final List<Integer> watched;
  private final Extent[] inputs;
  private final Extent[] outputs;
  private final float[] chunk = new float[CHUNK];
  private final MessageDigest digest;
  private int samples;

  /** Whether two samples have differed: equal ones calibrate no better than one. */
  private boolean varied;

  private float[] firstSample = {};

  RangeRecorder(Program program, List<Integer> watched) {
    this.program = program;
    this.watched = watched;
    this.inputs = extents(program.inputs().size());
    this.outputs = extents(watched.size());
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Extent[] extents(int count) {
    Extent[] extents = new Extent[count];
    for (int i = 0; i < count; i++) {
      extents[i] = new Extent();
    }
    return extents;
  }

  void inputs(List<Tensor> batch) {
    samples += batch.get(0).shape().dim(0);
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < inputs.length; i++) {
      float[] values = batch.get(i).values();
      varied = varied || differ(values, batch.get(i).shape().dim(0), i);
      for (int from = 0; from < values.length; from += CHUNK) {
        int count = Math.min(CHUNK, values.length - from);
        System.arraycopy(values, from, chunk, 0, count);
        inputs[i].add(chunk, count);
        bytes.asFloatBuffer().put(chunk, 0, count);
        digest.update(bytes.array(), 0, count * Float.BYTES);
      }
    }
  }

  /** Whether a sample differs from the first of all, by the first input. */
  private boolean differ(float[] values, int count, int input) {
    if (input != 0) {
      return false;
    }
    int size = values.length / count;
    if (firstSample.length == 0) {
      firstSample = Arrays.copyOf(values, size);
    }
    for (int i = 0; i < count; i++) {
      if (!Arrays.equals(values, i * size, (i + 1) * size, firstSample, 0, size)) {
        return true;
      }
    }
    return false;
  }

  void output(int index, FloatBuffer values) {
    while (values.hasRemaining()) {
      int count = Math.min(CHUNK, values.remaining());
      values.get(chunk, 0, count);
      outputs[index].add(chunk, count);
    }
  }

  Calibration calibration(Optional<Range> trainingRange) {
    if (samples == 0) {
      throw new TfliteException("the representative set has no samples");
    }
    List<String> warnings = new ArrayList<>();
    Map<String, Range> ranges = new HashMap<>();
    Extent all = new Extent();
    for (int i = 0; i < inputs.length; i++) {
      String name = program.inputs().get(i).name();
      ranges.put(
          program.tensor(program.inputs().get(i).tensor()).name(),
          inputs[i].range("input " + name));
      all.include(inputs[i]);
    }
    for (int i = 0; i < outputs.length; i++) {
      String name = program.tensor(watched.get(i)).name();
      ranges.put(name, outputs[i].range(name));
      if (outputs[i].skipped) {
        warnings.add(name + " takes values that are not finite; they were skipped");
      }
    }
    Range seen = all.range("representative set");
    warnAboutSamples(warnings, all, seen, trainingRange);
    if (samples > 1 && !varied && seen.min() != seen.max()) {
      warnings.add("the representative set's samples are all the same");
    }
    String hash = HexFormat.of().formatHex(digest.digest());
    return new Calibration(
        ranges, new Calibration.Samples(hash, samples, seen.min(), seen.max()), warnings);
  }

  private static void warnAboutSamples(
      List<String> warnings, Extent all, Range seen, Optional<Range> trainingRange) {
    if (all.skipped) {
      warnings.add("the representative set has values that are NaN or infinite");
    }
    if (seen.min() == seen.max()) {
      warnings.add("the representative set is constant: every value is " + seen.min());
    } else if (trainingRange.isPresent() && isFar(seen, trainingRange.get())) {
      Range trained = trainingRange.get();
      warnings.add(
          "the representative set's values, from %s to %s, are far from the training set's, from %s to %s: check scale, mean and std"
              .formatted(seen.min(), seen.max(), trained.min(), trained.max()));
    }
  }

  private static boolean isFar(Range seen, Range trained) {
    float span = seen.max() - seen.min();
    float usual = Math.max(trained.max() - trained.min(), Float.MIN_NORMAL);
    float outside =
        Math.max(0, trained.min() - seen.min()) + Math.max(0, seen.max() - trained.max());
    return span < usual / FAR || span > usual * FAR || outside > usual;
  }

  /** The smallest and largest finite values so far. */
  private static final class Extent {
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private boolean skipped;

    void add(float[] values, int count) {
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      // Math.min and Math.max are what the compiler vectorises; NaN wins, and shows afterwards.
      for (int i = 0; i < count; i++) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
      if (low > Float.NEGATIVE_INFINITY && high < Float.POSITIVE_INFINITY) {
        min = Math.min(min, low);
        max = Math.max(max, high);
      } else {
        addFinite(values, count);
      }
    }

    private void addFinite(float[] values, int count) {
      skipped = true;
      for (int i = 0; i < count; i++) {
        if (Float.isFinite(values[i])) {
          min = Math.min(min, values[i]);
          max = Math.max(max, values[i]);
        }
      }
    }

    void include(Extent other) {
      min = Math.min(min, other.min);
      max = Math.max(max, other.max);
      skipped |= other.skipped;
    }

    Range range(String what) {
      if (min > max) {
        throw new NothingFiniteException(what);
      }
      return new Range(min, max);
    }
  }
}
