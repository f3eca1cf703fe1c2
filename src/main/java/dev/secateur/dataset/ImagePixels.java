package dev.secateur.dataset;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * An image as bytes, row by row, channels last.
 *
 * @param channels 1 or 3
 */
record ImagePixels(int height, int width, int channels, byte[] bytes) {
  /** Bound before memory is taken: 64 million pixels. */
  private static final long MAX_PIXELS = 1L << 26;

  static {
    // Its default is to write each stream to a temporary file first.
    ImageIO.setUseCache(false);
  }

  /**
   * Decodes to {@code channels}: grey images become colour ones by repeating the channel; alpha is
   * dropped, 16 bits become 8.
   *
   * @throws IOException if it is no image, or a colour image where one channel is wanted
   */
  static ImagePixels decode(InputStream in, int channels) throws IOException {
    try (ImageInputStream stream = ImageIO.createImageInputStream(in)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new IOException("unknown kind");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new IOException("has " + pixels + " pixels, more than " + MAX_PIXELS);
        }
        return of(reader.read(0), channels);
      } catch (RuntimeException e) {
        // The decoders meet damaged files with whatever exception their arithmetic throws.
        throw new IOException("damaged: " + e, e);
      } finally {
        reader.dispose();
      }
    }
  }

  private static ImagePixels of(BufferedImage image, int channels) throws IOException {
    byte[] bytes = new byte[Math.multiplyExact(image.getWidth() * image.getHeight(), channels)];
    ColorModel colours = image.getColorModel();
    boolean oneBand = !(colours instanceof IndexColorModel) && colours.getNumColorComponents() == 1;
    if (oneBand) {
      // Not by getRGB(), which takes grey for linear light and brightens it.
      grey(image.getRaster(), colours.getComponentSize(0), channels, bytes);
    } else if (channels == 1) {
      colourToOne(image, bytes);
    } else {
      colour(image, bytes);
    }
    return new ImagePixels(image.getHeight(), image.getWidth(), channels, bytes);
  }

  private static void grey(Raster raster, int bits, int channels, byte[] out) {
    int[] row = new int[raster.getWidth()];
    int highest = (1 << bits) - 1;
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, row.length, 1, 0, row);
      for (int value : row) {
        byte scaled = (byte) (bits > 8 ? value >> (bits - 8) : value * 255 / highest);
        for (int c = 0; c < channels; c++) {
          out[at++] = scaled;
        }
      }
    }
  }

  private static void colour(BufferedImage image, byte[] out) {
    int[] row = new int[image.getWidth()];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int rgb : row) {
        out[at++] = (byte) (rgb >> 16);
        out[at++] = (byte) (rgb >> 8);
        out[at++] = (byte) rgb;
      }
    }
  }

  /** A palette or colour image all of whose pixels are grey. */
  private static void colourToOne(BufferedImage image, byte[] out) throws IOException {
    int[] row = new int[image.getWidth()];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int rgb : row) {
        if ((rgb >> 16 & 0xff) != (rgb & 0xff) || (rgb >> 8 & 0xff) != (rgb & 0xff)) {
          throw new IOException("has colour, but the network takes one channel: ask for grey");
        }
        out[at++] = (byte) rgb;
      }
    }
  }

  /** Bilinear, sampled at pixel centres, rounded to bytes. */
  ImagePixels resized(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    float[] values = new float[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] & 0xff;
    }
    float[] scaled = Bilinear.resize(values, height, width, channels, newHeight, newWidth);
    byte[] out = new byte[scaled.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) Math.round(scaled[i]);
    }
    return new ImagePixels(newHeight, newWidth, channels, out);
  }
}
