package dev.secateur.tflite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Where values lie in memory that they share, as TFLite Micro's greedy planner puts them: the
 * largest first (of equal ones the last), each at the lowest offset that is free while it lives.
 *
 * @param bytes of the memory
 */
record ArenaPlan(long bytes) {
  private static final int ALIGNMENT = 16;

  /**
   * A value.
   *
   * @param first moment at which it is held
   * @param last moment at which it is held
   */
  record Value(String name, long bytes, int first, int last) {
    private boolean meets(Value other) {
      return first <= other.last && other.first <= last;
    }

    long aligned() {
      return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
  }

  private record Placed(Value value, long offset) {
    private long end() {
      return offset + value.aligned();
    }
  }

  static ArenaPlan of(List<Value> values) {
    List<Value> largestFirst = new ArrayList<>(values);
    Collections.reverse(largestFirst);
    largestFirst.sort(Comparator.comparingLong(Value::aligned).reversed());
    List<Placed> byOffset = new ArrayList<>();
    long bytes = 0;
    for (Value value : largestFirst) {
      long offset = 0;
      for (Placed placed : byOffset) {
        if (placed.value().meets(value)) {
          if (placed.offset() - offset >= value.aligned()) {
            break;
          }
          offset = Math.max(offset, placed.end());
        }
      }
      Placed here = new Placed(value, offset);
      byOffset.add(here);
      byOffset.sort(Comparator.comparingLong(Placed::offset));
      bytes = Math.max(bytes, here.end());
    }
    return new ArenaPlan(bytes);
  }
}
