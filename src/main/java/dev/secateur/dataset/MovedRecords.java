package dev.secateur.dataset;

import java.nio.ByteBuffer;

/**
 * Records whose channels come first, (C,…), as records with channels last, (…,C).
 *
 * @param channels of one record
 */
record MovedRecords(Records given, int channels) implements Records {
  @Override
  public ElementType type() {
    return given.type();
  }

  @Override
  public int count() {
    return given.count();
  }

  @Override
  public int elements() {
    return given.elements();
  }

  @Override
  public ByteBuffer read(int index) {
    ByteBuffer record = given.read(index);
    int width = type().bytes;
    int positions = elements() / channels;
    byte[] moved = new byte[elements() * width];
    int from = record.position();
    for (int channel = 0; channel < channels; channel++) {
      for (int position = 0; position < positions; position++) {
        record.get(from, moved, (position * channels + channel) * width, width);
        from += width;
      }
    }
    return ByteBuffer.wrap(moved).order(record.order());
  }

  @Override
  public void close() {
    given.close();
  }
}
