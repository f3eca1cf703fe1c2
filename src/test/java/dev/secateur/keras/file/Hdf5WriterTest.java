package dev.secateur.keras.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bytedeco.hdf5.global.hdf5.*;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.hdf5.H5G_info_t;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class Hdf5WriterTest {
  @TempDir Path directory;

  static IntStream seeds() {
    return IntStream.range(0, 25);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void anyTreeIsReadAsItWasWritten(int seed) throws IOException {
    Tree tree = Tree.random(seed);
    Path file = tree.write(directory.resolve("tree.h5"));
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      assertThat(read(hdf5)).isEqualTo(tree);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void anyTreeIsReadByTheCLibraryAsItWasWritten(int seed) throws IOException {
    Tree tree = Tree.random(seed);
    assertThat(readByTheCLibrary(tree.write(directory.resolve("tree.h5")), tree)).isEqualTo(tree);
  }

  /** One level of nodes holds 8 names, two 256, three 8192. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 9, 256, 257, 8192, 8193})
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void aGroupMayHaveAnyNumberOfChildren(int children) throws IOException {
    Tree tree = new Tree();
    tree.groups.add("");
    IntStream.range(0, children).forEach(i -> tree.groups.add("layer_" + i));
    Path file = tree.write(directory.resolve("many.h5"));
    assertThat(readByTheCLibrary(file, tree)).isEqualTo(tree);
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      assertThat(hdf5.root().children()).hasSize(children);
    }
  }

  /** Each takes 16 bytes of the 64 KB of a message; Keras splits such a list too. */
  @Test
  void aListTooLongForAnAttributeIsSplit() throws IOException {
    List<String> names = IntStream.range(0, 7_001).mapToObj(i -> "layer_" + i).toList();
    Path file = directory.resolve("names.h5");
    try (Hdf5Writer writer = new Hdf5Writer(file)) {
      writer.attribute("/", "layer_names", names);
    }
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      assertThat(hdf5.root().texts("layer_names0").orElseThrow()).hasSize(3000);
      assertThat(hdf5.root().texts("layer_names")).contains(names);
    }
  }

  /** An interrupted thread's channel is closed under it, as a full disk ends a file half-way. */
  @Test
  void whatCouldNotBeWrittenIsNotEndedAsIfItHadBeen() {
    Path file = directory.resolve("broken.h5");
    assertThatThrownBy(
            () -> {
              try (Hdf5Writer writer = new Hdf5Writer(file)) {
                writer.dataset("/a", Shape.of(1), new float[1]);
                Thread.currentThread().interrupt();
                writer.dataset("/b", Shape.of(1), new float[1]);
              } finally {
                Thread.interrupted();
              }
            })
        .isInstanceOf(IOException.class)
        .hasNoSuppressedExceptions();
    assertThatThrownBy(() -> Hdf5.open(file, Files.size(file)).close()).isNotNull();
  }

  @Test
  void whatStandsThereIsNotWrittenOver() throws IOException {
    try (Hdf5Writer writer = new Hdf5Writer(directory.resolve("twice.h5"))) {
      writer.dataset("/dense/kernel", Shape.of(1), new float[1]);
      writer.attribute("/dense", "name", "dense");
      assertThatThrownBy(() -> writer.dataset("/dense/kernel", Shape.of(1), new float[1]))
          .hasMessage("/dense/kernel: is there already");
      assertThatThrownBy(() -> writer.dataset("/dense", Shape.of(1), new float[1]))
          .hasMessage("/dense: is there already");
      assertThatThrownBy(() -> writer.group("/dense/kernel/more"))
          .hasMessage("/dense/kernel/more: kernel is no group");
      assertThatThrownBy(() -> writer.attribute("/dense", "name", "dense"))
          .hasMessage("/dense@name: is there already");
      assertThatThrownBy(() -> writer.group("/de\0nse")).hasMessageContaining("NUL");
    }
  }

  @Test
  void equalContentGivesEqualBytesAlsoWhereJobsWriteAtTheSameTime() throws Exception {
    byte[] alone = Files.readAllBytes(Tree.random(1).write(directory.resolve("alone")));
    List<Path> files =
        IntStream.range(0, 16).mapToObj(i -> directory.resolve("file-" + i)).toList();
    List<byte[]> contents =
        files.parallelStream()
            .map(
                file -> {
                  try {
                    return Files.readAllBytes(Tree.random(1).write(file));
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                })
            .toList();
    assertThat(contents).allSatisfy(c -> assertThat(c).isEqualTo(alone));
  }

  /** What a file holds, by paths without the first slash. */
  private static final class Tree {
    private final Set<String> groups = new HashSet<>();
    private final Map<String, Shape> shapes = new TreeMap<>();
    private final Map<String, List<Float>> values = new TreeMap<>();
    private final Map<String, Object> attributes = new TreeMap<>();

    static Tree random(int seed) {
      Random random = new Random(seed);
      Tree tree = new Tree();
      tree.grow("", 0, random);
      return tree;
    }

    private void grow(String group, int depth, Random random) {
      groups.add(group);
      if (random.nextBoolean()) {
        attributes.put(group + "@text", text(random));
      }
      if (random.nextBoolean()) {
        int count = random.nextInt(4) == 0 ? random.nextInt(400) : random.nextInt(4);
        attributes.put(
            group + "@texts", IntStream.range(0, count).mapToObj(i -> text(random)).toList());
      }
      int children = random.nextInt(8) == 0 ? random.nextInt(100) : random.nextInt(6);
      for (int i = 0; i < children && groups.size() + shapes.size() < 300; i++) {
        String child = (group.isEmpty() ? "" : group + "/") + name(random) + i;
        if (depth < 4 && random.nextInt(3) == 0) {
          grow(child, depth + 1, random);
        } else {
          numbers(child, random);
        }
      }
    }

    private void numbers(String path, Random random) {
      int[] dims =
          IntStream.range(0, random.nextInt(5))
              .map(i -> random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(5))
              .toArray();
      // Now and then more than is written at once.
      Shape shape = random.nextInt(60) == 0 ? Shape.of(65_537 + random.nextInt(9)) : Shape.of(dims);
      shapes.put(path, shape);
      values.put(
          path,
          IntStream.range(0, Math.toIntExact(shape.size()))
              .mapToObj(i -> Float.intBitsToFloat(random.nextInt()))
              .toList());
    }

    private static String name(Random random) {
      List<String> names = List.of("dense", "größe", "入力", "𝛼", "kernel:", "a b", "z".repeat(300));
      return names.get(random.nextInt(names.size()));
    }

    private static String text(Random random) {
      return switch (random.nextInt(8)) {
        case 0 -> "";
        case 1 -> "größe 入力 𝛼";
        case 2 -> "x".repeat(random.nextInt(70_000));
        default -> "text".repeat(random.nextInt(9));
      };
    }

    Path write(Path file) throws IOException {
      try (Hdf5Writer writer = new Hdf5Writer(file)) {
        for (String group : groups) {
          writer.group("/" + group);
        }
        for (Map.Entry<String, Shape> dataset : shapes.entrySet()) {
          writer.dataset(
              "/" + dataset.getKey(), dataset.getValue(), floats(values.get(dataset.getKey())));
        }
        attributes.forEach(
            (at, value) -> {
              String path = "/" + at.substring(0, at.lastIndexOf('@'));
              String name = at.substring(at.lastIndexOf('@') + 1);
              if (value instanceof String text) {
                writer.attribute(path, name, text);
              } else {
                writer.attribute(path, name, strings(value));
              }
            });
      }
      return file;
    }

    private static List<String> strings(Object list) {
      return ((List<?>) list).stream().map(String.class::cast).toList();
    }

    private static float[] floats(List<Float> values) {
      float[] floats = new float[values.size()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = values.get(i);
      }
      return floats;
    }

    private void put(String path, Shape shape, float[] floats) {
      shapes.put(path, shape);
      List<Float> list = new ArrayList<>();
      for (float value : floats) {
        list.add(value);
      }
      values.put(path, list);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Tree tree
          && groups.equals(tree.groups)
          && shapes.equals(tree.shapes)
          && values.equals(tree.values)
          && attributes.equals(tree.attributes);
    }

    @Override
    public int hashCode() {
      return groups.hashCode();
    }

    @Override
    public String toString() {
      return groups + " " + shapes + " " + attributes.keySet();
    }
  }

  private static Tree read(Hdf5 hdf5) {
    Tree tree = new Tree();
    collect(hdf5.root(), tree);
    return tree;
  }

  private static void collect(GroupAt group, Tree tree) {
    tree.groups.add(group.path());
    for (String attribute : List.of("text", "texts")) {
      boolean list = attribute.equals("texts");
      (list ? group.texts(attribute).map(Object.class::cast) : group.text(attribute))
          .ifPresent(value -> tree.attributes.put(group.path() + "@" + attribute, value));
    }
    for (String child : group.children()) {
      group.group(child).ifPresent(below -> collect(below, tree));
      group.dataset(child).ifPresent(numbers -> read(numbers, tree));
    }
  }

  private static void read(DatasetAt numbers, Tree tree) {
    float[] values = new float[Math.toIntExact(numbers.elements())];
    numbers.readInto(values);
    tree.put(numbers.path(), numbers.shape(), values);
  }

  /** What the C library finds at the places of a tree, and that it finds nothing else. */
  private static Tree readByTheCLibrary(Path path, Tree expected) {
    Tree tree = new Tree();
    H5open();
    H5Eset_auto2(0, null, null);
    long file = checked(H5Fopen(path.toString(), H5F_ACC_RDONLY, 0));
    long children = 0;
    for (String group : expected.groups) {
      long id = checked(H5Gopen2(file, "/" + group, 0));
      H5G_info_t info = new H5G_info_t();
      checked(H5Gget_info(id, info));
      children += info.nlinks();
      H5Gclose(id);
      tree.groups.add(group);
    }
    assertThat(children).isEqualTo(expected.groups.size() - 1 + expected.shapes.size());
    for (String numbers : expected.shapes.keySet()) {
      long id = checked(H5Dopen2(file, "/" + numbers, 0));
      long space = checked(H5Dget_space(id));
      long[] dims = new long[H5Sget_simple_extent_ndims(space)];
      checked(H5Sget_simple_extent_dims(space, dims, null));
      int size = Math.toIntExact(H5Sget_simple_extent_npoints(space));
      float[] values = new float[size];
      try (FloatPointer pointer = new FloatPointer(Math.max(size, 1))) {
        checked(H5Dread(id, H5T_NATIVE_FLOAT_g(), 0, 0, 0, pointer));
        pointer.get(values);
      }
      H5Sclose(space);
      H5Dclose(id);
      tree.put(
          numbers,
          Shape.of(java.util.Arrays.stream(dims).mapToInt(d -> (int) d).toArray()),
          values);
    }
    expected.attributes.forEach(
        (at, value) -> {
          String group = "/" + at.substring(0, at.lastIndexOf('@'));
          List<String> texts = texts(file, group, at.substring(at.lastIndexOf('@') + 1));
          tree.attributes.put(at, value instanceof String ? texts.get(0) : texts);
        });
    H5Fclose(file);
    return tree;
  }

  private static List<String> texts(long file, String group, String name) {
    long id = checked(H5Aopen_by_name(file, group, name, 0, 0));
    long type = checked(H5Aget_type(id));
    long space = checked(H5Aget_space(id));
    List<String> texts = new ArrayList<>();
    int size = Math.toIntExact(H5Sget_simple_extent_npoints(space));
    try (PointerPointer<BytePointer> pointers = new PointerPointer<>(Math.max(size, 1))) {
      checked(H5Aread(id, type, pointers));
      for (int i = 0; i < size; i++) {
        BytePointer text = pointers.get(BytePointer.class, i);
        texts.add(text == null || text.isNull() ? "" : text.getString(StandardCharsets.UTF_8));
      }
      checked(H5Treclaim(type, space, 0, pointers));
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(id);
    return texts;
  }

  private static long checked(long result) {
    assertThat(result).isNotNegative();
    return result;
  }
}
