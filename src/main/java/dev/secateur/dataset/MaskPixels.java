package dev.secateur.dataset;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.stream.IntStream;

/**
 * A mask: for each pixel, row by row, the number that is stored for it. That is the index into a
 * palette, or the grey value at the depth of the file (a PNG of 1 bit holds 0 and 1, one of 16 bits
 * numbers up to 65535). Other formats are refused: their writers order palettes as they like, or
 * lose values.
 *
 * @param coloured by a palette
 */
record MaskPixels(int height, int width, int[] values, boolean coloured) {
  private static final int PNG = 0x89;

  /**
   * @param most pixels that it may have
   * @throws IOException if it is no PNG, or has colours without a palette
   */
  static MaskPixels decode(byte[] file, long most) throws IOException {
    ImageEnd.require(file);
    if (file.length == 0 || (file[0] & 0xff) != PNG) {
      throw new IOException("is no PNG, whose values alone are those that were drawn");
    }
    return ImagePixels.read(file, most, reader -> of(reader.read(0)));
  }

  private static MaskPixels of(BufferedImage image) throws IOException {
    Raster raster = image.getRaster();
    int[] first = raster.getSamples(0, 0, image.getWidth(), image.getHeight(), 0, (int[]) null);
    boolean coloured = false;
    if (image.getColorModel() instanceof IndexColorModel palette) {
      coloured = !isGrey(palette);
    } else if (raster.getNumBands() > 2) {
      requireGrey(raster);
    }
    return new MaskPixels(image.getHeight(), image.getWidth(), first, coloured);
  }

  private static boolean isGrey(IndexColorModel palette) {
    return IntStream.range(0, palette.getMapSize())
        .allMatch(
            i ->
                palette.getRed(i) == palette.getGreen(i)
                    && palette.getRed(i) == palette.getBlue(i));
  }

  private static void requireGrey(Raster raster) throws IOException {
    int bands = raster.getNumBands();
    int[] row = new int[raster.getWidth() * bands];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, raster.getWidth(), 1, row);
      for (int i = 0; i < row.length; i += bands) {
        if (row[i] != row[i + 1] || row[i] != row[i + 2]) {
          throw new IOException("has colours without a palette, which number no class");
        }
      }
    }
  }

  /** The nearest pixel's value, at pixel centres: between two classes lies no third. */
  MaskPixels resized(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    int[] nearest = new int[Math.multiplyExact(newHeight, newWidth)];
    for (int y = 0, at = 0; y < newHeight; y++) {
      int row = centre(y, height, newHeight) * width;
      for (int x = 0; x < newWidth; x++) {
        nearest[at++] = values[row + centre(x, width, newWidth)];
      }
    }
    return new MaskPixels(newHeight, newWidth, nearest, coloured);
  }

  private static int centre(int to, int size, int newSize) {
    return (int) ((2L * to + 1) * size / (2L * newSize));
  }
}
