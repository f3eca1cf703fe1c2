package dev.secateur.dataset;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A set of {@link RowFile rows}: a sample and, where there is one, its target in each, in the order
 * of the files and rows.
 *
 * <p>Samples are encoded images, or numbers: a list of them, or the bytes of an array of uint8 or
 * float32 that is of the network's shape, or of the shape that fields such as {@code height} give.
 * Targets are numbers, or the names of classes, which are numbered in their order. Which fields
 * hold them is given, or named after the network's input and output, or known by its usual name, or
 * shows in what the files declare and in the first row.
 *
 * @param set what the user gave, for messages
 */
record RowSet(
    Path set,
    List<RowFile> files,
    boolean grey,
    Optional<Datasets.Value> input,
    Optional<Datasets.Value> output,
    Reading reading) {
  static final String REMEDY =
      "write a field image, with an encoded image or numbers of the network's shape, and a field"
          + " label";

  private static final List<String> SAMPLES =
      List.of("image/encoded", "image", "image_raw", "img", "x", "input");
  private static final List<String> TARGETS =
      List.of(
          "image/class/label",
          "image/label",
          "label",
          "labels",
          "y",
          "class",
          "cls",
          "target",
          "targets");
  private static final List<List<String>> SIZES =
      List.of(
          List.of("height", "width", "depth"),
          List.of("height", "width", "channels"),
          List.of("image/height", "image/width", "image/channels"),
          List.of("image/height", "image/width", "image/depth"),
          List.of("rows", "cols", "channels"));

  Sources read() {
    Rows rows = new Rows();
    try {
      for (RowFile file : files) {
        rows.declared(file);
        file.each(
            reading.allowance(),
            (place, row) -> reading.orSkip(() -> rows.add(file.path(), place, row.get())));
      }
      return rows.sources();
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  /** The samples and targets so far. */
  private final class Rows {
    private RowFile.Declared declared = RowFile.Declared.NOTHING;
    private String sample = "";
    private Optional<String> target = Optional.empty();
    private ImageSpool images;
    private NumberSpool numbers;
    private NumberSpool targets;

    /** Of each row its name's number, as the names came. */
    private int[] labels = new int[16];

    private final Map<String, Integer> names = new HashMap<>();
    private int count;

    /**
     * Whether fields of the rows give the shape of samples, which then have their channels last.
     */
    private boolean sized;

    void declared(RowFile file) {
      RowFile.Declared mine = file.declared();
      if (count > 0 && !mine.classes().equals(declared.classes())) {
        throw new DatasetException(
            file.path(), "", "names other classes than the files before", "write all files alike");
      }
      declared = mine;
    }

    void add(Path file, String place, Map<String, Field> row) {
      if (sample.isEmpty()) {
        target = targetIn(file, place, row);
        sample = sampleIn(file, place, row);
      }
      String where = place + ", field " + sample;
      Field field = require(file, place, row, sample);
      Optional<Field> mine = target.map(t -> require(file, place, row, t));
      mine.ifPresent(t -> checkTarget(file, place, t));
      if (field instanceof Field.Bytes bytes && isImage(one(file, where, bytes))) {
        if (numbers != null) {
          throw mixed(file, where);
        }
        if (images == null) {
          images = new ImageSpool(set, grey, input.map(Datasets.Value::shape), reading);
        }
        images.add(file, where, one(file, where, bytes).toByteArray());
      } else {
        addNumbers(file, where, field, row);
        reading.row();
      }
      mine.ifPresent(this::addTarget);
      count++;
    }

    private DatasetException mixed(Path file, String where) {
      return new DatasetException(file, where, "is an image here and numbers elsewhere", REMEDY);
    }

    private Optional<String> targetIn(Path file, String place, Map<String, Field> row) {
      Optional<String> given = given(file, place, row, reading.options().target());
      Optional<String> usual = first(named(output, TARGETS), row.keySet());
      Set<String> classes = new TreeSet<>(declared.classes().keySet());
      if (given.isEmpty() && usual.isEmpty() && classes.size() > 1) {
        throw new DatasetException(
            file, place, "declares several fields of classes, " + classes, "name the one to learn");
      }
      return given.or(() -> usual).or(() -> classes.stream().findFirst());
    }

    private String sampleIn(Path file, String place, Map<String, Field> row) {
      List<String> encoded =
          row.entrySet().stream()
              .filter(
                  f ->
                      f.getValue() instanceof Field.Bytes bytes
                          && bytes.values().size() == 1
                          && isImage(bytes.values().get(0)))
              .map(Map.Entry::getKey)
              .toList();
      return given(file, place, row, reading.options().sample())
          .or(() -> first(named(input, SAMPLES), row.keySet()))
          .or(() -> only(declared.images()))
          .or(() -> only(encoded))
          .orElseThrow(
              () ->
                  new DatasetException(
                      file,
                      place,
                      "has no field that is known to be the sample among "
                          + new TreeSet<>(row.keySet()),
                      REMEDY));
    }

    private static Optional<String> given(
        Path file, String place, Map<String, Field> row, Optional<String> name) {
      name.ifPresent(
          n -> {
            if (!row.containsKey(n)) {
              throw new DatasetException(
                  file, place, "has no field " + n, "name one of " + new TreeSet<>(row.keySet()));
            }
          });
      return name;
    }

    private static List<String> named(Optional<Datasets.Value> value, List<String> usual) {
      List<String> names = new ArrayList<>(usual);
      value.ifPresent(v -> names.add(0, v.name()));
      return names;
    }

    private static Optional<String> first(List<String> wanted, Set<String> names) {
      return wanted.stream().filter(names::contains).findFirst();
    }

    private static Optional<String> only(List<String> names) {
      return names.size() == 1 ? Optional.of(names.get(0)) : Optional.empty();
    }

    private Field require(Path file, String place, Map<String, Field> row, String name) {
      Field field = row.getOrDefault(name, new Field.Nothing());
      if (field instanceof Field.Nothing) {
        throw new DatasetException(
            file, place, "lacks the field " + name + " of the other rows", REMEDY);
      }
      return field;
    }

    private ByteString one(Path file, String place, Field.Bytes field) {
      if (field.values().size() != 1) {
        throw new DatasetException(
            file, place, "holds " + field.values().size() + " byte strings, not one", REMEDY);
      }
      return field.values().get(0);
    }

    private void addNumbers(Path file, String place, Field field, Map<String, Field> row) {
      Array array = array(file, place, field, row);
      if (images != null) {
        throw mixed(file, place);
      }
      if (numbers == null) {
        numbers = new NumberSpool(reading.allowance(), set, array.dims(), array.type());
      }
      numbers.add(file, place, array);
    }

    private Array array(Path file, String place, Field field, Map<String, Field> row) {
      if (field instanceof Field.Bytes bytes) {
        return raw(file, place, one(file, place, bytes), row);
      }
      double[] values = ((Field.Numbers) field).values();
      return Array.of(dims(values.length, row).orElse(List.of(values.length)), values);
    }

    /** The shape that fields of the sizes give, else the network's, if it has as many numbers. */
    private Optional<List<Integer>> dims(int count, Map<String, Field> row) {
      for (List<String> size : SIZES) {
        List<Integer> dims = size.stream().map(row::get).map(Rows::dim).toList();
        if (!dims.contains(0)
            && dims.stream().mapToLong(Integer::intValue).reduce(1, (a, b) -> a * b) == count) {
          return Optional.of(dims);
        }
      }
      return input.filter(value -> value.shape().size() == count).map(Datasets.Value::given);
    }

    /** 0 for what is no size. */
    private static int dim(Field field) {
      return field instanceof Field.Numbers numbers && numbers.values().length > 0
          ? Math.max((int) numbers.values()[0], 0)
          : 0;
    }

    private Array raw(Path file, String place, ByteString bytes, Map<String, Field> row) {
      int size = bytes.size();
      Optional<Array> uint8 =
          dims(size, row).map(dims -> new Array(dims, ElementType.UINT8, bytes));
      Optional<Array> float32 =
          size % Float.BYTES > 0
              ? Optional.empty()
              : dims(size / Float.BYTES, row)
                  .map(dims -> new Array(dims, ElementType.FLOAT32, bytes));
      return uint8
          .or(() -> float32)
          .orElseThrow(
              () ->
                  new DatasetException(
                      file,
                      place,
                      "holds %d bytes, which are no image, and neither uint8 nor float32 of %s"
                          .formatted(
                              size,
                              input
                                  .map(i -> i.shape().toString())
                                  .orElse("any shape that is given")),
                      REMEDY));
    }

    private List<String> classes() {
      return target.map(t -> declared.classes().getOrDefault(t, List.of())).orElse(List.of());
    }

    /** All that can be wrong with it, before anything of its row is kept. */
    private void checkTarget(Path file, String place, Field field) {
      String where = place + ", field " + target.orElseThrow();
      if (field instanceof Field.Bytes bytes) {
        one(file, where, bytes);
        if (targets != null) {
          throw new DatasetException(
              file, where, "is text here and a number elsewhere", "write all rows alike");
        }
        return;
      }
      double[] values = ((Field.Numbers) field).values();
      if (!classes().isEmpty()
          && (values.length != 1
              || values[0] != Math.rint(values[0])
              || values[0] < 0
              || values[0] >= classes().size())) {
        throw new DatasetException(
            file,
            where,
            "holds " + Arrays.toString(values) + ", which names none of " + classes(),
            "classes are numbered from 0; a set without labels has no such field");
      }
      if (!names.isEmpty()) {
        throw new DatasetException(
            file, where, "is a number here and text elsewhere", "write all rows alike");
      }
      if (targets != null) {
        targets.check(file, where, Array.of(List.of(), values));
      }
    }

    private void addTarget(Field field) {
      if (field instanceof Field.Bytes bytes) {
        label(names.computeIfAbsent(bytes.values().get(0).toStringUtf8(), n -> names.size()));
        return;
      }
      double[] values = ((Field.Numbers) field).values();
      if (!classes().isEmpty()) {
        label((int) values[0]);
        return;
      }
      if (targets == null) {
        targets =
            new NumberSpool(
                reading.allowance(),
                set,
                values.length == 1 ? List.of() : List.of(values.length),
                ElementType.FLOAT64);
      }
      targets.add(set, "", Array.of(List.of(), values));
    }

    private void label(int number) {
      if (count == labels.length) {
        labels = Arrays.copyOf(labels, 2 * labels.length);
      }
      labels[count] = number;
    }

    Sources sources() {
      if (images == null && numbers == null) {
        throw new DatasetException(set, "", "holds no rows", REMEDY);
      }
      List<Integer> dims = images == null ? numbers.dims() : images.dims();
      int[] kept =
          IntStream.range(0, count).filter(i -> images == null || images.holds(i)).toArray();
      Records samples = images == null ? numbers.records() : images.records();
      Optional<int[]> numbered = Optional.empty();
      List<String> classes = classes();
      if (!names.isEmpty()) {
        Map<String, Integer> sorted = sorted(kept);
        classes = List.copyOf(sorted.keySet());
        int[] places = new int[names.size()];
        names.forEach((name, number) -> places[number] = sorted.getOrDefault(name, -1));
        numbered = Optional.of(Arrays.stream(kept).map(i -> places[labels[i]]).toArray());
      } else if (!classes.isEmpty()) {
        numbered = Optional.of(Arrays.stream(kept).map(i -> labels[i]).toArray());
      }
      Source source = new Source(set, sample, samples, dims, kept, numbered, classes);
      Source fed = images == null && !sized ? source.fedTo(input) : source;
      Sources all =
          targets == null
              ? Sources.of(fed)
              : new Sources(List.of(fed), List.of(targets.of(target.orElseThrow(), kept)));
      all.checkCounts();
      return all;
    }

    /** The names of the rows that are kept, numbered in their order. */
    private Map<String, Integer> sorted(int[] kept) {
      Set<Integer> used = new TreeSet<>();
      Arrays.stream(kept).forEach(i -> used.add(labels[i]));
      Map<String, Integer> sorted = new TreeMap<>(names);
      sorted.values().retainAll(used);
      int next = 0;
      for (Map.Entry<String, Integer> name : sorted.entrySet()) {
        name.setValue(next++);
      }
      return sorted;
    }

    void close() {
      for (AutoCloseable spool : new AutoCloseable[] {images, numbers, targets}) {
        try {
          if (spool != null) {
            spool.close();
          }
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private static boolean isImage(ByteString bytes) {
    return bytes.startsWith(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff}))
        || bytes.startsWith(ByteString.copyFrom(new byte[] {(byte) 0x89, 'P', 'N', 'G'}))
        || bytes.startsWith(ByteString.copyFromUtf8("GIF8"))
        || bytes.startsWith(ByteString.copyFromUtf8("BM"));
  }

  /**
   * Numbers of one row.
   *
   * @param bytes of the numbers, little-endian
   */
  private record Array(List<Integer> dims, ElementType type, ByteString bytes) {
    static Array of(List<Integer> dims, double[] values) {
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asDoubleBuffer().put(values);
      return new Array(dims, ElementType.FLOAT64, ByteString.copyFrom(bytes));
    }

    int size() {
      return bytes.size() / type.bytes;
    }
  }

  /** Rows of numbers of one length. */
  private static final class NumberSpool implements AutoCloseable {
    private final Path set;
    private final List<Integer> dims;
    private final ElementType type;
    private final int elements;
    private final Allowance allowance;
    private final FileChannel spool;
    private int count;

    NumberSpool(Allowance allowance, Path set, List<Integer> dims, ElementType type) {
      this.allowance = allowance;
      this.spool = allowance.file();
      this.set = set;
      this.dims = dims;
      this.type = type;
      this.elements = dims.stream().reduce(1, Math::multiplyExact);
    }

    void check(Path file, String place, Array array) {
      if (array.size() != elements || array.type() != type) {
        throw new DatasetException(
            file,
            place,
            "holds %d numbers of %s, but the rows before hold %d of %s"
                .formatted(array.size(), array.type(), elements, type),
            "all samples are of one shape");
      }
    }

    void add(Path file, String place, Array array) {
      check(file, place, array);
      allowance.write(spool, array.bytes().asReadOnlyByteBuffer());
      count++;
    }

    List<Integer> dims() {
      return dims;
    }

    Records records() {
      return new FileRecords(set, spool, 0, type, ByteOrder.LITTLE_ENDIAN, count, elements);
    }

    /** The rows that are {@code kept}, as targets. */
    TargetArray of(String name, int[] kept) {
      Records rows = records();
      return new TargetArray(
          set,
          name,
          dims,
          kept.length,
          new TargetArray.Rows() {
            @Override
            public double[] apply(int sample) {
              return rows.values(kept[sample]);
            }

            @Override
            public void close() {
              rows.close();
            }
          });
    }

    @Override
    public void close() {
      try {
        spool.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
