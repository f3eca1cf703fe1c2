package dev.secateur.dataset;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of an {@code .npy} array: NumPy's format versions 1.0 to 3.0 (numpy.lib.format).
 *
 * @param shape all dimensions, outermost first
 * @param length bytes before the first element
 */
record NpyHeader(ElementType type, ByteOrder order, List<Long> shape, int length) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_LENGTH = 1 << 16;
  private static final int MAX_RANK = 8;
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>=|]?)([^']+)'");
  private static final Pattern STRUCTURED = Pattern.compile("'descr'\\s*:\\s*\\[");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, L]*)\\)");

  NpyHeader {
    shape = List.copyOf(shape);
  }

  /** Reads the head and leaves {@code in} at the first element. */
  static NpyHeader read(InputStream in, Path file, String place) throws IOException {
    DataInputStream data = new DataInputStream(in);
    byte[] magic = new byte[MAGIC.length];
    data.readFully(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new DatasetException(file, place, "is no NumPy array", "write it with numpy.save");
    }
    int major = data.readUnsignedByte();
    data.readUnsignedByte();
    int lengthBytes = major == 1 ? 2 : 4;
    long length = 0;
    for (int i = 0; i < lengthBytes; i++) {
      length |= (long) data.readUnsignedByte() << (8 * i);
    }
    if (major < 1 || major > 3 || length > MAX_LENGTH) {
      throw new DatasetException(
          file, place, "has an unknown NumPy format " + major, "write it with numpy.save");
    }
    byte[] head = new byte[(int) length];
    data.readFully(head);
    String text = new String(head, StandardCharsets.UTF_8);
    return parse(text, MAGIC.length + 2 + lengthBytes + head.length, file, place);
  }

  private static NpyHeader parse(String text, int length, Path file, String place) {
    Matcher descr = DESCR.matcher(text);
    Matcher shape = SHAPE.matcher(text);
    Matcher fortran = FORTRAN.matcher(text);
    if (STRUCTURED.matcher(text).find() || (descr.find() && descr.group(2).startsWith("O"))) {
      throw new DatasetException(
          file,
          place,
          "is an object or record array, which only Python's pickle can read",
          "save a plain numeric array of one shape");
    }
    if (!descr.reset().find() || !shape.find() || !fortran.find()) {
      throw new DatasetException(
          file, place, "has a damaged NumPy header", "write it with numpy.save");
    }
    ElementType type =
        ElementType.of(descr.group(2))
            .orElseThrow(
                () ->
                    new DatasetException(
                        file,
                        place,
                        "has elements of type " + descr.group(2),
                        "convert it to uint8 or float32"));
    List<Long> dims = dims(shape.group(1), file, place);
    if (fortran.group(1).equals("True") && dims.size() > 1) {
      throw new DatasetException(
          file, place, "is stored column by column", "save numpy.ascontiguousarray of it");
    }
    ByteOrder order = descr.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    return new NpyHeader(type, order, dims, length);
  }

  private static List<Long> dims(String text, Path file, String place) {
    List<Long> dims = new ArrayList<>();
    for (String dim : text.replace("L", "").split(",")) {
      if (!dim.isBlank()) {
        dims.add(Long.parseLong(dim.strip()));
      }
    }
    try {
      long size = dims.stream().reduce(8L, Math::multiplyExact);
      if (dims.size() > MAX_RANK || size < 0) {
        throw new ArithmeticException();
      }
    } catch (ArithmeticException e) {
      throw new DatasetException(
          file, place, "claims the impossible shape " + dims, "write it with numpy.save", e);
    }
    return dims;
  }

  /** Number of samples: the first dimension. */
  long count() {
    return shape.isEmpty() ? 1 : shape.get(0);
  }

  /** Elements of one sample. */
  long sampleSize() {
    return shape.stream().skip(1).reduce(1L, Math::multiplyExact);
  }

  /** Bytes of all elements. */
  long bytes() {
    return Math.multiplyExact(Math.multiplyExact(count(), sampleSize()), type.bytes);
  }
}
