package dev.secateur.abuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Mends the checksums of a table of one block, so that damage within it is reached. */
final class LevelDbChecksums {
  private static final int FOOTER = 48;
  private static final int TRAILER = 5;

  private LevelDbChecksums() {}

  static void mend(byte[] table) {
    ByteBuffer bytes = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    if (table.length < FOOTER) {
      return;
    }
    ByteBuffer footer = bytes.slice(table.length - FOOTER, FOOTER);
    long meta = varint(footer);
    long metaSize = varint(footer);
    mend(bytes, 0, meta - TRAILER);
    mend(bytes, meta, metaSize);
    mend(bytes, varint(footer), varint(footer));
  }

  private static void mend(ByteBuffer table, long offset, long size) {
    if (offset < 0 || size < 0 || offset + size + TRAILER > table.limit()) {
      return;
    }
    CRC32C crc = new CRC32C();
    crc.update(table.slice((int) offset, (int) size + 1));
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    table.putInt((int) (offset + size + 1), masked);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        break;
      }
    }
    return value;
  }
}
