package dev.secateur.keras.file;

import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.dataset.DatasetReader;
import io.jhdf.object.datatype.OpaqueDataType;
import io.jhdf.object.datatype.VariableLength;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An HDF5 file, read with bounds: sizes are checked against the file before memory is taken, and no
 * other file is ever opened (external links and external storage are refused).
 */
public final class Hdf5 implements AutoCloseable {
  private static final int MOST_OBJECTS = 500_000;
  private static final int DEEPEST = 100;

  /** DEFLATE compresses by 1032 at most. */
  private static final long HIGHEST_RATIO = 1032;

  private final HdfFile file;
  private final long bytes;

  /** Of each group, the names that stand for several groups, one below the other. */
  private final Map<Group, NavigableSet<String>> joined = new IdentityHashMap<>();

  private Hdf5(HdfFile file, long bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  public static Hdf5 open(Path path, long size) {
    return guarded(
        "", () -> new Hdf5(size > Integer.MAX_VALUE ? new HdfFile(path) : mapped(path), size));
  }

  /**
   * Reading from a mapped file, the library takes slices; reading from a channel, it allocates
   * whatever size a damaged header claims.
   */
  private static HdfFile mapped(Path path) {
    try (FileChannel channel = FileChannel.open(path)) {
      return HdfFile.fromByteBuffer(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Hdf5 open(byte[] content) {
    return guarded("", () -> new Hdf5(HdfFile.fromBytes(content), content.length));
  }

  /** The library throws many kinds of exception at damaged files; here they become one. */
  private static <T> T guarded(String place, java.util.function.Supplier<T> read) {
    try {
      return read.get();
    } catch (Refusal e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | InternalError e) {
      if (isUnnamedType(e)) {
        throw new Refusal(
            Kind.UNSUPPORTED_OPTION,
            place,
            "holds numbers of a type that HDF5 has no name for, as bfloat16 is",
            "copy the weights into a model of the policy mixed_bfloat16 (set_weights), whose own"
                + " are float32, and save that");
      }
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw Refusal.corrupt(place, "not readable as HDF5: " + Reason.abbreviated(why));
    }
  }

  /** The library stumbles over an opaque type without a tag, as which h5py writes bfloat16. */
  private static boolean isUnnamedType(Throwable e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (Arrays.stream(at.getStackTrace())
          .limit(3)
          .anyMatch(f -> f.getClassName().equals(OpaqueDataType.class.getName()))) {
        return true;
      }
    }
    return false;
  }

  public GroupAt root() {
    return new GroupAt(List.of(new Place(file, "")), "");
  }

  @Override
  public void close() {
    file.close();
  }

  /**
   * Where some of a group's children stand.
   *
   * @param prefix what the names of these children begin with; empty for the group itself
   */
  private record Place(Group group, String prefix) {
    Optional<Node> node(String name, String path) {
      return Optional.ofNullable(group.getChildren().get(prefix + name))
          .map(n -> resolved(n, path));
    }

    Stream<String> names() {
      return group.getChildren().keySet().stream()
          .filter(c -> c.startsWith(prefix))
          .map(c -> c.substring(prefix.length()).split("\\\\", 2)[0]);
    }
  }

  /** Where the children of the child of this name stand. */
  private List<Place> below(Place place, String name, String path) {
    List<Place> below = new ArrayList<>();
    place
        .node(name, path)
        .filter(n -> n instanceof Group)
        .ifPresent(n -> below.add(new Place((Group) n, "")));
    String start = place.prefix() + name + "\\";
    String next = joined(place.group()).ceiling(start);
    if (next != null && next.startsWith(start)) {
      below.add(new Place(place.group(), start));
    }
    return below;
  }

  private NavigableSet<String> joined(Group group) {
    return joined.computeIfAbsent(
        group,
        g -> {
          NavigableSet<String> names = new TreeSet<>(g.getChildren().keySet());
          names.removeIf(n -> n.indexOf('\\') < 0);
          return names;
        });
  }

  /**
   * A group and its path. Keras on Windows has written {@code layers\\conv2d} as one name; here it
   * is a group within a group all the same, beside what stands in a group {@code layers}.
   */
  public final class GroupAt {
    private final List<Place> places;
    private final String path;

    private GroupAt(List<Place> places, String path) {
      this.places = List.copyOf(places);
      this.path = path;
    }

    public String path() {
      return path;
    }

    /** A group below, by a path of names. */
    public Optional<GroupAt> group(String below) {
      Optional<GroupAt> at = Optional.of(this);
      for (String name : below.split("/", -1)) {
        at = name.isEmpty() ? at : at.flatMap(g -> g.child(name));
      }
      return at;
    }

    private Optional<GroupAt> child(String name) {
      List<Place> below =
          guarded(
              at(name),
              () -> places.stream().flatMap(p -> below(p, name, at(name)).stream()).toList());
      return below.isEmpty() ? Optional.empty() : Optional.of(new GroupAt(below, at(name)));
    }

    public Optional<DatasetAt> dataset(String below) {
      int last = below.lastIndexOf('/');
      Optional<GroupAt> parent = last < 0 ? Optional.of(this) : group(below.substring(0, last));
      String name = below.substring(last + 1);
      return parent.flatMap(
          p ->
              p.node(name)
                  .filter(n -> n instanceof Dataset)
                  .map(n -> new DatasetAt((Dataset) n, p.at(name))));
    }

    private String at(String below) {
      return path.isEmpty() ? below : path + "/" + below;
    }

    private Optional<Node> node(String name) {
      return guarded(
          at(name),
          () -> places.stream().flatMap(p -> p.node(name, at(name)).stream()).findFirst());
    }

    public List<String> children() {
      return guarded(path, () -> places.stream().flatMap(Place::names).distinct().toList());
    }

    /** A text attribute. */
    public Optional<String> text(String name) {
      return attribute(name).map(a -> guarded(at("@" + name), () -> text(data(a), name)));
    }

    private String text(Object data, String name) {
      if (data instanceof String s) {
        return s;
      }
      if (data instanceof byte[] b) {
        return new String(b, StandardCharsets.UTF_8);
      }
      if (data instanceof Object[] a && a.length == 1) {
        return text(a[0], name);
      }
      throw Refusal.corrupt(at("@" + name), "the attribute is no text");
    }

    /** A list of texts; large ones are split over attributes with a number appended. */
    public Optional<List<String>> texts(String name) {
      Optional<Attribute> whole = attribute(name);
      if (whole.isPresent()) {
        return Optional.of(texts(whole.get(), name));
      }
      List<String> all = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        Optional<Attribute> part = attribute(name + i);
        if (part.isEmpty()) {
          break;
        }
        all.addAll(texts(part.get(), name + i));
      }
      return all.isEmpty() ? Optional.empty() : Optional.of(all);
    }

    private List<String> texts(Attribute attribute, String name) {
      return guarded(
          at("@" + name),
          () -> {
            if (attribute.isEmpty() || attribute.getSize() == 0) {
              return List.of();
            }
            Object data = data(attribute);
            List<String> all = new ArrayList<>();
            if (data instanceof Object[] array) {
              for (Object item : array) {
                all.add(text(item, name));
              }
            } else {
              all.add(text(data, name));
            }
            return all;
          });
    }

    /**
     * The attribute's value, its texts in UTF-8 also where they are declared as ASCII: so h5py
     * writes lists of names, whatever is in them.
     */
    private Object data(Attribute attribute) {
      boolean texts =
          attribute.getDataType() instanceof VariableLength v && v.isVariableLengthString();
      return texts
          ? DatasetReader.readDataset(
              new VariableLength(
                  ByteBuffer.wrap(Hdf5Header.UTF8_TEXT).order(ByteOrder.LITTLE_ENDIAN)),
              attribute.getBuffer(),
              attribute.getDimensions(),
              file.getHdfBackingStorage())
          : attribute.getData();
    }

    private Optional<Attribute> attribute(String name) {
      return guarded(
          at("@" + name),
          () -> {
            Optional<Attribute> attribute =
                places.stream()
                    .filter(p -> p.prefix().isEmpty())
                    .flatMap(p -> Optional.ofNullable(p.group().getAttributes().get(name)).stream())
                    .findFirst();
            if (attribute.isPresent() && attribute.get().getSizeInBytes() > bytes) {
              throw Refusal.corrupt(at("@" + name), "an attribute larger than the file");
            }
            return attribute;
          });
    }

    /** All datasets below. */
    public List<DatasetAt> datasets() {
      List<DatasetAt> all = new ArrayList<>();
      collect(this, all, Collections.newSetFromMap(new IdentityHashMap<>()), 0, new int[1]);
      return all;
    }

    private void collect(GroupAt from, List<DatasetAt> into, Set<Node> seen, int depth, int[] n) {
      if (depth > DEEPEST) {
        throw Refusal.limit(from.path, "groups nested more than " + DEEPEST + " deep");
      }
      for (String name : from.children()) {
        if (++n[0] > MOST_OBJECTS) {
          throw Refusal.limit(from.path, "more than " + MOST_OBJECTS + " objects");
        }
        from.dataset(name).ifPresent(into::add);
        from.group(name)
            .map(g -> new GroupAt(unseen(g.places, seen), g.path))
            .ifPresent(g -> collect(g, into, seen, depth + 1, n));
      }
    }

    /** Groups can be linked in circles; names that begin alike cannot. */
    private static List<Place> unseen(List<Place> places, Set<Node> seen) {
      return places.stream().filter(p -> !p.prefix().isEmpty() || seen.add(p.group())).toList();
    }
  }

  private static Node resolved(Node node, String path) {
    if (!node.isLink()) {
      return node;
    }
    if (node instanceof io.jhdf.links.ExternalLink) {
      throw new Refusal(
          Kind.CORRUPT,
          path,
          "a link to another file, which is not followed",
          "save the model into one file");
    }
    return ((Link) node).getTarget();
  }

  /** A dataset and its path. */
  public final class DatasetAt implements StoredTensor {
    private final Dataset dataset;
    private final String path;

    private DatasetAt(Dataset dataset, String path) {
      this.dataset = dataset;
      this.path = path;
    }

    @Override
    public String path() {
      return path;
    }

    @Override
    public Shape shape() {
      return guarded(
          path,
          () -> {
            if (dataset.isScalar()) {
              return Shape.of();
            }
            return Shape.of(dataset.getDimensions());
          });
    }

    /** Number of elements that the file really can hold. */
    public long elements() {
      return guarded(
          path,
          () -> {
            long size = dataset.getSize();
            long claimed = dataset.getSizeInBytes();
            long held =
                dataset instanceof ChunkedDataset
                    ? Math.multiplyExact(bytes, HIGHEST_RATIO)
                    : bytes;
            if (size < 0 || claimed < 0 || claimed > held) {
              throw Refusal.corrupt(path, "the dataset claims more than the file holds");
            }
            return size;
          });
    }

    boolean isFloat() {
      return guarded(
          path,
          () -> {
            Class<?> type = dataset.getJavaType();
            return type == float.class || type == double.class;
          });
    }

    @Override
    public void readInto(float[] values) {
      guarded(
          path,
          () -> {
            if (elements() != values.length) {
              throw Refusal.corrupt(path, "the dataset has another size than its shape");
            }
            read(values);
            return null;
          });
    }

    private void read(float[] values) {
      if (values.length == 0) {
        return;
      }
      boolean plain =
          dataset.getDataType() instanceof io.jhdf.object.datatype.FloatingPoint f
              && f.getSize() == 4;
      if (plain && dataset instanceof ContiguousDataset contiguous) {
        ByteBuffer buffer = contiguous.getBuffer();
        var floats = (io.jhdf.object.datatype.FloatingPoint) dataset.getDataType();
        buffer.order(floats.getByteOrder()).asFloatBuffer().get(values);
        return;
      }
      Object data = dataset.isScalar() ? dataset.getData() : dataset.getDataFlat();
      if (!Values.copy(data, values)) {
        throw Refusal.corrupt(path, "weights of the type " + dataset.getJavaType());
      }
    }
  }
}
