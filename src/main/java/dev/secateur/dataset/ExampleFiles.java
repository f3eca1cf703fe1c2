package dev.secateur.dataset;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;

/**
 * Record files of {@code tf.train.Example}: a sample and, where there is one, its target in each,
 * in the order of the files and records.
 *
 * <p>Samples are encoded images, or numbers: a list of them, or the bytes of an array of uint8 or
 * float32 that is of the network's shape, or of the shape that features such as {@code height}
 * give. Targets are numbers, or the names of classes, which are numbered in their order.
 *
 * @param set what the user gave, for messages
 */
record ExampleFiles(Path set, List<Path> files, boolean grey, Optional<Datasets.Value> input) {
  private static final List<String> SAMPLES =
      List.of("image/encoded", "image", "image_raw", "img", "x", "input");
  private static final List<String> TARGETS =
      List.of(
          "image/class/label", "image/label", "label", "labels", "y", "class", "target", "targets");
  private static final List<List<String>> SIZES =
      List.of(
          List.of("height", "width", "depth"),
          List.of("height", "width", "channels"),
          List.of("image/height", "image/width", "image/channels"),
          List.of("image/height", "image/width", "image/depth"),
          List.of("rows", "cols", "channels"));
  private static final String REMEDY =
      "write a feature image, with an encoded image or numbers of the network's shape, and a"
          + " feature label";

  Sources read() {
    Reading reading = new Reading();
    try {
      for (Path file : files) {
        new TfRecords(file)
            .each((place, data) -> reading.add(file, place, example(file, place, data)));
      }
      return reading.sources();
    } catch (RuntimeException e) {
      reading.close();
      throw e;
    }
  }

  private static Map<String, Feature> example(Path file, String place, byte[] data) {
    try {
      return Example.parseFrom(data).getFeatures().getFeatureMap();
    } catch (InvalidProtocolBufferException e) {
      throw new DatasetException(file, place, "is no tf.train.Example", REMEDY, e);
    }
  }

  /** The samples and targets so far. */
  private final class Reading {
    private String sample = "";
    private Optional<String> target = Optional.empty();
    private ImageSpool images;
    private NumberSpool numbers;
    private NumberSpool targets;
    private final List<String> names = new ArrayList<>();

    void add(Path file, String place, Map<String, Feature> features) throws IOException {
      if (sample.isEmpty()) {
        sample = sampleIn(file, place, features);
        target = first(TARGETS, features);
      }
      String where = place + ", feature " + sample;
      Feature feature = require(file, place, features, sample);
      if (feature.hasBytesList() && isImage(bytes(file, where, feature))) {
        if (images == null) {
          images = new ImageSpool(set, grey, input.map(Datasets.Value::shape));
        }
        images.add(file.getFileName() + ": " + where, bytes(file, where, feature).newInput());
      } else {
        addNumbers(file, where, feature, features);
      }
      if (images != null && numbers != null) {
        throw new DatasetException(file, where, "is an image here and numbers elsewhere", REMEDY);
      }
      if (target.isPresent()) {
        addTarget(file, place, require(file, place, features, target.get()));
      }
    }

    private String sampleIn(Path file, String place, Map<String, Feature> features) {
      List<String> wanted = new ArrayList<>(SAMPLES);
      input.ifPresent(i -> wanted.add(0, i.name()));
      List<String> encoded =
          features.entrySet().stream()
              .filter(f -> f.getValue().getBytesList().getValueCount() == 1)
              .filter(f -> isImage(f.getValue().getBytesList().getValue(0)))
              .map(Map.Entry::getKey)
              .toList();
      return first(wanted, features)
          .or(() -> encoded.size() == 1 ? Optional.of(encoded.get(0)) : Optional.empty())
          .orElseThrow(
              () ->
                  new DatasetException(
                      file,
                      place,
                      "has no feature that is known to be the sample among "
                          + new TreeSet<>(features.keySet()),
                      REMEDY));
    }

    private Feature require(Path file, String place, Map<String, Feature> features, String name) {
      Feature feature = features.get(name);
      if (feature == null || feature.getKindCase() == Feature.KindCase.KIND_NOT_SET) {
        throw new DatasetException(
            file, place, "lacks the feature " + name + " of the records before", REMEDY);
      }
      return feature;
    }

    private ByteString bytes(Path file, String place, Feature feature) {
      if (feature.getBytesList().getValueCount() != 1) {
        throw new DatasetException(
            file,
            place,
            "holds " + feature.getBytesList().getValueCount() + " byte strings, not one",
            REMEDY);
      }
      return feature.getBytesList().getValue(0);
    }

    private void addNumbers(
        Path file, String place, Feature feature, Map<String, Feature> features) {
      double[] values =
          feature.hasBytesList()
              ? raw(file, place, bytes(file, place, feature), features)
              : list(feature);
      if (numbers == null) {
        List<Integer> dims = dims(values.length, features).orElse(List.of(values.length));
        numbers = new NumberSpool(set, dims);
      }
      numbers.add(file, place, values);
    }

    /** The shape that features of the sizes give, else the network's, if it has as many numbers. */
    private Optional<List<Integer>> dims(int count, Map<String, Feature> features) {
      for (List<String> size : SIZES) {
        if (features.keySet().containsAll(size)) {
          List<Integer> dims = size.stream().map(n -> (int) list(features.get(n))[0]).toList();
          if (dims.stream().mapToLong(Integer::intValue).reduce(1, (a, b) -> a * b) == count) {
            return Optional.of(dims);
          }
        }
      }
      return input
          .map(Datasets.Value::shape)
          .filter(shape -> shape.size() == count)
          .map(shape -> shape.dims().subList(1, shape.rank()));
    }

    private double[] raw(Path file, String place, ByteString bytes, Map<String, Feature> features) {
      ByteBuffer in = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      int size = bytes.size();
      if (dims(size, features).isPresent()) {
        return IntStream.range(0, size).mapToDouble(i -> in.get(i) & 0xff).toArray();
      }
      if (size % Float.BYTES == 0 && dims(size / Float.BYTES, features).isPresent()) {
        return IntStream.range(0, size / Float.BYTES)
            .mapToDouble(i -> in.getFloat(i * Float.BYTES))
            .toArray();
      }
      String shape = input.map(i -> i.shape().toString()).orElse("any shape that is given");
      throw new DatasetException(
          file,
          place,
          "holds " + size + " bytes, which are no image, and neither uint8 nor float32 of " + shape,
          REMEDY);
    }

    private void addTarget(Path file, String place, Feature feature) {
      String where = place + ", feature " + target.orElseThrow();
      if (feature.hasBytesList()) {
        names.add(bytes(file, where, feature).toStringUtf8());
        return;
      }
      double[] values = list(feature);
      if (targets == null) {
        targets = new NumberSpool(set, values.length == 1 ? List.of() : List.of(values.length));
      }
      targets.add(file, where, values);
    }

    Sources sources() {
      if (images == null && numbers == null) {
        throw new DatasetException(set, "", "holds no records", REMEDY);
      }
      Records samples = images == null ? numbers.records() : images.records();
      List<Integer> dims = images == null ? numbers.dims() : images.dims();
      int[] order = IntStream.range(0, samples.count()).toArray();
      Map<String, Integer> classes = new TreeMap<>();
      names.forEach(n -> classes.put(n, 0));
      int next = 0;
      for (Map.Entry<String, Integer> named : classes.entrySet()) {
        named.setValue(next++);
      }
      Optional<int[]> labels =
          names.isEmpty()
              ? Optional.empty()
              : Optional.of(names.stream().mapToInt(classes::get).toArray());
      Source source =
          new Source(set, sample, samples, dims, order, labels, List.copyOf(classes.keySet()));
      Sources all =
          targets == null
              ? Sources.of(source)
              : new Sources(
                  List.of(source),
                  List.of(
                      TargetArray.of(
                          set, target.orElseThrow(), targets.dims(), targets.records())));
      all.checkCounts();
      return all;
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

  private static Optional<String> first(List<String> names, Map<String, Feature> features) {
    return names.stream().filter(features::containsKey).findFirst();
  }

  private static double[] list(Feature feature) {
    return feature.hasFloatList()
        ? feature.getFloatList().getValueList().stream().mapToDouble(Float::doubleValue).toArray()
        : feature.getInt64List().getValueList().stream().mapToDouble(Long::doubleValue).toArray();
  }

  private static boolean isImage(ByteString bytes) {
    return bytes.startsWith(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff}))
        || bytes.startsWith(ByteString.copyFrom(new byte[] {(byte) 0x89, 'P', 'N', 'G'}))
        || bytes.startsWith(ByteString.copyFromUtf8("GIF8"))
        || bytes.startsWith(ByteString.copyFromUtf8("BM"));
  }

  /** Rows of numbers of one length. */
  private static final class NumberSpool implements AutoCloseable {
    private final Path set;
    private final List<Integer> dims;
    private final int elements;
    private final FileChannel spool = Spool.create();
    private int count;

    NumberSpool(Path set, List<Integer> dims) {
      this.set = set;
      this.dims = dims;
      this.elements = dims.stream().reduce(1, Math::multiplyExact);
    }

    void add(Path file, String place, double[] values) {
      if (values.length != elements) {
        throw new DatasetException(
            file,
            place,
            "holds " + values.length + " numbers, but the records before hold " + elements,
            "all samples are of one shape");
      }
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asDoubleBuffer().put(values);
      Spool.write(spool, bytes);
      count++;
    }

    List<Integer> dims() {
      return dims;
    }

    Records records() {
      return new Records(
          set, spool, 0, ElementType.FLOAT64, ByteOrder.LITTLE_ENDIAN, count, elements);
    }

    @Override
    public void close() {
      try {
        spool.close();
      } catch (IOException e) {
        throw new SpoolException(e);
      }
    }
  }
}
