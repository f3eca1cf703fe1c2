package dev.secateur.tflite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A compiled model: one FlatBuffer outside the heap. */
public final class TfliteModel {
  private final ByteBuffer buffer;

  /** Takes over a direct buffer whose remaining bytes are the model. */
  TfliteModel(ByteBuffer buffer) {
    this.buffer = buffer;
  }

  /** Size in bytes. */
  public int size() {
    return buffer.remaining();
  }

  /** The bytes, read-only and direct. */
  public ByteBuffer buffer() {
    return buffer.asReadOnlyBuffer();
  }

  public byte[] toByteArray() {
    byte[] bytes = new byte[size()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** Writes (or overwrites) {@code file}. */
  public void writeTo(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer rest = buffer.duplicate();
      while (rest.hasRemaining()) {
        out.write(rest);
      }
    }
  }
}
