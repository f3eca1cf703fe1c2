package dev.secateur.dataset;

import java.awt.image.Raster;
import java.io.IOException;

/**
 * A JPEG's components as RGB, as TensorFlow's {@code tf.io.decode_image} has them: by libjpeg's
 * integer arithmetic, with colour profiles and orientation ignored.
 *
 * <p>The components themselves come from another inverse cosine transform (accurate integers, as in
 * Pillow and PyTorch) than TensorFlow's (fast integers): values differ by 1 on average and by up to
 * 8 where a picture is busy.
 */
final class JpegPixels {
  private static final int BITS = 16;
  private static final int HALF = 1 << (BITS - 1);

  private final JpegHeader header;
  private final byte[] out;
  private int at;

  private JpegPixels(JpegHeader header, int pixels) {
    this.header = header;
    this.out =
        new byte[Math.multiplyExact(pixels, header.colour() == JpegHeader.Colour.GREY ? 1 : 3)];
  }

  /**
   * @param components as stored, a band each
   */
  static ImagePixels of(JpegHeader header, Raster components) throws IOException {
    int bands = header.colour().components;
    if (components.getNumBands() != bands) {
      throw new IOException("decodes to " + components.getNumBands() + " components, not " + bands);
    }
    int width = components.getWidth();
    int height = components.getHeight();
    JpegPixels pixels = new JpegPixels(header, width * height);
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      components.getPixels(components.getMinX(), components.getMinY() + y, width, 1, row);
      for (int x = 0; x < row.length; x += bands) {
        pixels.add(row, x);
      }
    }
    int channels = header.colour() == JpegHeader.Colour.GREY ? 1 : 3;
    return new ImagePixels(height, width, channels, pixels.out);
  }

  private void add(int[] row, int x) {
    switch (header.colour()) {
      case GREY -> out[at++] = (byte) row[x];
      case RGB -> add(row[x], row[x + 1], row[x + 2]);
      case YCBCR ->
          add(
              red(row[x], row[x + 2]),
              green(row[x], row[x + 1], row[x + 2]),
              blue(row[x], row[x + 1]));
      case CMYK -> addInks(row[x], row[x + 1], row[x + 2], row[x + 3]);
      case YCCK ->
          addInks(
              255 - red(row[x], row[x + 2]),
              255 - green(row[x], row[x + 1], row[x + 2]),
              255 - blue(row[x], row[x + 1]),
              row[x + 3]);
    }
  }

  private void add(int red, int green, int blue) {
    out[at++] = (byte) red;
    out[at++] = (byte) green;
    out[at++] = (byte) blue;
  }

  private void addInks(int cyan, int magenta, int yellow, int black) {
    if (header.inverted()) {
      add(black * cyan / 255, black * magenta / 255, black * yellow / 255);
    } else {
      int light = 255 - black;
      add(light * (255 - cyan) / 255, light * (255 - magenta) / 255, light * (255 - yellow) / 255);
    }
  }

  // JFIF's equations in libjpeg's fixed point.

  private static int red(int y, int cr) {
    return clamp(y + (fixed(1.402) * (cr - 128) + HALF >> BITS));
  }

  private static int green(int y, int cb, int cr) {
    return clamp(y + (-fixed(0.34414) * (cb - 128) + HALF - fixed(0.71414) * (cr - 128) >> BITS));
  }

  private static int blue(int y, int cb) {
    return clamp(y + (fixed(1.772) * (cb - 128) + HALF >> BITS));
  }

  private static int fixed(double value) {
    return (int) (value * (1 << BITS) + 0.5);
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
