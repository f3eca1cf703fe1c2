package dev.secateur.dataset;

import java.nio.ByteBuffer;

/** Samples of one size, read by number: safe for several readers at once. */
sealed interface Records extends AutoCloseable permits FileRecords, ImageRecords, MovedRecords {
  ElementType type();

  int count();

  /** Of one record. */
  int elements();

  /** Whether some of them have to be decoded when they are read. */
  default boolean encoded() {
    return false;
  }

  /** The bytes of one record, ready to be read. */
  ByteBuffer read(int index);

  /** One record as numbers. */
  default double[] values(int index) {
    ByteBuffer buffer = read(index);
    double[] values = new double[elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type().next(buffer);
    }
    return values;
  }

  @Override
  void close();
}
