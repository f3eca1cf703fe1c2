package dev.secateur.tflite;

import org.tensorflow.lite.schema.TensorType;

/** The element types that Secateur writes, with their codes in the schema. */
enum ScalarType {
  FLOAT32(TensorType.FLOAT32),
  FLOAT16(TensorType.FLOAT16),
  INT32(TensorType.INT32),
  UINT8(TensorType.UINT8),
  INT8(TensorType.INT8),
  /** Two to a byte: {@link Constant.Int4s}. */
  INT4(TensorType.INT4),
  INT16(TensorType.INT16),
  INT64(TensorType.INT64),
  BOOL(TensorType.BOOL);

  /** The first runtime with kernels that read {@link #INT4}. */
  static final String INT4_RUNTIME = "2.11.0";

  private final byte code;

  ScalarType(byte code) {
    this.code = code;
  }

  /** Of an element, rounded up. */
  int bytes() {
    return switch (this) {
      case INT4, INT8, UINT8, BOOL -> Byte.BYTES;
      case FLOAT16, INT16 -> Short.BYTES;
      case FLOAT32, INT32 -> Integer.BYTES;
      case INT64 -> Long.BYTES;
    };
  }

  byte code() {
    return code;
  }
}
