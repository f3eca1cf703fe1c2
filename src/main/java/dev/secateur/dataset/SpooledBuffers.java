package dev.secateur.dataset;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import org.apache.parquet.bytes.ByteBufferAllocator;

/**
 * Memory for the row groups of a Parquet file: small pieces on the heap, large ones mapped to
 * temporary files, so that a row group may be larger than the heap.
 */
final class SpooledBuffers implements ByteBufferAllocator {
  private static final int SMALL = 1 << 20;

  @Override
  public ByteBuffer allocate(int size) {
    if (size <= SMALL) {
      return ByteBuffer.allocate(size);
    }
    // The mapping keeps the nameless file after its channel is closed, and no longer than itself.
    try (FileChannel spool = Spool.create()) {
      return spool.map(MapMode.READ_WRITE, 0, size);
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }

  @Override
  public void release(ByteBuffer buffer) {
    // The garbage collector does.
  }

  @Override
  public boolean isDirect() {
    return false;
  }
}
