package dev.secateur.evaluate;

import dev.secateur.dataset.Allowance;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The original's outputs on the evaluation set, batch by batch in a temporary file, since those of
 * images pass any memory. Read in the order in which they were added, from the start each time that
 * {@link #rewind} is called.
 */
public final class RecordedOutputs implements AutoCloseable {
  private final Allowance allowance;
  private final FileChannel file;

  private RecordedOutputs(Allowance allowance) {
    this.allowance = allowance;
    this.file = allowance.file();
  }

  /** None so far. */
  public static RecordedOutputs create(Allowance allowance) {
    return new RecordedOutputs(allowance);
  }

  void add(List<Tensor> outputs) {
    for (Tensor output : outputs) {
      ByteBuffer bytes = buffer(output.values().length);
      bytes.asFloatBuffer().put(output.values());
      allowance.write(file, bytes);
    }
  }

  /** From the first batch again. */
  public RecordedOutputs rewind() {
    try {
      file.position(0);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that was recorded, as it lies in the file. */
  public void writeTo(OutputStream out) throws IOException {
    rewind();
    Channels.newInputStream(file).transferTo(out);
  }

  /** What {@link #writeTo} wrote. */
  public static RecordedOutputs read(InputStream in, Allowance allowance) throws IOException {
    RecordedOutputs outputs = create(allowance);
    try {
      in.transferTo(Channels.newOutputStream(outputs.file));
      return outputs.rewind();
    } catch (IOException e) {
      outputs.close();
      throw e;
    }
  }

  /** The next batch, of these shapes. */
  List<Tensor> next(List<Shape> shapes) {
    List<Tensor> outputs = new ArrayList<>();
    try {
      for (Shape shape : shapes) {
        float[] values = new float[Math.toIntExact(shape.size())];
        ByteBuffer bytes = buffer(values.length);
        while (bytes.hasRemaining()) {
          if (file.read(bytes) < 0) {
            throw new EOFException("fewer outputs were recorded");
          }
        }
        bytes.flip().asFloatBuffer().get(values);
        outputs.add(new Tensor(shape, values));
      }
      return outputs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer buffer(int values) {
    return ByteBuffer.allocate(Math.multiplyExact(values, Float.BYTES)).order(ByteOrder.BIG_ENDIAN);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
