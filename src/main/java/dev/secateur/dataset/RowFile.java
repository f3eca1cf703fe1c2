package dev.secateur.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of rows, each of named fields, that is read from its beginning to its end, with no more of
 * it in memory than a row group.
 */
sealed interface RowFile permits ExampleRows, ParquetRows, TarRows {
  /** Takes one row. */
  interface Reader {
    /**
     * @param place of the row in the file, for messages
     * @param row read where it is asked for
     */
    void read(String place, Fields row) throws IOException;
  }

  /** A row's fields by their names. */
  interface Fields {
    /**
     * @throws DatasetException if this row cannot be read, although those behind it may be
     */
    Map<String, Field> get();
  }

  /**
   * What a file says of its fields.
   *
   * @param images that hold encoded images
   * @param classes the names of a field's class numbers, in their order
   */
  record Declared(List<String> images, Map<String, List<String>> classes) {
    static final Declared NOTHING = new Declared(List.of(), Map.of());

    public Declared {
      images = List.copyOf(images);
      classes = Map.copyOf(classes);
    }
  }

  Path path();

  Declared declared();

  /**
   * @param allowance what may be taken for a row, or for several that stand together
   * @throws DatasetException if the file is damaged so that no row behind can be found
   */
  void each(Allowance allowance, Reader reader);

  /** By what it begins with. */
  static Optional<RowFile> of(Path file) {
    if (ParquetRows.begin(file)) {
      return Optional.of(new ParquetRows(file));
    }
    if (TfRecords.begin(file)) {
      return Optional.of(new ExampleRows(file));
    }
    return TarRows.begin(file) ? Optional.of(new TarRows(file)) : Optional.empty();
  }

  /** The same of a file that is called what it may not be. */
  static Optional<RowFile> called(Path file) {
    String name = file.getFileName().toString();
    Optional<RowFile> is = of(file);
    if (is.isPresent()) {
      return is;
    }
    if (name.contains(".tfrec")) {
      return Optional.of(new ExampleRows(file));
    }
    return name.endsWith(".parquet") ? Optional.of(new ParquetRows(file)) : Optional.empty();
  }
}
