package dev.secateur.dataset;

import dev.secateur.dataset.ImageTree.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * A table with a row an image: which image, and what it shows.
 *
 * <p>The column of images is the first whose value in the first row is an image of the set. A
 * column called {@code split} and the like says to which part a row belongs; one called {@code
 * label}, {@code class} and the like holds the target, else all others do.
 *
 * @param columns names of the columns of targets; empty names in a table without a head
 */
record LabelTable(List<String> columns, List<Row> rows) {
  private static final Set<String> LABELS =
      Set.of(
          "label",
          "labels",
          "labelid",
          "class",
          "classes",
          "classname",
          "classid",
          "target",
          "category",
          "y");
  private static final Set<String> SPLITS =
      Set.of("split", "set", "subset", "partition", "part", "usage", "dataset");
  private static final int MAX_BYTES = 256 << 20;
  private static final String REMEDY = "write a head and rows such as image,label and 1.png,cat";

  /**
   * @param place of the row, for messages
   * @param image path in the set
   * @param values of the targets' columns
   */
  record Row(String place, String image, List<String> values, Optional<Split> split) {}

  static boolean isTable(String path) {
    return path.toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  /**
   * @param file the set, and {@code path} of the table in it
   * @param images from a value to the image that it names
   */
  static LabelTable read(
      Path file, FileTree tree, String path, Function<String, Optional<String>> images) {
    List<CSVRecord> records = records(file, tree, path);
    if (records.isEmpty()) {
      throw new DatasetException(file, path, "is empty", REMEDY);
    }
    int width = records.get(0).size();
    boolean headless = imageColumn(records.get(0), images).isPresent();
    List<String> head = headless ? Collections.nCopies(width, "") : records.get(0).toList();
    List<CSVRecord> body = headless ? records : records.subList(1, records.size());
    int image =
        body.stream()
            .findFirst()
            .flatMap(r -> imageColumn(r, images))
            .orElseThrow(
                () -> new DatasetException(file, path, "names no image in its first row", REMEDY));
    Optional<Integer> split = splitColumn(head, body);
    List<Integer> targets = targetColumns(head, image, split);
    List<Row> rows = new ArrayList<>();
    for (CSVRecord record : body) {
      String place = path + ", row " + record.getRecordNumber();
      if (record.size() != width) {
        throw new DatasetException(
            file, place, "has " + record.size() + " values, not " + width, REMEDY);
      }
      String found =
          images
              .apply(record.get(image))
              .orElseThrow(() -> missing(file, place, record.get(image)));
      List<String> values = targets.stream().map(c -> record.get(c).strip()).toList();
      rows.add(new Row(place, found, values, split.flatMap(c -> Split.of(record.get(c)))));
    }
    return new LabelTable(targets.stream().map(head::get).toList(), rows);
  }

  private static DatasetException missing(Path file, String place, String image) {
    return new DatasetException(
        file,
        place,
        "names the image " + image + ", of which there is none, or more than one",
        "write its path from the table's folder");
  }

  private static List<CSVRecord> records(Path file, FileTree tree, String path) {
    List<CSVRecord> records = new ArrayList<>();
    try {
      tree.read(
          Set.of(path),
          (place, in) -> {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
              throw new DatasetException(
                  file, path, "passes " + MAX_BYTES + " bytes", "split the set");
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            CSVFormat format =
                CSVFormat.DEFAULT
                    .builder()
                    .setDelimiter(separator(text))
                    .setIgnoreEmptyLines(true)
                    .setIgnoreSurroundingSpaces(true)
                    .get();
            boolean marked = text.startsWith("\ufeff");
            try (CSVParser parser = CSVParser.parse(marked ? text.substring(1) : text, format)) {
              records.addAll(parser.getRecords());
            }
          });
    } catch (IOException | UncheckedIOException e) {
      throw new DatasetException(file, path, "is no table: " + e.getMessage(), REMEDY, e);
    }
    return records;
  }

  /** The one of comma, semicolon and tabulator that the first line has most of. */
  private static char separator(String text) {
    String line = text.lines().findFirst().orElse("");
    char best = ',';
    for (char each : new char[] {';', '\t'}) {
      long count = line.chars().filter(c -> c == each).count();
      char known = best;
      if (count > line.chars().filter(c -> c == known).count()) {
        best = each;
      }
    }
    return best;
  }

  private static Optional<Integer> imageColumn(
      CSVRecord record, Function<String, Optional<String>> images) {
    return IntStream.range(0, record.size())
        .filter(c -> images.apply(record.get(c)).isPresent())
        .boxed()
        .findFirst();
  }

  private static Optional<Integer> splitColumn(List<String> head, List<CSVRecord> body) {
    return IntStream.range(0, head.size())
        .filter(c -> SPLITS.contains(letters(head.get(c))))
        .filter(c -> body.stream().allMatch(r -> c < r.size() && Split.of(r.get(c)).isPresent()))
        .boxed()
        .findFirst();
  }

  private static List<Integer> targetColumns(
      List<String> head, int image, Optional<Integer> split) {
    List<Integer> others =
        IntStream.range(0, head.size())
            .filter(c -> c != image && !split.equals(Optional.of(c)))
            .boxed()
            .toList();
    return others.stream()
        .filter(c -> LABELS.contains(letters(head.get(c))))
        .findFirst()
        .map(List::of)
        .orElse(others);
  }

  private static String letters(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
  }
}
