package dev.secateur.dataset;

import dev.secateur.dataset.ImageTree.Split;
import dev.secateur.dataset.LabelTable.Row;
import dev.secateur.graph.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Images whose classes or other targets a {@link LabelTable} beside them tells: one table, with a
 * column for the parts of the set or none, or one for each part, such as {@code train.csv}. Names
 * of classes are numbered over all of them. Samples are shuffled with a fixed seed, as a folder's
 * are.
 *
 * @param tables path of each part's; a lone one stands for training
 */
record TabledImages(Path file, FileTree tree, Map<Split, String> tables) {
  private static final long SHUFFLE_SEED = 1;

  /** Those of a set whose folders tell no classes. */
  static Optional<TabledImages> in(Path file, FileTree tree) {
    Map<String, String> files = tree.files();
    List<String> tables = files.keySet().stream().filter(LabelTable::isTable).toList();
    List<String> images = ImageFolders.images(files);
    if (tables.isEmpty()
        || images.isEmpty()
        || images.stream().map(TabledImages::classFolder).distinct().count() > 1) {
      return Optional.empty();
    }
    Map<Split, String> parts = new TreeMap<>();
    for (String table : tables) {
      String name = table.substring(table.lastIndexOf('/') + 1);
      Optional<Split> split =
          Stream.of(name.split("[^A-Za-z]+")).flatMap(w -> Split.of(w).stream()).findFirst();
      if (tables.size() == 1) {
        parts.put(Split.TRAIN, table);
      } else if (split.isEmpty() || parts.put(split.get(), table) != null) {
        throw new DatasetException(
            file,
            "",
            "holds several tables, " + tables + ", not one for each part of the set",
            "leave one, or call them train.csv and test.csv");
      }
    }
    return Optional.of(new TabledImages(file, tree, parts));
  }

  /** The folder of an image, without what names a part of the set. */
  private static String classFolder(String image) {
    List<String> names = List.of(image.split("/"));
    return String.join(
        "/", names.stream().limit(names.size() - 1L).filter(n -> Split.of(n).isEmpty()).toList());
  }

  boolean hasEvaluation() {
    Map<Split, List<Row>> parts = parts(tables(tree.files()));
    return parts.containsKey(Split.TRAIN) && parts.size() > 1;
  }

  private Map<Split, LabelTable> tables(Map<String, String> files) {
    List<String> images = ImageFolders.images(files);
    Map<String, String> byName = new HashMap<>();
    Set<String> twice = new TreeSet<>();
    for (String image : images) {
      String name = image.substring(image.lastIndexOf('/') + 1);
      for (String key : Set.of(name, withoutEnding(name))) {
        if (byName.putIfAbsent(key, image) != null) {
          twice.add(key);
        }
      }
    }
    byName.keySet().removeAll(twice);
    Set<String> paths = Set.copyOf(images);
    Map<Split, LabelTable> read = new TreeMap<>();
    tables.forEach(
        (split, table) -> {
          String folder = table.substring(0, table.lastIndexOf('/') + 1);
          read.put(
              split,
              LabelTable.read(
                  file,
                  tree,
                  files.get(table),
                  value -> {
                    String path = ArchiveLinks.plain(folder + value);
                    String name = value.substring(value.lastIndexOf('/') + 1);
                    return paths.contains(path)
                        ? Optional.of(path)
                        : Optional.ofNullable(byName.get(name));
                  }));
        });
    return read;
  }

  private static String withoutEnding(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  /** The rows of each part. */
  private static Map<Split, List<Row>> parts(Map<Split, LabelTable> tables) {
    Map<Split, List<Row>> parts = new TreeMap<>();
    tables.forEach(
        (split, table) ->
            table
                .rows()
                .forEach(
                    row ->
                        parts
                            .computeIfAbsent(row.split().orElse(split), s -> new ArrayList<>())
                            .add(row)));
    return parts;
  }

  Sources read(Datasets.Part part, boolean grey, Optional<Shape> input, Reading reading) {
    Map<String, String> files = tree.files();
    Map<Split, LabelTable> tables = tables(files);
    Map<Split, List<Row>> parts = parts(tables);
    List<Row> rows =
        parts.size() == 1
            ? parts.values().iterator().next()
            : parts.get(ImageTree.wanted(file, parts.keySet(), part));
    Collections.shuffle(rows, new Random(SHUFFLE_SEED));
    ImageSpool spool = new ImageSpool(file, grey, input, reading);
    try {
      Map<String, Integer> records = new HashMap<>();
      Set<String> wanted = new TreeSet<>();
      rows.forEach(r -> wanted.add(files.get(r.image())));
      tree.read(wanted, (place, in) -> records.put(place, spool.add(place, in)));
      rows.removeIf(r -> !spool.holds(records.get(files.get(r.image()))));
      int[] order = rows.stream().mapToInt(r -> records.get(files.get(r.image()))).toArray();
      return sources(rows, tables, spool, order);
    } catch (IOException e) {
      spool.close();
      throw new DatasetException(file, "", "cannot be read", "check its permissions", e);
    } catch (RuntimeException e) {
      spool.close();
      throw e;
    }
  }

  private Sources sources(
      List<Row> rows, Map<Split, LabelTable> tables, ImageSpool spool, int[] order) {
    List<Row> all = tables.values().stream().flatMap(t -> t.rows().stream()).toList();
    int width = all.get(0).values().size();
    boolean names = width == 1 && all.stream().anyMatch(r -> number(r.values().get(0)).isEmpty());
    Optional<int[]> labels = Optional.empty();
    List<String> classes = List.of();
    if (names) {
      List<String> sorted = all.stream().map(r -> r.values().get(0)).distinct().sorted().toList();
      classes = sorted;
      labels =
          Optional.of(
              rows.stream()
                  .mapToInt(r -> Collections.binarySearch(sorted, r.values().get(0)))
                  .toArray());
    }
    Source source = new Source(file, "", spool.records(), spool.dims(), order, labels, classes);
    return names || width == 0
        ? Sources.of(source)
        : new Sources(List.of(source), List.of(numbers(rows, width)));
  }

  private TargetArray numbers(List<Row> rows, int width) {
    double[][] numbers = new double[rows.size()][width];
    for (int i = 0; i < numbers.length; i++) {
      Row row = rows.get(i);
      for (int c = 0; c < width; c++) {
        String value = row.values().get(c);
        numbers[i][c] =
            number(value)
                .orElseThrow(
                    () ->
                        new DatasetException(
                            file,
                            row.place(),
                            "holds " + value + " where numbers are expected",
                            "call the column that is the target label"));
      }
    }
    List<Integer> dims = width == 1 ? List.of() : List.of(width);
    return new TargetArray(file, "", dims, numbers.length, i -> numbers[i]);
  }

  private static Optional<Double> number(String value) {
    try {
      return Optional.of(Double.parseDouble(value));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
