package dev.secateur.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Samples of one size as they lie in a file, read by position: safe for several readers at once.
 *
 * @param source the user's file, for messages
 * @param offset of the first record in the channel
 * @param elements of one record
 */
record Records(
    Path source,
    FileChannel channel,
    long offset,
    ElementType type,
    ByteOrder order,
    int count,
    int elements)
    implements AutoCloseable {
  /** The bytes of one record, ready to be read. */
  ByteBuffer read(int index) {
    int bytes = Math.multiplyExact(elements, type.bytes);
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(order);
    long at = offset + (long) index * bytes;
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, at + buffer.position()) < 0) {
          throw new EOFException(source + ": ends before sample " + index);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.flip();
  }

  /** One record as numbers. */
  double[] values(int index) {
    ByteBuffer buffer = read(index);
    double[] values = new double[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = type.next(buffer);
    }
    return values;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
