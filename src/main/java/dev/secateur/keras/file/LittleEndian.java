package dev.secateur.keras.file;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Bytes in the making: numbers least significant byte first, as HDF5 has them. */
final class LittleEndian {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  LittleEndian u8(int value) {
    return number(value, 1);
  }

  LittleEndian u16(int value) {
    return number(value, 2);
  }

  LittleEndian u32(int value) {
    return number(value, 4);
  }

  LittleEndian u64(long value) {
    return number(value, 8);
  }

  private LittleEndian number(long value, int size) {
    for (int i = 0; i < size; i++) {
      bytes.write((int) (value >>> (8 * i)));
    }
    return this;
  }

  LittleEndian ascii(String text) {
    return bytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  LittleEndian bytes(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  LittleEndian zeros(int count) {
    return bytes(new byte[count]);
  }

  /** Zeros up to the next multiple of eight. */
  LittleEndian aligned() {
    return zeros(-bytes.size() & 7);
  }

  int size() {
    return bytes.size();
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }
}
