package dev.secateur.dataset;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes NPZ files as numpy.savez (stored) and numpy.savez_compressed (deflated) do. */
public final class NpzFixture implements AutoCloseable {
  private final ZipOutputStream zip;
  private final boolean deflated;

  public NpzFixture(Path file, boolean deflated) throws IOException {
    this.zip = new ZipOutputStream(Files.newOutputStream(file));
    this.deflated = deflated;
  }

  public NpzFixture bytes(String name, String shape, int... values) {
    byte[] data = new byte[values.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) values[i];
    }
    return add(name, "|u1", shape, data);
  }

  public NpzFixture int64(String name, String shape, long... values) {
    ByteBuffer data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      data.putLong(value);
    }
    return add(name, "<i8", shape, data.array());
  }

  public NpzFixture floats(String name, String shape, float... values) {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      data.putFloat(value);
    }
    return add(name, "<f4", shape, data.array());
  }

  public NpzFixture add(String name, String descr, String shape, byte[] data) {
    try {
      byte[] array = npy(descr, shape, data);
      ZipEntry entry = new ZipEntry(name + ".npy");
      if (!deflated) {
        CRC32 crc = new CRC32();
        crc.update(array);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(array.length);
        entry.setCrc(crc.getValue());
      }
      zip.putNextEntry(entry);
      zip.write(array);
      zip.closeEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static byte[] npy(String descr, String shape, byte[] data) throws IOException {
    String head = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    StringBuilder padded = new StringBuilder(head);
    while ((10 + padded.length() + 1) % 64 != 0) {
      padded.append(' ');
    }
    byte[] text = padded.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(text.length & 0xff);
    out.write(text.length >> 8);
    write(out, text);
    write(out, data);
    return out.toByteArray();
  }

  private static void write(OutputStream out, byte[] bytes) throws IOException {
    out.write(bytes);
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
