package dev.secateur.keras.checkpoint;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.SavedModelFiles.UnaryFile;
import dev.secateur.keras.file.StoredTensor;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A checkpoint: tensors by key, and the objects that they are variables of. */
public final class Checkpoint {
  private static final String OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH";
  private static final String INDEX = "index";

  /** {@code DT_STRING} of {@code types.proto}. */
  private static final int STRING = 7;

  private static final int MOST_DIMENSIONS = 8;

  private final Map<String, ByteBuffer> entries;
  private final List<ByteBuffer> shards;
  private final ByteOrder order;

  private Checkpoint(Map<String, ByteBuffer> entries, List<ByteBuffer> shards, ByteOrder order) {
    this.entries = entries;
    this.shards = shards;
    this.order = order;
  }

  /**
   * @throws Refusal if it is damaged, or a part of it is absent
   */
  public static Checkpoint open(UnaryFile files) throws IOException {
    ByteBuffer index =
        files.read(INDEX).orElseThrow(() -> absent("variables." + INDEX, "its table of variables"));
    Map<String, ByteBuffer> entries = SortedTable.read("variables." + INDEX, index);
    ByteBuffer first = entries.get("");
    if (first == null) {
      throw Refusal.corrupt("variables." + INDEX, "the table's header is absent");
    }
    Message header = new Message("variables." + INDEX, first);
    long count = header.number(1);
    List<ByteBuffer> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = String.format(Locale.ROOT, "data-%05d-of-%05d", i, count);
      shards.add(files.read(name).orElseThrow(() -> absent("variables." + name, "a part")));
    }
    boolean big = header.number(2) == 1;
    return new Checkpoint(entries, shards, big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
  }

  private static Refusal absent(String name, String what) {
    return new Refusal(
        Kind.WEIGHTS_MISMATCH,
        name,
        "the file is absent: " + what + " of the checkpoint",
        "fetch all files of the checkpoint into one directory");
  }

  /** How many numbers the checkpoint holds. */
  public long elements() {
    return shards.stream().mapToLong(ByteBuffer::limit).sum();
  }

  /** The objects that were saved, from the first on. */
  public TrackedObject root() {
    Message entry =
        entry(OBJECTS)
            .orElseThrow(
                () ->
                    new Refusal(
                        Kind.FOREIGN_FORMAT,
                        "",
                        "a checkpoint of TensorFlow 1, which does not say whose its variables are",
                        "load it where it was written and save the whole model, with model.save"));
    if (entry.number(1) != STRING) {
      throw Refusal.corrupt(OBJECTS, "the graph of objects is no text");
    }
    // One text: its length as a varint, a checksum of the lengths, its bytes.
    ByteBuffer bytes = bytes(OBJECTS, entry);
    while (bytes.hasRemaining() && bytes.get() < 0) {
      // the length is what is left
    }
    if (bytes.remaining() < Integer.BYTES) {
      throw Refusal.corrupt(OBJECTS, "the graph of objects is cut off");
    }
    ByteBuffer text = bytes.position(bytes.position() + Integer.BYTES).slice();
    return new TrackedObject(this, new Message(OBJECTS, text).messages(1), 0);
  }

  /** The model that was saved: the first object, or the one attribute of it that has layers. */
  public TrackedObject model() {
    TrackedObject root = root();
    if (root.child("layer-0").isPresent()) {
      return root;
    }
    List<TrackedObject> models =
        root.children().values().stream().filter(c -> c.child("layer-0").isPresent()).toList();
    return models.size() == 1 ? models.get(0) : root;
  }

  private Optional<Message> entry(String key) {
    return Optional.ofNullable(entries.get(key)).map(b -> new Message(key, b));
  }

  /**
   * The bytes of an entry.
   *
   * @throws Refusal if they are not in the file, or not those that were written
   */
  private ByteBuffer bytes(String key, Message entry) {
    long shard = entry.number(3);
    long offset = entry.number(4);
    long size = entry.number(5);
    if (shard < 0 || shard >= shards.size()) {
      throw Refusal.corrupt(key, "in a part of the checkpoint that there is not");
    }
    ByteBuffer data = shards.get((int) shard);
    if (offset < 0 || size < 0 || offset > data.limit() || size > data.limit() - offset) {
      throw Refusal.corrupt(key, "beyond the end of the checkpoint");
    }
    ByteBuffer bytes = data.slice((int) offset, (int) size);
    // A text's checksum is over its length in another form than the one it is stored in.
    if (entry.number(1) != STRING && entry.fixed32(6).filter(c -> c != Crc.of(bytes)).isPresent()) {
      throw Refusal.corrupt(key, "the checksum of its values is another");
    }
    return bytes.order(order);
  }

  /** The variable of this key. */
  Optional<StoredTensor> tensor(String key) {
    return entry(key).map(e -> new Variable(key, e, shape(key, e)));
  }

  private static Shape shape(String key, Message entry) {
    List<Message> dims = entry.message(2).messages(2);
    if (dims.size() > MOST_DIMENSIONS) {
      throw Refusal.corrupt(key, "a variable of " + dims.size() + " dimensions");
    }
    List<Integer> sizes = new ArrayList<>();
    for (Message dim : dims) {
      long size = dim.number(1);
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw Refusal.corrupt(key, "a variable with a dimension of " + size);
      }
      sizes.add((int) size);
    }
    return new Shape(sizes);
  }

  private final class Variable implements StoredTensor {
    private final String key;
    private final Message entry;
    private final Shape shape;

    Variable(String key, Message entry, Shape shape) {
      this.key = key;
      this.entry = entry;
      this.shape = shape;
    }

    @Override
    public String path() {
      return key;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public void readInto(float[] values) {
      ElementType type =
          ElementType.of(entry.number(1))
              .orElseThrow(() -> Refusal.corrupt(key, "values of the type " + entry.number(1)));
      if (!entry.messages(7).isEmpty()) {
        throw new Refusal(
            Kind.UNSUPPORTED_OPTION,
            key,
            "a variable in slices",
            "load the model and save it again, without a partitioner");
      }
      ByteBuffer bytes = bytes(key, entry);
      if (bytes.limit() != (long) values.length * type.bytes()) {
        throw Refusal.corrupt(key, "values of another size than the shape " + shape);
      }
      type.read(bytes, values);
    }
  }
}
