package dev.secateur.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a JPEG file says of its components, read from its markers (ITU-T T.81, annex B) up to the
 * end of image.
 *
 * @param inverted CMYK is stored as Adobe's programs do: 255 is no ink
 */
record JpegHeader(Colour colour, boolean inverted) {
  enum Colour {
    GREY(1),
    RGB(3),
    YCBCR(3),
    CMYK(4),
    YCCK(4);

    final int components;

    Colour(int components) {
      this.components = components;
    }
  }

  private static final int END_OF_IMAGE = 0xd9;
  private static final int APP0 = 0xe0;
  private static final int APP14 = 0xee;
  private static final int NO_TRANSFORM = -1;

  static boolean isJpeg(byte[] file) {
    return file.length > 2 && at(file, 0) == 0xff && at(file, 1) == 0xd8;
  }

  /**
   * @throws IOException if the file ends before its end of image, as TensorFlow has it too
   */
  static JpegHeader read(byte[] file) throws IOException {
    int[] ids = {};
    boolean jfif = false;
    int transform = NO_TRANSFORM;
    int position = 2;
    while (true) {
      position = nextMarker(file, position);
      int marker = at(file, position - 1);
      if (marker == END_OF_IMAGE) {
        return new JpegHeader(colour(ids, jfif, transform), transform != NO_TRANSFORM);
      }
      if (isAlone(marker)) {
        continue;
      }
      int length = require(file, position) << 8 | require(file, position + 1);
      byte[] segment = segment(file, position + 2, length - 2);
      if (isFrame(marker)) {
        ids = componentIds(segment);
      } else if (marker == APP0 && startsWith(segment, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP14 && startsWith(segment, "Adobe") && segment.length >= 12) {
        transform = segment[11] & 0xff;
      }
      position += length;
    }
  }

  /** Behind the next marker: over fill bytes, stuffed bytes of a scan and its restarts. */
  private static int nextMarker(byte[] file, int from) throws IOException {
    int position = from;
    while (true) {
      if (require(file, position++) == 0xff) {
        while (require(file, position) == 0xff) {
          position++;
        }
        if (at(file, position++) != 0) {
          return position;
        }
      }
    }
  }

  private static int at(byte[] file, int position) {
    return file[position] & 0xff;
  }

  private static int require(byte[] file, int position) throws IOException {
    if (position >= file.length) {
      throw new IOException("ends before its end-of-image marker: it is truncated");
    }
    return at(file, position);
  }

  private static byte[] segment(byte[] file, int from, int length) throws IOException {
    if (length < 0) {
      throw new IOException("has a segment of no length at byte " + (from - 2));
    }
    require(file, from + length);
    return Arrays.copyOfRange(file, from, from + length);
  }

  /** Restarts and what else has no length. */
  private static boolean isAlone(int marker) {
    return marker == 0x01 || marker >= 0xd0 && marker <= 0xd8;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static int[] componentIds(byte[] frame) throws IOException {
    int count = frame.length < 6 ? 0 : frame[5] & 0xff;
    if (count == 0 || frame.length < 6 + 3 * count) {
      throw new IOException("has a damaged frame header");
    }
    if (frame[0] != 8) {
      throw new IOException("has " + frame[0] + " bits a component; 8 are read");
    }
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = frame[6 + 3 * i] & 0xff;
    }
    return ids;
  }

  private static boolean startsWith(byte[] segment, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    return segment.length >= wanted.length
        && Arrays.equals(segment, 0, wanted.length, wanted, 0, wanted.length);
  }

  /** As libjpeg guesses (default_decompress_parms in its jdapimin.c). */
  private static Colour colour(int[] ids, boolean jfif, int transform) throws IOException {
    return switch (ids.length) {
      case 1 -> Colour.GREY;
      case 3 -> {
        if (jfif || transform > 0) {
          yield Colour.YCBCR;
        }
        boolean letters = Arrays.equals(ids, new int[] {'R', 'G', 'B'});
        yield transform == 0 || letters ? Colour.RGB : Colour.YCBCR;
      }
      case 4 -> transform > 0 ? Colour.YCCK : Colour.CMYK;
      default -> throw new IOException("has " + ids.length + " components");
    };
  }
}
