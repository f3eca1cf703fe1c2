package dev.secateur.abuse;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Damages a file of a set: single bytes, half of them in its last or first part, where its
 * structure lies; numbers to their extremes; or its end. What stands in gzip is damaged and packed
 * again, and checksums of tar's heads and of records are mended, so that what comes behind them is
 * reached. The same seed gives the same damage.
 */
final class SetMutations {
  private static final int STRUCTURE = 1024;
  private static final int TAR_BLOCK = 512;
  private static final int TAR_CHECKSUM = 148;
  private static final int RECORD_HEAD = 12;

  private final Random random;

  SetMutations(long seed) {
    this.random = new Random(seed);
  }

  byte[] mutate(byte[] file) {
    boolean zipped = file.length > 2 && file[0] == 0x1f && file[1] == (byte) 0x8b;
    if (zipped && random.nextInt(4) > 0) {
      return zip(mutatePlain(unzip(file)));
    }
    return mutatePlain(file);
  }

  private byte[] mutatePlain(byte[] file) {
    if (random.nextInt(6) == 0) {
      return Arrays.copyOf(file, random.nextInt(file.length));
    }
    byte[] copy = file.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = place(copy.length);
      if (random.nextInt(3) == 0) {
        extreme(copy, at);
      } else {
        copy[at] = (byte) random.nextInt();
      }
    }
    return random.nextInt(4) == 0 ? copy : mended(copy);
  }

  private int place(int length) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(Math.min(length, STRUCTURE));
      case 1 -> length - 1 - random.nextInt(Math.min(length, STRUCTURE));
      default -> random.nextInt(length);
    };
  }

  /**
   * Runs of ones are what lengths look like at their largest, in every one of the three formats.
   */
  private void extreme(byte[] bytes, int at) {
    int end = Math.min(bytes.length, at + 1 + random.nextInt(8));
    Arrays.fill(
        bytes, at, end, (byte) (random.nextBoolean() ? 0xff : random.nextBoolean() ? 0x7f : '7'));
  }

  private static byte[] mended(byte[] file) {
    if (file.length > TAR_BLOCK
        && new String(file, 257, 5, java.nio.charset.StandardCharsets.US_ASCII).equals("ustar")) {
      mendTar(file);
    } else {
      mendRecords(file);
    }
    return file;
  }

  private static void mendTar(byte[] tar) {
    for (int at = 0; at + TAR_BLOCK <= tar.length; at += TAR_BLOCK) {
      if (tar[at + 257] == 'u' && tar[at + 258] == 's') {
        Arrays.fill(tar, at + TAR_CHECKSUM, at + TAR_CHECKSUM + 8, (byte) ' ');
        int sum = 0;
        for (int i = at; i < at + TAR_BLOCK; i++) {
          sum += tar[i] & 0xff;
        }
        byte[] text = "%06o\0 ".formatted(sum).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, tar, at + TAR_CHECKSUM, 8);
      }
    }
  }

  /** As far as the lengths lead from one record to the next. */
  private static void mendRecords(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + RECORD_HEAD < file.length; ) {
      long length = bytes.getLong(at);
      if (at == 0 && file[0] == 'P') {
        return; // Parquet has no checksums of its own.
      }
      bytes.putInt(at + Long.BYTES, masked(file, at, Long.BYTES));
      long end = at + RECORD_HEAD + length;
      if (length < 0 || end > file.length - Integer.BYTES) {
        return;
      }
      bytes.putInt((int) end, masked(file, at + RECORD_HEAD, (int) length));
      at = (int) end + Integer.BYTES;
    }
  }

  private static int masked(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static byte[] unzip(byte[] file) {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(file))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] zip(byte[] content) {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(to)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return to.toByteArray();
  }
}
