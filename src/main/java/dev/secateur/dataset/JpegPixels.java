package dev.secateur.dataset;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

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
    byte[] stored = stored(components);
    if (header.colour() == JpegHeader.Colour.YCBCR) {
      pixels.addYcbcr(stored);
    } else {
      for (int x = 0; x < stored.length; x += bands) {
        pixels.add(stored, x);
      }
    }
    int channels = header.colour() == JpegHeader.Colour.GREY ? 1 : 3;
    return new ImagePixels(height, width, channels, pixels.out);
  }

  /** Pixel after pixel; the decoder's own array, if it lies so in it. */
  private static byte[] stored(Raster components) {
    int bands = components.getNumBands();
    int size = components.getWidth() * components.getHeight() * bands;
    boolean plain =
        components.getDataBuffer() instanceof DataBufferByte
            && components.getSampleModel() instanceof PixelInterleavedSampleModel model
            && model.getPixelStride() == bands
            && model.getScanlineStride() == components.getWidth() * bands
            && Arrays.equals(model.getBandOffsets(), IntStream.range(0, bands).toArray());
    if (plain) {
      byte[] data = ((DataBufferByte) components.getDataBuffer()).getData();
      if (data.length == size) {
        return data;
      }
    }
    int[] samples =
        components.getPixels(
            components.getMinX(),
            components.getMinY(),
            components.getWidth(),
            components.getHeight(),
            (int[]) null);
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) samples[i];
    }
    return bytes;
  }

  /** What most JPEGs hold, without a choice for each pixel. */
  private void addYcbcr(byte[] stored) {
    for (int x = 0; x < stored.length; x += 3) {
      int y = stored[x] & 0xff;
      int cb = stored[x + 1] & 0xff;
      int cr = stored[x + 2] & 0xff;
      add(red(y, cr), green(y, cb, cr), blue(y, cb));
    }
  }

  private void add(byte[] stored, int x) {
    int first = stored[x] & 0xff;
    if (header.colour() == JpegHeader.Colour.GREY) {
      out[at++] = (byte) first;
      return;
    }
    int second = stored[x + 1] & 0xff;
    int third = stored[x + 2] & 0xff;
    switch (header.colour()) {
      case CMYK -> addInks(first, second, third, stored[x + 3] & 0xff);
      case YCCK ->
          addInks(
              255 - red(first, third),
              255 - green(first, second, third),
              255 - blue(first, second),
              stored[x + 3] & 0xff);
      default -> add(first, second, third);
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

  // JFIF's equations in libjpeg's fixed point, by its tables.

  private static final int[] CR_RED = table(cr -> fixed(1.402) * (cr - 128) + HALF >> BITS);
  private static final int[] CB_BLUE = table(cb -> fixed(1.772) * (cb - 128) + HALF >> BITS);
  private static final int[] CB_GREEN = table(cb -> -fixed(0.34414) * (cb - 128) + HALF);
  private static final int[] CR_GREEN = table(cr -> -fixed(0.71414) * (cr - 128));

  private static int[] table(IntUnaryOperator equation) {
    return IntStream.range(0, 256).map(equation).toArray();
  }

  private static int red(int y, int cr) {
    return clamp(y + CR_RED[cr]);
  }

  private static int green(int y, int cb, int cr) {
    return clamp(y + (CB_GREEN[cb] + CR_GREEN[cr] >> BITS));
  }

  private static int blue(int y, int cb) {
    return clamp(y + CB_BLUE[cb]);
  }

  private static int fixed(double value) {
    return (int) (value * (1 << BITS) + 0.5);
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
