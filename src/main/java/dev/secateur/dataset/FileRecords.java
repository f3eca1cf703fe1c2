package dev.secateur.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Samples of one size as they lie in a file, read by position.
 *
 * @param source the user's file, for messages
 * @param offset of the first record in the channel
 * @param elements of one record
 */
record FileRecords(
    Path source,
    FileChannel channel,
    long offset,
    ElementType type,
    ByteOrder order,
    int count,
    int elements)
    implements Records {
  @Override
  public ByteBuffer read(int index) {
    int bytes = Math.multiplyExact(elements, type.bytes);
    return bytes(channel, source, offset + (long) index * bytes, bytes).order(order);
  }

  /** So many bytes of a file from {@code at}. */
  static ByteBuffer bytes(FileChannel channel, Path source, long at, int count) {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, at + buffer.position()) < 0) {
          throw new EOFException(source + ": ends before byte " + (at + count));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.flip();
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
