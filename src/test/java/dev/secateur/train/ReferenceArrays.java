package dev.secateur.train;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The arrays of an NPZ file of reference results, as raw little-endian bytes. */
public record ReferenceArrays(Map<String, ByteBuffer> arrays) {
  private static final Path SHARED = Path.of("..", "shared");
  private static final int NPY_HEADER_LENGTH_AT = 8;
  private static final int NPY_HEADER_AT = 10;

  /** A file under {@code ../shared}; the test is skipped where it is absent. */
  public static Path shared(String file) {
    Path path = SHARED.resolve(file);
    assumeTrue(Files.exists(path), "skipped: there is no " + path);
    return path;
  }

  public static ReferenceArrays read(Path file) {
    Map<String, ByteBuffer> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        byte[] npy = zip.getInputStream(entry).readAllBytes();
        ByteBuffer bytes = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
        int header = bytes.getShort(NPY_HEADER_LENGTH_AT);
        String words = new String(npy, NPY_HEADER_AT, header, StandardCharsets.US_ASCII);
        if (words.contains("'fortran_order': True")) {
          throw new IllegalStateException(entry + " is in Fortran order");
        }
        bytes.position(NPY_HEADER_AT + header);
        String name = entry.getName().replaceFirst("\\.npy$", "");
        arrays.put(name, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ReferenceArrays(arrays);
  }

  public float[] floats(String name) {
    ByteBuffer bytes = arrays.get(name);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  public int[] ints(String name) {
    ByteBuffer bytes = arrays.get(name);
    int[] values = new int[bytes.remaining() / Integer.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }
}
