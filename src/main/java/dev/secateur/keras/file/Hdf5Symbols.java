package dev.secateur.keras.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A group's names and what they lead to: a local heap of the names, symbol table nodes of eight
 * entries, and a B-tree above them, which finds a name by its bytes (HDF5 File Format Specification
 * 3.0, III.A to III.D).
 *
 * @param tree address of the B-tree's root
 * @param heap address of the names
 */
record Hdf5Symbols(long tree, long heap) {
  /** A symbol table node has twice as many entries, a node of the tree twice as many children. */
  static final int LEAF_K = 4;

  static final int INTERNAL_K = 16;

  private static final int ENTRY_SIZE = 40;

  /**
   * What a name leads to.
   *
   * @param header address of its header
   * @param symbols where it is a group, its names
   */
  record Target(long header, Optional<Hdf5Symbols> symbols) {
    /**
     * @param name where the name is in the heap
     */
    LittleEndian entry(long name) {
      LittleEndian entry = new LittleEndian().u64(name).u64(header);
      symbols.ifPresent(s -> entry.u32(1).u32(0).u64(s.tree).u64(s.heap));
      return entry.zeros(ENTRY_SIZE - entry.size());
    }
  }

  private record Name(byte[] bytes, Target target) {}

  /**
   * A node.
   *
   * @param last where the last of the names below it is in the heap
   */
  private record Node(long address, long last) {}

  static Hdf5Symbols write(Hdf5Blocks blocks, Map<String, Target> targets) throws IOException {
    List<Name> names = new ArrayList<>();
    targets.forEach((n, t) -> names.add(new Name(n.getBytes(StandardCharsets.UTF_8), t)));
    names.sort(Comparator.comparing(Name::bytes, Arrays::compareUnsigned));

    LittleEndian heap = new LittleEndian().zeros(8); // before all names, the empty one
    List<Long> places = new ArrayList<>();
    for (Name name : names) {
      places.add((long) heap.size());
      heap.bytes(name.bytes()).u8(0).aligned();
    }
    List<Node> nodes = new ArrayList<>();
    for (int from = 0; from < names.size(); from += 2 * LEAF_K) {
      int to = Math.min(names.size(), from + 2 * LEAF_K);
      LittleEndian node = new LittleEndian().ascii("SNOD").u8(1).u8(0).u16(to - from);
      for (int i = from; i < to; i++) {
        node.bytes(names.get(i).target().entry(places.get(i)).toBytes());
      }
      node.zeros(ENTRY_SIZE * (2 * LEAF_K - (to - from)));
      nodes.add(new Node(blocks.append(node.toBytes()), places.get(to - 1)));
    }
    return new Hdf5Symbols(tree(blocks, nodes), heap(blocks, heap.toBytes()));
  }

  private static long heap(Hdf5Blocks blocks, byte[] names) throws IOException {
    int header = 32;
    int nothingFree = 1;
    return blocks.append(
        new LittleEndian()
            .ascii("HEAP")
            .zeros(4)
            .u64(names.length)
            .u64(nothingFree)
            .u64(blocks.end() + header)
            .bytes(names)
            .toBytes());
  }

  private static long tree(Hdf5Blocks blocks, List<Node> leaves) throws IOException {
    List<Node> nodes = level(blocks, leaves, 0);
    for (int level = 1; nodes.size() > 1; level++) {
      nodes = level(blocks, nodes, level);
    }
    return nodes.get(0).address();
  }

  /** The nodes above some: at least one, each with the addresses of its neighbours. */
  private static List<Node> level(Hdf5Blocks blocks, List<Node> below, int level)
      throws IOException {
    int most = 2 * INTERNAL_K;
    int size = 24 + 8 * (2 * most + 1);
    List<Node> nodes = new ArrayList<>();
    long left = Hdf5Header.NOWHERE;
    long last = 0; // where the empty name is
    int from = 0;
    do {
      List<Node> children = below.subList(from, Math.min(below.size(), from + most));
      from += children.size();
      long right = from < below.size() ? blocks.end() + size : Hdf5Header.NOWHERE;
      LittleEndian node =
          new LittleEndian()
              .ascii("TREE")
              .u8(0)
              .u8(level)
              .u16(children.size())
              .u64(left)
              .u64(right);
      node.u64(last);
      for (Node child : children) {
        node.u64(child.address()).u64(child.last());
        last = child.last();
      }
      left = blocks.append(node.zeros(size - node.size()).toBytes());
      nodes.add(new Node(left, last));
    } while (from < below.size());
    return nodes;
  }
}
