package dev.secateur.dataset;

import com.google.protobuf.ByteString;
import java.util.List;

/** What one row of a set says under one name. */
sealed interface Field {
  /** The name is known, but this row has nothing under it. */
  record Nothing() implements Field {}

  /** An encoded image, the bytes of an array, or text in UTF-8. */
  record Bytes(List<ByteString> values) implements Field {
    public Bytes {
      values = List.copyOf(values);
    }

    static Bytes of(ByteString value) {
      return new Bytes(List.of(value));
    }

    static Bytes of(String text) {
      return of(ByteString.copyFromUtf8(text));
    }
  }

  /** One number or several. */
  record Numbers(double... values) implements Field {}
}
