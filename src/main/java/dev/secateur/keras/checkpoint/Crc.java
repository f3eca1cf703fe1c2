package dev.secateur.keras.checkpoint;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Masked CRC-32C, as TensorFlow and LevelDB store it ({@code lib/hash/crc32c.h}). */
final class Crc {
  private static final int MASK = 0xa282ead8;

  private Crc() {}

  static int of(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }
}
