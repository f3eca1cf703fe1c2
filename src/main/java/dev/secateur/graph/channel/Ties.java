package dev.secateur.graph.channel;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A union-find over the indices of axes. Indices that are tied are one class; a class with an index
 * that must stay is frozen, for the first reason that was met.
 */
final class Ties {
  private final Map<Axis, Integer> first = new LinkedHashMap<>();
  private final Map<Axis, Integer> sizes = new LinkedHashMap<>();
  private int[] parent = new int[1024];
  private String[] frozen = new String[1024];
  private int count;

  /** The element of an axis' first index; the others follow it. */
  private int element(Axis axis, int size) {
    Integer known = first.get(axis);
    if (known != null) {
      return known;
    }
    int begin = count;
    count = Math.addExact(count, size);
    if (count > parent.length) {
      int length = Math.max(count, 2 * parent.length);
      parent = Arrays.copyOf(parent, length);
      frozen = Arrays.copyOf(frozen, length);
    }
    for (int i = begin; i < count; i++) {
      parent[i] = i;
    }
    first.put(axis, begin);
    sizes.put(axis, size);
    return begin;
  }

  void tie(Axis one, int sizeOfOne, int i, Axis other, int sizeOfOther, int j) {
    int a = root(element(one, sizeOfOne) + i);
    int b = root(element(other, sizeOfOther) + j);
    if (a != b) {
      parent[Math.max(a, b)] = Math.min(a, b);
      if (frozen[Math.min(a, b)] == null) {
        frozen[Math.min(a, b)] = frozen[Math.max(a, b)];
      }
    }
  }

  void freeze(Axis axis, int size, String reason) {
    int begin = element(axis, size);
    for (int i = 0; i < size; i++) {
      int root = root(begin + i);
      if (frozen[root] == null) {
        frozen[root] = reason;
      }
    }
  }

  private int root(int element) {
    int at = element;
    while (parent[at] != at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }

  /** All axes that were spoken of, with their sizes, in the order in which they were. */
  Map<Axis, Integer> axes() {
    return sizes;
  }

  /** The class of an index. */
  int classOf(Axis axis, int index) {
    return root(first.get(axis) + index);
  }

  boolean isFrozen(int ofClass) {
    return frozen[ofClass] != null;
  }

  /** Why a class is frozen. */
  String reason(int ofClass) {
    return frozen[ofClass];
  }
}
