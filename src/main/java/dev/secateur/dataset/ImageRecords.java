package dev.secateur.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Images of one size as bytes: decoded ones as far as a spool's bound reaches, and behind them
 * encoded ones, which are decoded each time they are read, to the same bytes.
 *
 * @param set for messages
 * @param elements of one image
 * @param decoded channel of those that are, number i at i · elements
 * @param others channel of the others
 * @param offsets where number {@code plain + i} begins in that channel, and one for its end
 * @param plain number of those that are decoded
 * @param decoder from an encoded image to its bytes in the set's size
 */
record ImageRecords(
    Path set,
    int elements,
    FileChannel decoded,
    FileChannel others,
    long[] offsets,
    int plain,
    int count,
    Decoder decoder)
    implements Records {
  /** Decodes an image that could be decoded before. */
  interface Decoder {
    byte[] decode(byte[] encoded) throws IOException;
  }

  @Override
  public ElementType type() {
    return ElementType.UINT8;
  }

  @Override
  public boolean encoded() {
    return plain < count;
  }

  @Override
  public ByteBuffer read(int index) {
    if (index < plain) {
      return FileRecords.bytes(decoded, set, (long) index * elements, elements)
          .order(ByteOrder.nativeOrder());
    }
    long at = offsets[index - plain];
    int size = (int) (offsets[index - plain + 1] - at);
    try {
      byte[] image = FileRecords.bytes(others, set, at, size).array();
      return ByteBuffer.wrap(decoder.decode(image)).order(ByteOrder.nativeOrder());
    } catch (IOException e) {
      throw new DatasetException(
          set, "image " + index, "could be decoded before: " + e.getMessage(), "run it again", e);
    }
  }

  @Override
  public void close() {
    try (decoded;
        others) {
      // Both, whatever one of them says.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
