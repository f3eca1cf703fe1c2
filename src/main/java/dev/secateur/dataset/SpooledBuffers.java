package dev.secateur.dataset;

import java.nio.ByteBuffer;
import org.apache.parquet.bytes.ByteBufferAllocator;

/**
 * Memory for the row groups of a Parquet file: small pieces on the heap, large ones mapped to
 * temporary files, so that a row group may be larger than the heap.
 */
record SpooledBuffers(Allowance allowance) implements ByteBufferAllocator {
  private static final int SMALL = 1 << 20;

  @Override
  public ByteBuffer allocate(int size) {
    return size <= SMALL ? ByteBuffer.allocate(size) : allowance.map(size);
  }

  /** The garbage collector does. */
  @Override
  public void release(ByteBuffer buffer) {
    if (buffer.capacity() > SMALL) {
      allowance.give(buffer.capacity());
    }
  }

  @Override
  public boolean isDirect() {
    return false;
  }
}
