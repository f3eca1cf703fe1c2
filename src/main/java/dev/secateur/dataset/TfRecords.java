package dev.secateur.dataset;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;

/**
 * TensorFlow's record files, plain or in gzip: each record is its length (64 bits, little-endian),
 * a checksum of that, its data and a checksum of these. Checksums are CRC-32C, masked as
 * TensorFlow's {@code record_writer} does.
 */
record TfRecords(Path file) {
  private static final int HEAD = Long.BYTES + Integer.BYTES;
  private static final int GZIP = 0x1f8b;

  /** Takes one record. */
  interface Reader {
    /**
     * @param place of the record in the file, for messages
     * @param data throws a {@link DatasetException} if it is not what was written: the records
     *     behind it can be read all the same
     */
    void read(String place, Supplier<byte[]> data) throws IOException;
  }

  /** Whether a file begins with a record. */
  static boolean begin(Path file) {
    try (InputStream in = new TfRecords(file).open()) {
      byte[] head = in.readNBytes(HEAD);
      return head.length == HEAD && lengthIsWhole(head);
    } catch (IOException e) {
      return false;
    }
  }

  private InputStream open() throws IOException {
    BufferedInputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    raw.mark(2);
    boolean zipped = (raw.read() << 8 | raw.read()) == GZIP;
    raw.reset();
    return zipped ? new GZIPInputStream(raw, 1 << 16) : raw;
  }

  /**
   * @throws DatasetException if a record is cut, or its length damaged: says which, and where it
   *     begins
   */
  void each(Reader reader) {
    long at = 0;
    long number = 0;
    try (DataInputStream in = new DataInputStream(open())) {
      for (byte[] head = in.readNBytes(HEAD); head.length > 0; head = in.readNBytes(HEAD)) {
        String place = "record " + number + " at byte " + at;
        byte[] data = data(in, head, place);
        boolean whole = checksum(in, place) == masked(data);
        reader.read(
            place,
            () -> {
              if (!whole) {
                throw damaged(place, "has data that their checksum denies", null);
              }
              return data;
            });
        at += HEAD + data.length + Integer.BYTES;
        number++;
      }
    } catch (IOException e) {
      throw damaged("record " + number + " at byte " + at, "cannot be read: " + e.getMessage(), e);
    }
  }

  private byte[] data(DataInputStream in, byte[] head, String place) throws IOException {
    if (head.length < HEAD) {
      throw damaged(place, "is cut", null);
    }
    long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (!lengthIsWhole(head)) {
      throw damaged(place, "has a length that its checksum denies", null);
    }
    if (length < 0 || length > Datasets.MAX_SAMPLE_BYTES) {
      throw damaged(place, "has " + length + " bytes: too many for a sample", null);
    }
    // Not readFully: memory for what is not there would be taken.
    byte[] data = in.readNBytes((int) length);
    if (data.length < length) {
      throw damaged(place, "is cut", null);
    }
    return data;
  }

  private int checksum(DataInputStream in, String place) throws IOException {
    try {
      return Integer.reverseBytes(in.readInt());
    } catch (EOFException e) {
      throw damaged(place, "is cut", e);
    }
  }

  private DatasetException damaged(String place, String problem, IOException cause) {
    return new DatasetException(file, place, problem, "write or fetch the file again", cause);
  }

  private static boolean lengthIsWhole(byte[] head) {
    int checksum = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(Long.BYTES);
    return checksum == masked(Arrays.copyOf(head, Long.BYTES));
  }

  private static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
