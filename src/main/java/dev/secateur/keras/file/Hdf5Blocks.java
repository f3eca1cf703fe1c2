package dev.secateur.keras.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that grows by one block after the other, each at a multiple of eight. What a block refers
 * to is written before it; the first bytes, which refer to the whole, come last, and not at all
 * where a block could not be written.
 */
final class Hdf5Blocks implements Closeable {
  private static final int FLOATS_AT_ONCE = 1 << 16;

  private final FileChannel channel;
  private final ByteBuffer some =
      ByteBuffer.allocate(Float.BYTES * FLOATS_AT_ONCE).order(ByteOrder.LITTLE_ENDIAN);
  private long end;
  private boolean whole = true;

  /**
   * @param reserved bytes of the beginning, which {@link #begin} fills in
   */
  Hdf5Blocks(Path file, int reserved) throws IOException {
    channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    end = reserved;
  }

  /** Where the next block will begin. */
  long end() {
    return end;
  }

  /**
   * @return where it begins
   */
  long append(byte[] block) throws IOException {
    long address = end;
    put(ByteBuffer.wrap(block), address);
    align(address + block.length);
    return address;
  }

  /**
   * @return where they begin, four bytes each
   */
  long append(float[] values) throws IOException {
    long address = end;
    long at = address;
    for (int from = 0; from < values.length; from += FLOATS_AT_ONCE) {
      int count = Math.min(values.length - from, FLOATS_AT_ONCE);
      some.clear().limit(Float.BYTES * count);
      some.asFloatBuffer().put(values, from, count);
      put(some, at);
      at += Float.BYTES * (long) count;
    }
    align(at);
    return address;
  }

  private void align(long at) throws IOException {
    end = at + (-at & 7);
    put(ByteBuffer.allocate((int) (end - at)), at);
  }

  /** Whether all that was to be written was. */
  boolean isWhole() {
    return whole;
  }

  void begin(byte[] reserved) throws IOException {
    put(ByteBuffer.wrap(reserved), 0);
  }

  private void put(ByteBuffer bytes, long at) throws IOException {
    whole = false;
    long position = at;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
    whole = true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
