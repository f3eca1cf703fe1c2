package dev.secateur.keras.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** Types of numbers in a checkpoint ({@code types.proto}), as float32. */
enum ElementType {
  FLOAT(1, Float.BYTES) {
    @Override
    void read(ByteBuffer in, float[] values) {
      in.asFloatBuffer().get(values);
    }
  },
  DOUBLE(2, Double.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return (float) in.getDouble();
    }
  },
  INT32(3, Integer.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return in.getInt();
    }
  },
  UINT8(4, Byte.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return in.get() & 0xff;
    }
  },
  INT16(5, Short.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return in.getShort();
    }
  },
  INT8(6, Byte.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return in.get();
    }
  },
  INT64(9, Long.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return in.getLong();
    }
  },
  BFLOAT16(14, Short.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return Float.intBitsToFloat(in.getShort() << 16);
    }
  },
  HALF(19, Short.BYTES) {
    @Override
    float next(ByteBuffer in) {
      return Half.toFloat(in.getShort());
    }
  };

  private final int code;
  private final int bytes;

  ElementType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  static Optional<ElementType> of(long code) {
    return Arrays.stream(values()).filter(t -> t.code == code).findFirst();
  }

  /** Of one number. */
  int bytes() {
    return bytes;
  }

  void read(ByteBuffer in, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = next(in);
    }
  }

  float next(ByteBuffer in) {
    return in.getFloat();
  }
}
