package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Writes one float32 array as {@code .npy}, format version 1.0, piece by piece. */
public final class NpyWriter implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  /** Magic, version, and two bytes of length. */
  private static final int PREFIX = 10;

  private final DataOutputStream out;

  /**
   * @param shape of the whole array, all dimensions known
   */
  public NpyWriter(Path file, Shape shape) throws IOException {
    this.out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
    String dims =
        shape.dims().stream().map(d -> d + ",").collect(Collectors.joining(" ", "(", ")"));
    String head = "{'descr': '<f4', 'fortran_order': False, 'shape': " + dims + ", }";
    int unpadded = PREFIX + head.length() + 1;
    String padded = head + " ".repeat(Math.floorMod(-unpadded, ALIGNMENT)) + "\n";
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(padded.length() & 0xff);
    out.write(padded.length() >> 8);
    out.write(padded.getBytes(StandardCharsets.US_ASCII));
  }

  /** Appends values in row-major order. */
  public void write(float[] values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    out.write(bytes.array());
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
