package dev.secateur.keras.file;

import java.lang.reflect.Array;

/** Numbers of any Java type to float32. */
final class Values {
  private Values() {}

  /**
   * @return whether it was possible
   */
  static boolean copy(Object data, float[] into) {
    if (data instanceof float[] floats && floats.length == into.length) {
      System.arraycopy(floats, 0, into, 0, into.length);
      return true;
    }
    if (data instanceof Number number && into.length == 1) {
      into[0] = number.floatValue();
      return true;
    }
    if (data == null || !data.getClass().isArray() || Array.getLength(data) != into.length) {
      return false;
    }
    for (int i = 0; i < into.length; i++) {
      if (!(Array.get(data, i) instanceof Number number)) {
        return false;
      }
      into[i] = number.floatValue();
    }
    return true;
  }
}
