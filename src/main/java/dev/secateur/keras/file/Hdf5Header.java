package dev.secateur.keras.file;

import dev.secateur.graph.Shape;

/**
 * An object's header and its messages (HDF5 File Format Specification 3.0, IV.A): of version 1, in
 * one piece. Each message is a multiple of eight bytes, and less than 64 KB.
 */
final class Hdf5Header {
  /** Little-endian IEEE 754 of 32 bits: sign at 31, 8 bits of exponent at 23, biased by 127. */
  private static final byte[] FLOAT32 = {
    0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0
  };

  /**
   * The datatype message of texts of variable length in UTF-8 (IV.A.2.d): class 9 of version 1, a
   * text, UTF-8, 16 bytes each; of bytes, class 0.
   */
  static final byte[] UTF8_TEXT = {
    0x19, 1, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0
  };

  /** No address: nothing is there. */
  static final long NOWHERE = -1;

  private static final int DATASPACE = 1;
  private static final int DATATYPE = 3;
  private static final int FILL_VALUE = 5;
  private static final int LAYOUT = 8;
  private static final int ATTRIBUTE = 12;
  private static final int SYMBOL_TABLE = 17;
  private static final int CONSTANT = 1;

  private final LittleEndian messages = new LittleEndian();
  private int count;

  private Hdf5Header() {}

  /** Of numbers in one block. */
  static Hdf5Header floats(Shape shape, long address, long bytes) {
    return new Hdf5Header()
        .with(DATASPACE, 0, dataspace(shape))
        .with(DATATYPE, CONSTANT, new LittleEndian().bytes(FLOAT32))
        // Version 2: space when something is written, the default value, which is zero.
        .with(FILL_VALUE, CONSTANT, new LittleEndian().u8(2).u8(2).u8(2).u8(1).u32(0))
        .with(LAYOUT, 0, new LittleEndian().u8(3).u8(1).u64(address).u64(bytes));
  }

  static Hdf5Header group(Hdf5Symbols symbols) {
    return new Hdf5Header()
        .with(SYMBOL_TABLE, 0, new LittleEndian().u64(symbols.tree()).u64(symbols.heap()));
  }

  /**
   * @param name in ASCII
   * @param references 16 bytes for each text
   */
  Hdf5Header texts(String name, Shape shape, byte[] references) {
    LittleEndian space = dataspace(shape);
    return with(
        ATTRIBUTE,
        0,
        new LittleEndian()
            .u8(1)
            .u8(0)
            .u16(name.length() + 1)
            .u16(UTF8_TEXT.length)
            .u16(space.size())
            .ascii(name)
            .u8(0)
            .aligned()
            .bytes(UTF8_TEXT)
            .aligned()
            .bytes(space.toBytes())
            .aligned()
            .bytes(references));
  }

  private static LittleEndian dataspace(Shape shape) {
    LittleEndian space = new LittleEndian().u8(1).u8(shape.rank()).zeros(6);
    for (long size : shape.toLongArray()) {
      space.u64(size);
    }
    return space;
  }

  private Hdf5Header with(int type, int flags, LittleEndian message) {
    byte[] body = message.aligned().toBytes();
    if (body.length > 0xFFFF) {
      throw new IllegalStateException("a header message of " + body.length + " bytes");
    }
    messages.u16(type).u16(body.length).u8(flags).zeros(3).bytes(body);
    count++;
    return this;
  }

  byte[] toBytes() {
    return new LittleEndian()
        .u8(1)
        .u8(0)
        .u16(count)
        .u32(1) // one link leads here
        .u32(messages.size())
        .zeros(4)
        .bytes(messages.toBytes())
        .toBytes();
  }
}
