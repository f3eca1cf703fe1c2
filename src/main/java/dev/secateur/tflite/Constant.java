package dev.secateur.tflite;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The values of a constant tensor, written only when the file is. */
sealed interface Constant {
  /** Size in bytes. */
  int size();

  /** Writes the values, little-endian, at the buffer's position. */
  void write(ByteBuffer to);

  /**
   * Float32 values seen as {@code outer × channels × inner}. With {@code channelsFirst} they are
   * written as {@code channels × outer × inner}: TFLite wants the output channels of convolution
   * and dense kernels first, Keras has them last.
   */
  record Floats(float[] values, int outer, int channels, int inner, boolean channelsFirst)
      implements Constant {
    static Floats of(float... values) {
      return new Floats(values, 1, values.length, 1, false);
    }

    /** Rows transposed at once, so that both sides stay within the cache. */
    static final int TILE = 64;

    @Override
    public int size() {
      return Math.multiplyExact(values.length, Float.BYTES);
    }

    @Override
    public void write(ByteBuffer to) {
      if (!channelsFirst) {
        to.asFloatBuffer().put(values);
        return;
      }
      float[] rows = new float[Math.min(TILE, channels) * outer * inner];
      for (int from = 0; from < channels; from += TILE) {
        int count = Math.min(TILE, channels - from);
        transpose(from, count, rows);
        to.asFloatBuffer().put(rows, 0, count * outer * inner);
        to.position(to.position() + count * outer * inner * Float.BYTES);
      }
    }

    private void transpose(int from, int count, float[] rows) {
      for (int o = 0; o < outer; o++) {
        int source = (o * channels + from) * inner;
        for (int c = 0; c < count; c++) {
          int target = (c * outer + o) * inner;
          for (int i = 0; i < inner; i++) {
            rows[target + i] = values[source++];
          }
        }
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Floats f
          && f.outer == outer
          && f.channels == channels
          && f.inner == inner
          && f.channelsFirst == channelsFirst
          && Arrays.equals(f.values, values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  /** Floats, in their own order, that are written as float16. */
  record Halves(Floats floats) implements Constant {
    /** Whether each value is there in float16 too: neither too large nor no number. */
    static boolean hold(Floats floats) {
      for (float value : floats.values()) {
        if (!(Math.abs(value) <= Half.LARGEST)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public int size() {
      return floats.values().length * Short.BYTES;
    }

    @Override
    public void write(ByteBuffer to) {
      float[] values = floats.values();
      if (!floats.channelsFirst()) {
        for (float value : values) {
          to.putShort(Half.of(value));
        }
        return;
      }
      for (int c = 0; c < floats.channels(); c++) {
        for (int o = 0; o < floats.outer(); o++) {
          int source = (o * floats.channels() + c) * floats.inner();
          for (int i = 0; i < floats.inner(); i++) {
            to.putShort(Half.of(values[source + i]));
          }
        }
      }
    }
  }

  /** Int8 values as they are written. */
  record Int8s(byte[] values) implements Constant {
    @Override
    public int size() {
      return values.length;
    }

    @Override
    public void write(ByteBuffer to) {
      to.put(values);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Int8s o && Arrays.equals(o.values, values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  /**
   * Int4 values, one an entry, written two to a byte: the first of a pair in the low half. Where
   * their number is odd, the last half is zero.
   */
  record Int4s(byte[] values) implements Constant {
    @Override
    public int size() {
      return (values.length + 1) / 2;
    }

    @Override
    public void write(ByteBuffer to) {
      for (int i = 0; i < values.length; i += 2) {
        int high = i + 1 < values.length ? values[i + 1] << 4 : 0;
        to.put((byte) (high | values[i] & 0xf));
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Int4s o && Arrays.equals(o.values, values);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(values) + 4;
    }
  }

  /** Int16 values as they are written. */
  record Int16s(short[] values) implements Constant {
    @Override
    public int size() {
      return values.length * Short.BYTES;
    }

    @Override
    public void write(ByteBuffer to) {
      to.asShortBuffer().put(values);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Int16s o && Arrays.equals(o.values, values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  /** Int64 values as they are written. */
  record Int64s(long[] values) implements Constant {
    @Override
    public int size() {
      return values.length * Long.BYTES;
    }

    @Override
    public void write(ByteBuffer to) {
      to.asLongBuffer().put(values);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Int64s o && Arrays.equals(o.values, values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  /** Int32 values as they are written. */
  record Int32s(int[] values) implements Constant {
    static Int32s of(int... values) {
      return new Int32s(values);
    }

    @Override
    public int size() {
      return values.length * Integer.BYTES;
    }

    @Override
    public void write(ByteBuffer to) {
      to.asIntBuffer().put(values);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Int32s o && Arrays.equals(o.values, values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }
}
