package dev.secateur.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Parquet files, above all as Hugging Face's {@code datasets} writes sets of images: a column
 * {@code image} of {@code bytes} and {@code path}, a column of class numbers, and in the metadata
 * under {@code huggingface} what the columns mean and how the classes are called. Columns of
 * numbers, of lists of them and of text are read as well.
 *
 * <p>A row group is read at a time: its columns lie in the spool while it is, and of these a page
 * at a time is inflated.
 *
 * @see <a href="https://parquet.apache.org/docs/file-format/">Parquet's format</a>
 */
record ParquetRows(Path path) implements RowFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String REMEDY = "write or fetch the file again";
  private static final String MEANINGS = "huggingface";

  /** What begins and ends a file. */
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  static boolean begin(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException e) {
      return false;
    }
  }

  private interface Use<T> {
    T of(ParquetFileReader reader) throws IOException;
  }

  private <T> T open(Allowance allowance, Use<T> use) {
    ParquetReadOptions options =
        new ParquetReadOptions.Builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .withAllocator(new SpooledBuffers(allowance))
            .withUseHadoopVectoredIo(false)
            .usePageChecksumVerification()
            .build();
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(path), options)) {
      checkSizes(reader);
      return use.of(reader);
    } catch (DatasetException | SpoolException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library meets damaged files with whatever exception its arithmetic throws.
      throw new DatasetException(path, "", "is damaged or truncated: " + e, REMEDY, e);
    }
  }

  /** What a file says of its sizes is not believed before memory is taken. */
  private void checkSizes(ParquetFileReader reader) throws IOException {
    long size = Files.size(path);
    for (BlockMetaData group : reader.getRowGroups()) {
      for (ColumnChunkMetaData chunk : group.getColumns()) {
        long from = chunk.getStartingPos();
        long length = chunk.getTotalSize();
        if (from < 0 || length < 0 || from > size - length) {
          throw new IOException("the column " + chunk.getPath() + " lies outside of the file");
        }
      }
    }
  }

  @Override
  public Declared declared() {
    return open(
        Allowance.ofProcess(),
        reader ->
            meanings(reader.getFileMetaData().getKeyValueMetaData().getOrDefault(MEANINGS, "")));
  }

  private Declared meanings(String json) throws IOException {
    List<String> images = new ArrayList<>();
    Map<String, List<String>> classes = new TreeMap<>();
    try {
      JsonNode features = MAPPER.readTree(json).at("/info/features");
      features
          .properties()
          .forEach(
              feature -> {
                JsonNode meaning = feature.getValue();
                if (meaning.path("_type").asText().equals("Image")) {
                  images.add(feature.getKey());
                }
                if (meaning.path("_type").asText().equals("ClassLabel")
                    && !meaning.path("names").isEmpty()) {
                  classes.put(feature.getKey(), names(meaning.path("names")));
                }
              });
      return new Declared(images, classes);
    } catch (JsonProcessingException e) {
      throw new DatasetException(
          path, "metadata " + MEANINGS, "is no JSON: " + e.getOriginalMessage(), REMEDY, e);
    }
  }

  private static List<String> names(JsonNode names) {
    return StreamSupport.stream(names.spliterator(), false).map(JsonNode::asText).toList();
  }

  @Override
  public void each(Allowance allowance, Reader rows) {
    open(
        allowance,
        reader -> {
          MessageType schema = reader.getFileMetaData().getSchema();
          List<Column> columns = columns(schema);
          reader.setRequestedSchema(columns.stream().map(Column::descriptor).toList());
          long first = 0;
          List<BlockMetaData> groups = reader.getRowGroups();
          for (BlockMetaData group : groups) {
            try (PageReadStore pages = reader.readNextRowGroup()) {
              group(rows, schema, columns, group, pages, first);
            }
            first += group.getRowCount();
          }
          return first;
        });
  }

  private void group(
      Reader rows,
      MessageType schema,
      List<Column> columns,
      BlockMetaData group,
      PageReadStore pages,
      long first)
      throws IOException {
    ColumnReadStoreImpl store =
        new ColumnReadStoreImpl(pages, new Ignoring(schema), schema, createdBy());
    Map<Column, ColumnReader> readers = new LinkedHashMap<>();
    columns.forEach(c -> readers.put(c, store.getColumnReader(c.descriptor())));
    for (long row = 0; row < group.getRowCount(); row++) {
      String place =
          "row %d, of the row group at byte %d".formatted(first + row, group.getStartingPos());
      Map<String, Field> fields = fields(place, readers);
      rows.read(place, () -> fields);
    }
  }

  /** Behind a page that cannot be read, nothing of its row group can be found. */
  private Map<String, Field> fields(String place, Map<Column, ColumnReader> readers) {
    try {
      Map<String, Field> fields = new HashMap<>();
      readers.forEach((column, reader) -> fields.put(column.name(), column.next(reader)));
      return fields;
    } catch (RuntimeException e) {
      throw new DatasetException(path, place, "cannot be read: " + e, REMEDY, e);
    }
  }

  /** Of files that wrote statistics wrongly; none of these is used. */
  private static String createdBy() {
    return "";
  }

  /** The columns that hold numbers, text or bytes: one by itself, in a struct, or as a list. */
  private List<Column> columns(MessageType schema) {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (ColumnDescriptor leaf : schema.getColumns()) {
      String[] path = leaf.getPath();
      PrimitiveTypeName type = leaf.getPrimitiveType().getPrimitiveTypeName();
      boolean known =
          type != PrimitiveTypeName.INT96 && type != PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
      boolean list = leaf.getMaxRepetitionLevel() == 1 && type != PrimitiveTypeName.BINARY;
      if (known && (leaf.getMaxRepetitionLevel() == 0 || list)) {
        boolean image = path.length == 2 && path[1].equals("bytes");
        String name = image || list ? path[0] : String.join(".", path);
        columns.putIfAbsent(name, new Column(name, leaf, list));
      }
    }
    if (columns.isEmpty()) {
      throw new DatasetException(path, "", "holds no columns that are read", RowSet.REMEDY);
    }
    return List.copyOf(columns.values());
  }

  /**
   * @param name of the field
   * @param list a row holds several values
   */
  private record Column(String name, ColumnDescriptor descriptor, boolean list) {
    /** The next row's value. */
    Field next(ColumnReader reader) {
      if (!list) {
        Field value = isThere(reader) ? value(reader) : new Field.Nothing();
        reader.consume();
        return value;
      }
      double[] values = new double[4];
      int count = 0;
      do {
        if (isThere(reader)) {
          values = count == values.length ? Arrays.copyOf(values, 2 * count) : values;
          values[count++] = number(reader);
        }
        reader.consume();
      } while (reader.getCurrentRepetitionLevel() > 0);
      return count == 0 ? new Field.Nothing() : new Field.Numbers(Arrays.copyOf(values, count));
    }

    private boolean isThere(ColumnReader reader) {
      return reader.getCurrentDefinitionLevel() == descriptor.getMaxDefinitionLevel();
    }

    private PrimitiveTypeName type() {
      return descriptor.getPrimitiveType().getPrimitiveTypeName();
    }

    private Field value(ColumnReader reader) {
      return type() == PrimitiveTypeName.BINARY
          ? Field.Bytes.of(bytes(reader.getBinary()))
          : new Field.Numbers(number(reader));
    }

    /** The length is the file's word: the library compares it with nothing. */
    private static ByteString bytes(Binary value) {
      if (value.length() < 0 || value.length() > ImageSpool.MAX_FILE_BYTES) {
        throw new IllegalArgumentException("a value says that it has " + value.length() + " bytes");
      }
      return ByteString.copyFrom(value.getBytesUnsafe());
    }

    private double number(ColumnReader reader) {
      return switch (type()) {
        case BOOLEAN -> reader.getBoolean() ? 1 : 0;
        case INT32 -> reader.getInteger();
        case INT64 -> reader.getLong();
        case FLOAT -> reader.getFloat();
        case DOUBLE -> reader.getDouble();
        default -> throw new IllegalStateException(type() + " is no number");
      };
    }
  }

  /** What the library would hand values to, had it not been asked for them. */
  private static final class Ignoring extends GroupConverter {
    private final org.apache.parquet.schema.GroupType type;

    Ignoring(org.apache.parquet.schema.GroupType type) {
      this.type = type;
    }

    @Override
    public Converter getConverter(int field) {
      return type.getType(field).isPrimitive()
          ? new PrimitiveConverter() {}
          : new Ignoring(type.getType(field).asGroupType());
    }

    @Override
    public void start() {}

    @Override
    public void end() {}
  }
}
