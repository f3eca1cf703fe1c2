package dev.secateur.dataset;

import java.nio.ByteBuffer;
import java.util.Optional;

/** The element types of NumPy arrays that are read. */
enum ElementType {
  BOOL("b1", 1),
  UINT8("u1", 1),
  INT8("i1", 1),
  UINT16("u2", 2),
  INT16("i2", 2),
  UINT32("u4", 4),
  INT32("i4", 4),
  UINT64("u8", 8),
  INT64("i8", 8),
  FLOAT16("f2", 2),
  FLOAT32("f4", 4),
  FLOAT64("f8", 8);

  final int bytes;
  private final String code;

  ElementType(String code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** From NumPy's code without the byte order, such as {@code f4}. */
  static Optional<ElementType> of(String code) {
    for (ElementType type : values()) {
      if (type.code.equals(code)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The buffer's next element; 64-bit integers lose what a double cannot hold. */
  double next(ByteBuffer in) {
    return switch (this) {
      case BOOL -> in.get() != 0 ? 1 : 0;
      case UINT8 -> in.get() & 0xff;
      case INT8 -> in.get();
      case UINT16 -> in.getShort() & 0xffff;
      case INT16 -> in.getShort();
      case UINT32 -> in.getInt() & 0xffffffffL;
      case INT32 -> in.getInt();
      case UINT64, INT64 -> in.getLong();
      case FLOAT16 -> half(in.getShort());
      case FLOAT32 -> in.getFloat();
      case FLOAT64 -> in.getDouble();
    };
  }

  /** IEEE 754 binary16. */
  private static float half(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    float sign = bits < 0 ? -1f : 1f;
    if (exponent == 0) {
      return sign * fraction * 0x1p-24f;
    }
    if (exponent == 0x1f) {
      return fraction == 0 ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    return sign * Math.scalb(1f + fraction * 0x1p-10f, exponent - 15);
  }
}
