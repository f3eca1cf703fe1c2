package dev.secateur.dataset;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;

/**
 * An image as bytes, row by row, channels last, as TensorFlow's {@code tf.io.decode_image} gives
 * them: values as they are stored, without colour profiles, gamma or orientation.
 *
 * @param channels 1, 2 (grey and alpha), 3 or 4
 */
record ImagePixels(int height, int width, int channels, byte[] bytes) {
  /** The share of the heap that images may take while they are decoded, one or several. */
  private static final int SHARE_OF_HEAP = 4;

  /** What all images that are decoded at once may take of that, in kilobytes. */
  private static final Semaphore ROOM =
      new Semaphore((int) Math.min((roomBytes() >> 10) + 1, Integer.MAX_VALUE), true);

  /** Of the copies in bytes that are made of a decoded pixel: as stored, and as wanted. */
  private static final int COPIES_BYTES = 4 + 4;

  private static final byte OPAQUE = (byte) 255;

  static {
    // Its default is to write each stream to a temporary file first.
    ImageIO.setUseCache(false);
  }

  /**
   * Decodes to {@code channels}: grey images become colour ones by repeating the channel; alpha is
   * dropped, or opaque where there is none; 16 bits become 8.
   *
   * @param channels 1, 3 or 4
   * @param most pixels that it may have, beside what the heap has room for
   * @throws IOException if it is no image or a truncated one, a colour image where one channel is
   *     wanted, or a JPEG, which has no alpha, where four are
   */
  static ImagePixels decode(byte[] file, int channels, long most) throws IOException {
    ImageEnd.require(file);
    ImagePixels image = decode(file, most);
    if (channels == 4 && JpegHeader.isJpeg(file)) {
      throw new IOException("is a JPEG, without the alpha channel that the network takes");
    }
    return image.withChannels(channels);
  }

  private static ImagePixels decode(byte[] file, long most) throws IOException {
    return read(
        file,
        most,
        reader ->
            JpegHeader.isJpeg(file)
                ? JpegPixels.of(JpegHeader.read(file), reader.readRaster(0, null))
                : of(reader.read(0)));
  }

  /** What is made of an image that is known to have a bearable size. */
  interface Decoding<T> {
    T of(ImageReader reader) throws IOException;
  }

  /**
   * Has {@code file} read by the decoder of its kind.
   *
   * @throws IOException if it is no image, too large or damaged
   */
  static <T> T read(byte[] file, long most, Decoding<T> decoding) throws IOException {
    try (ImageInputStream stream = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new IOException("unknown kind");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > most) {
          throw new IOException("has " + pixels + " pixels, more than " + most);
        }
        long need = pixels * (decodedBytes(reader) + COPIES_BYTES);
        long room = roomBytes();
        if (need > room) {
          throw new IOException(
              "has %d pixels, which take %d MB to decode; this process has %d MB for one image: a"
                      .formatted(pixels, need >> 20, room >> 20)
                  + " smaller image, or a larger heap");
        }
        int share = (int) ((need >> 10) + 1);
        ROOM.acquireUninterruptibly(share);
        try {
          return decoding.of(reader);
        } finally {
          ROOM.release(share);
        }
      } catch (RuntimeException e) {
        // The decoders meet damaged files with whatever exception their arithmetic throws.
        throw new IOException("damaged: " + e, e);
      } finally {
        reader.dispose();
      }
    }
  }

  private static long roomBytes() {
    return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
  }

  /** Of one pixel as its decoder keeps it; a few kilobytes of file can be a gigabyte of these. */
  private static int decodedBytes(ImageReader reader) throws IOException {
    Optional<ImageTypeSpecifier> raw = Optional.ofNullable(reader.getRawImageType(0));
    return raw.map(type -> Math.max(1, type.getColorModel().getPixelSize() / Byte.SIZE)).orElse(3);
  }

  private static ImagePixels of(BufferedImage image) {
    ColorModel colours = image.getColorModel();
    return colours instanceof ComponentColorModel
        ? components(image.getRaster(), colours.getComponentSize(0))
        : colours(image);
  }

  /** Bands as they are stored; not by getRGB(), which takes grey for linear light. */
  private static ImagePixels components(Raster raster, int bits) {
    int bands = raster.getNumBands();
    int width = raster.getWidth();
    byte[] bytes = new byte[Math.multiplyExact(width * raster.getHeight(), bands)];
    int[] row = new int[width * bands];
    int highest = (1 << bits) - 1;
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int value : row) {
        bytes[at++] = (byte) (bits > 8 ? value >> (bits - 8) : value * 255 / highest);
      }
    }
    return new ImagePixels(raster.getHeight(), width, bands, bytes);
  }

  /** A palette's or packed colours, with alpha. */
  private static ImagePixels colours(BufferedImage image) {
    int width = image.getWidth();
    byte[] bytes = new byte[Math.multiplyExact(width * image.getHeight(), 4)];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int argb : row) {
        bytes[at++] = (byte) (argb >> 16);
        bytes[at++] = (byte) (argb >> 8);
        bytes[at++] = (byte) argb;
        bytes[at++] = (byte) (argb >> 24);
      }
    }
    return new ImagePixels(image.getHeight(), width, 4, bytes);
  }

  private ImagePixels withChannels(int wanted) throws IOException {
    if (wanted == channels) {
      return this;
    }
    int colours = channels > 2 ? 3 : 1;
    byte[] to = new byte[Math.multiplyExact(width * height, wanted)];
    for (int from = 0, at = 0; from < bytes.length; from += channels, at += wanted) {
      if (wanted == 1 && colours == 3 && !isGrey(from)) {
        throw new IOException("has colour, but the network takes one channel: ask for grey");
      }
      for (int c = 0; c < Math.min(wanted, 3); c++) {
        to[at + c] = bytes[from + (colours == 1 ? 0 : c)];
      }
      if (wanted == 4) {
        to[at + 3] = channels > colours ? bytes[from + colours] : OPAQUE;
      }
    }
    return new ImagePixels(height, width, wanted, to);
  }

  private boolean isGrey(int at) {
    return bytes[at] == bytes[at + 1] && bytes[at] == bytes[at + 2];
  }

  /** Bilinear, sampled at pixel centres, rounded to bytes. */
  ImagePixels resized(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    float[] scaled =
        Bilinear.resize(i -> bytes[i] & 0xff, height, width, channels, newHeight, newWidth);
    byte[] out = new byte[scaled.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) Math.round(scaled[i]);
    }
    return new ImagePixels(newHeight, newWidth, channels, out);
  }
}
