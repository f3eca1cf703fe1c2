package dev.secateur.keras.file;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes HDF5 as h5py does by default, as far as Keras files need it: groups, numbers in one block
 * each, and attributes that are texts of variable length, which may be larger than the 64 KB of a
 * header's message. The structures are those of the format's first version (superblock 0), which
 * every reader of HDF5 knows, and carry no times: equal content gives equal bytes.
 *
 * <p>Numbers go to the file as they come; names and attributes are kept until {@link #close}.
 */
public final class Hdf5Writer implements AutoCloseable {
  /** Texts in one attribute: each takes 16 bytes of a message's 64 KB. */
  private static final int MOST_TEXTS = 3000;

  private static final int SUPERBLOCK = 96;

  private final Hdf5Blocks blocks;
  private final Hdf5Texts texts = new Hdf5Texts();
  private final Group root = new Group();

  /** Each after the one that it is in. */
  private final List<Group> groups = new ArrayList<>(List.of(root));

  private sealed interface Node permits Group, Numbers {}

  /** Attributes as they were set, texts elsewhere. */
  private record Attribute(Shape shape, List<Hdf5Texts.Place> texts) {}

  private static final class Group implements Node {
    private final Map<String, Node> children = new LinkedHashMap<>();
    private final Map<String, Attribute> attributes = new LinkedHashMap<>();

    /** Set when it is written. */
    private Hdf5Symbols.Target written;
  }

  private record Numbers(Hdf5Symbols.Target written) implements Node {}

  public Hdf5Writer(Path path) throws IOException {
    blocks = new Hdf5Blocks(path, SUPERBLOCK);
  }

  /** Creates a group, and those above it, as far as they are missing. */
  public void group(String path) {
    at(path, names(path));
  }

  private static List<String> names(String path) {
    if (path.indexOf('\0') >= 0) {
      throw new IllegalStateException(path.replace("\0", "\\0") + ": a NUL ends a name in HDF5");
    }
    // As the C library has it, "." is where one is.
    return Arrays.stream(path.split("/")).filter(n -> !n.isEmpty() && !n.equals(".")).toList();
  }

  private Group at(String path, List<String> names) {
    Group at = root;
    for (String name : names) {
      Node child = at.children.computeIfAbsent(name, n -> created());
      if (!(child instanceof Group group)) {
        throw new IllegalStateException(path + ": " + name + " is no group");
      }
      at = group;
    }
    return at;
  }

  private Group created() {
    Group group = new Group();
    groups.add(group);
    return group;
  }

  /** Writes numbers, row by row, and creates the groups above them. */
  public void dataset(String path, Shape shape, float[] values) throws IOException {
    List<String> names = names(path);
    int last = names.size() - 1;
    Group group = at(path, names.subList(0, last));
    if (group.children.containsKey(names.get(last))) {
      throw new IllegalStateException(path + ": is there already");
    }
    long address = values.length == 0 ? Hdf5Header.NOWHERE : blocks.append(values);
    Hdf5Header header = Hdf5Header.floats(shape, address, (long) Float.BYTES * values.length);
    long written = blocks.append(header.toBytes());
    group.children.put(
        names.get(last), new Numbers(new Hdf5Symbols.Target(written, Optional.empty())));
  }

  /** A text attribute of a group. */
  public void attribute(String path, String name, String value) {
    attribute(path, name, Shape.of(), List.of(value));
  }

  /** A list of texts; one too long for an attribute is split as Keras does. */
  public void attribute(String path, String name, List<String> values) {
    if (values.size() <= MOST_TEXTS) {
      attribute(path, name, Shape.of(values.size()), values);
      return;
    }
    for (int i = 0; i * MOST_TEXTS < values.size(); i++) {
      int end = Math.min(values.size(), (i + 1) * MOST_TEXTS);
      List<String> part = values.subList(i * MOST_TEXTS, end);
      attribute(path, name + i, Shape.of(part.size()), part);
    }
  }

  private void attribute(String path, String name, Shape shape, List<String> values) {
    Attribute attribute = new Attribute(shape, values.stream().map(texts::add).toList());
    if (at(path, names(path)).attributes.putIfAbsent(name, attribute) != null) {
      throw new IllegalStateException(path + "@" + name + ": is there already");
    }
  }

  /** What could not be written as a whole stays without a beginning: no reader takes it for one. */
  @Override
  public void close() throws IOException {
    try (blocks) {
      if (!blocks.isWhole()) {
        return;
      }
      long[] collections = texts.write(blocks);
      for (int i = groups.size() - 1; i >= 0; i--) {
        write(groups.get(i), collections);
      }
      blocks.begin(superblock());
    }
  }

  private void write(Group group, long[] collections) throws IOException {
    Map<String, Hdf5Symbols.Target> targets = new LinkedHashMap<>();
    group.children.forEach((name, child) -> targets.put(name, written(child)));
    Hdf5Symbols symbols = Hdf5Symbols.write(blocks, targets);
    Hdf5Header header = Hdf5Header.group(symbols);
    group.attributes.forEach(
        (name, attribute) ->
            header.texts(
                name, attribute.shape(), Hdf5Texts.references(attribute.texts(), collections)));
    long address = blocks.append(header.toBytes());
    group.written = new Hdf5Symbols.Target(address, Optional.of(symbols));
  }

  private static Hdf5Symbols.Target written(Node node) {
    return node instanceof Group group ? group.written : ((Numbers) node).written();
  }

  /** Version 0 (HDF5 File Format Specification 3.0, II.A). */
  private byte[] superblock() {
    return new LittleEndian()
        .u8(0x89)
        .ascii("HDF\r\n\u001a\n")
        .zeros(5) // versions of the structures
        .u8(8) // bytes of an address
        .u8(8) // bytes of a length
        .u8(0)
        .u16(Hdf5Symbols.LEAF_K)
        .u16(Hdf5Symbols.INTERNAL_K)
        .u32(0)
        .u64(0) // addresses count from here
        .u64(Hdf5Header.NOWHERE) // no list of free space
        .u64(blocks.end())
        .u64(Hdf5Header.NOWHERE) // no driver's own information
        .bytes(root.written.entry(0).toBytes())
        .toBytes();
  }
}
