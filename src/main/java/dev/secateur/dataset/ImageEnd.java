package dev.secateur.dataset;

import java.io.IOException;

/**
 * Whether a PNG or a GIF goes on to its own end: decoders fill what is missing with grey and say
 * nothing.
 */
final class ImageEnd {
  private static final int PNG_SIGNATURE = 8;
  private static final int PNG_END = 0x49454e44; // IEND

  private ImageEnd() {}

  /**
   * @throws IOException if the file is a PNG or GIF that is cut
   */
  static void require(byte[] file) throws IOException {
    boolean complete =
        switch (file.length < 4 ? 0 : word(file, 0)) {
          case 0x89504e47 -> pngEnds(file);
          case 0x47494638 -> gifEnds(file);
          default -> true;
        };
    if (!complete) {
      throw new IOException("ends before its last part: it is truncated");
    }
  }

  private static int word(byte[] file, int at) {
    return (file[at] & 0xff) << 24
        | (file[at + 1] & 0xff) << 16
        | (file[at + 2] & 0xff) << 8
        | file[at + 3] & 0xff;
  }

  /** Chunks of a length, a type, data and a checksum, up to the one called IEND. */
  private static boolean pngEnds(byte[] file) {
    long at = PNG_SIGNATURE;
    while (at + 12 <= file.length) {
      if (word(file, (int) at + 4) == PNG_END) {
        return true;
      }
      at += 12 + (word(file, (int) at) & 0xffffffffL);
    }
    return false;
  }

  /** Blocks up to the end of the first image, which is the one that is taken. */
  private static boolean gifEnds(byte[] file) {
    int at = 13 + colours(file, 10);
    while (at < file.length) {
      switch (file[at]) {
        case '!' -> at = behindParts(file, at + 2);
        case ',' -> {
          return behindParts(file, at + 11 + colours(file, at + 9)) <= file.length;
        }
        default -> {
          return true; // no image or a damaged one: the decoder says what is wrong
        }
      }
    }
    return false;
  }

  /** Bytes of the colour table that the flags at {@code at} announce. */
  private static int colours(byte[] file, int at) {
    return at < file.length && (file[at] & 0x80) != 0 ? 3 << ((file[at] & 7) + 1) : 0;
  }

  /** Behind parts of a length byte and data, of which the last is empty. */
  private static int behindParts(byte[] file, int from) {
    int at = from;
    while (at < file.length && file[at] != 0) {
      at += 1 + (file[at] & 0xff);
    }
    return at + 1;
  }
}
