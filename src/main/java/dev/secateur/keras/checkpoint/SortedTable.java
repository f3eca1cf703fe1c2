package dev.secateur.keras.checkpoint;

import dev.secateur.keras.refusal.Refusal;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A table of LevelDB ({@code doc/table_format.md}), as TensorFlow writes it: without compression.
 *
 * <pre>
 * block…  block of the index (last key of a block → its offset and size)  footer of 48 bytes
 * block   entry…  restarts  their number        then its kind (1 byte) and masked CRC-32C (4)
 * entry   bytes shared with the key before, further bytes of the key, bytes of the value (varints),
 *         those of the key, those of the value
 * footer  offset and size of the meta index's block and of the index's  padding  magic number
 * </pre>
 */
final class SortedTable {
  private static final int FOOTER = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;
  private static final int TRAILER = 5;
  private static final int MOST_ENTRIES = 1 << 20;

  /** No name of a variable comes near. */
  private static final int LONGEST_KEY = 1 << 16;

  private final String place;
  private final ByteBuffer file;

  private SortedTable(String place, ByteBuffer file) {
    this.place = place;
    this.file = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All entries, in their order. */
  static Map<String, ByteBuffer> read(String place, ByteBuffer file) {
    try {
      return new SortedTable(place, file).read();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw Refusal.corrupt(place, "a table that ends too early");
    }
  }

  private Map<String, ByteBuffer> read() {
    int footer = file.limit() - FOOTER;
    if (footer < 0 || file.getLong(file.limit() - Long.BYTES) != MAGIC) {
      throw Refusal.corrupt(place, "the table's footer is absent");
    }
    ByteBuffer handles = slice(footer, FOOTER);
    varint(handles);
    varint(handles);
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    for (ByteBuffer handle : block(handles).values()) {
      entries.putAll(block(handle));
      if (entries.size() > MOST_ENTRIES) {
        throw Refusal.limit(place, "more than " + MOST_ENTRIES + " entries");
      }
    }
    return entries;
  }

  /** The block whose offset and size come next. */
  private Map<String, ByteBuffer> block(ByteBuffer handle) {
    int offset = varint(handle);
    int size = varint(handle);
    ByteBuffer checked = slice(offset, Math.addExact(size, 1));
    if (checked.get(size) != 0) {
      throw Refusal.corrupt(
          place, "a block of the table is compressed, which none of TensorFlow's is");
    }
    if (file.getInt(offset + size + 1) != Crc.of(checked)) {
      throw Refusal.corrupt(place, "the checksum of a block of the table is another");
    }
    slice(offset, size + TRAILER);
    return entries(slice(offset, size));
  }

  private Map<String, ByteBuffer> entries(ByteBuffer block) {
    int restarts = block.getInt(block.limit() - Integer.BYTES);
    int end = block.limit() - Integer.BYTES - Math.multiplyExact(restarts, Integer.BYTES);
    ByteBuffer in = block.limit(end);
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    byte[] key = new byte[0];
    while (in.hasRemaining()) {
      int shared = varint(in);
      int further = varint(in);
      int value = varint(in);
      if (shared > key.length || further > LONGEST_KEY - shared) {
        throw Refusal.corrupt(place, "a key of the table is none");
      }
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      whole.write(key, 0, shared);
      byte[] rest = new byte[Math.min(further, in.remaining())];
      in.get(rest);
      whole.write(rest, 0, rest.length);
      key = whole.toByteArray();
      ByteBuffer bytes = in.slice(in.position(), value);
      in.position(in.position() + value);
      entries.put(new String(key, StandardCharsets.UTF_8), bytes);
    }
    return entries;
  }

  private ByteBuffer slice(int offset, int size) {
    return file.slice(offset, size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** One that fits an int, since all of the file does. */
  private static int varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return Math.toIntExact(value);
      }
    }
    throw new IndexOutOfBoundsException("a number of more than five bytes");
  }
}
