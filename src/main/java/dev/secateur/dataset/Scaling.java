package dev.secateur.dataset;

import dev.secateur.plan.Preprocessing;
import java.nio.ByteBuffer;
import java.util.List;

/** {@code (x·scale − mean)/std} a channel, in float32 as Python users compute it. */
final class Scaling {
  private static final int BYTE_VALUES = 256;

  private final float scale;
  private final float[] mean;
  private final float[] std;
  private final ElementType type;

  /** For bytes: the result of each of the 256 values, a channel each. */
  private final float[][] table;

  Scaling(Preprocessing preprocessing, int channels, Source source) {
    this.scale = (float) preprocessing.scale();
    this.mean = each(preprocessing.mean(), channels, 0, "mean", source);
    this.std = each(preprocessing.std(), channels, 1, "std", source);
    this.type = source.samples().type();
    this.table = new float[channels][type == ElementType.UINT8 ? BYTE_VALUES : 0];
    for (int c = 0; c < channels; c++) {
      for (int v = 0; v < table[c].length; v++) {
        table[c][v] = scaled(v, c);
      }
    }
  }

  private static float[] each(
      List<Double> values, int channels, float otherwise, String name, Source source) {
    if (values.size() > 1 && values.size() != channels) {
      throw new DatasetException(
          source.file(),
          source.place(),
          name + " has " + values.size() + " numbers for " + channels + " channels",
          "give one number, or one a channel");
    }
    float[] each = new float[channels];
    for (int c = 0; c < channels; c++) {
      each[c] = values.isEmpty() ? otherwise : values.get(values.size() == 1 ? 0 : c).floatValue();
    }
    return each;
  }

  private float scaled(float value, int channel) {
    return (value * scale - mean[channel]) / std[channel];
  }

  /** Scales {@code size} elements of a record. */
  void apply(ByteBuffer record, float[] out, int at, int size) {
    int channels = mean.length;
    if (type == ElementType.UINT8) {
      byte[] bytes = record.array();
      for (int i = 0, c = 0; i < size; i++, c = c + 1 == channels ? 0 : c + 1) {
        out[at + i] = table[c][bytes[i] & 0xff];
      }
      return;
    }
    for (int i = 0, c = 0; i < size; i++, c = c + 1 == channels ? 0 : c + 1) {
      out[at + i] = scaled((float) type.next(record), c);
    }
  }

  void apply(float[] sample, float[] out, int at) {
    for (int i = 0; i < sample.length; i++) {
      out[at + i] = scaled(sample[i], i % mean.length);
    }
  }
}
