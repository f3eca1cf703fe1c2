package dev.secateur.keras.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A message of Protocol Buffers, as it lies in the file: a field is looked for when it is asked
 * for, and nothing is copied. So a graph of many megabytes costs nothing, of which one field is
 * wanted.
 */
public final class Message {
  private static final int MOST_FIELDS = 1 << 20;

  private final String place;
  private final ByteBuffer bytes;

  /**
   * @param place where it stands, for refusals
   */
  public Message(String place, ByteBuffer bytes) {
    this.place = place;
    this.bytes = bytes;
  }

  private interface Found {
    void at(CodedInputStream in) throws IOException;
  }

  /** All of a repeated field, or the one there is. */
  public List<Message> messages(int field) {
    return all(field).stream().map(b -> new Message(place, b)).toList();
  }

  /** A message; an empty one, where it is absent. */
  public Message message(int field) {
    List<Message> all = messages(field);
    return all.isEmpty() ? new Message(place, ByteBuffer.allocate(0)) : all.get(all.size() - 1);
  }

  /** Empty where the field is. */
  public String text(int field) {
    List<ByteBuffer> all = all(field);
    return all.isEmpty()
        ? ""
        : StandardCharsets.UTF_8.decode(all.get(all.size() - 1).duplicate()).toString();
  }

  private List<ByteBuffer> all(int field) {
    List<ByteBuffer> found = new ArrayList<>();
    each(
        field,
        WireFormat.WIRETYPE_LENGTH_DELIMITED,
        in -> {
          int size = in.readRawVarint32();
          int at = in.getTotalBytesRead();
          in.skipRawBytes(size);
          if (found.size() >= MOST_FIELDS) {
            throw Refusal.limit(place, "more than " + MOST_FIELDS + " items");
          }
          found.add(bytes.slice(at, size));
        });
    return found;
  }

  /** An integer; zero where the field is absent. */
  public long number(int field) {
    long[] last = new long[1];
    each(field, WireFormat.WIRETYPE_VARINT, in -> last[0] = in.readRawVarint64());
    return last[0];
  }

  /** An unsigned integer of fixed size. */
  Optional<Integer> fixed32(int field) {
    List<Integer> found = new ArrayList<>();
    each(field, WireFormat.WIRETYPE_FIXED32, in -> found.add(in.readRawLittleEndian32()));
    return found.stream().reduce((a, b) -> b);
  }

  private void each(int field, int type, Found found) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes.duplicate());
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == (field << 3 | type)) {
          found.at(in);
        } else if (!in.skipField(tag)) {
          break;
        }
      }
    } catch (IOException | IndexOutOfBoundsException e) {
      throw Refusal.corrupt(place, "not readable as Protocol Buffers: " + e.getMessage());
    }
  }
}
