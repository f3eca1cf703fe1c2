package dev.secateur.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Shards as WebDataset writes them: a tar file, plain or in gzip, in which the files of a sample
 * follow each other and differ only in what comes behind the first dot of their names, such as
 * {@code 000017.jpg} and {@code 000017.cls}. That ending is the field's name; an image's is {@code
 * image}, and the fields of a {@code json} file stand beside the others.
 *
 * @see <a href="https://github.com/webdataset/webdataset">WebDataset</a>
 */
record TarRows(Path path) implements RowFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String REMEDY =
      "write samples such as 000017.jpg and 000017.cls, one behind the other";

  /** Files of a tar that are looked at to tell a shard from an archive of images. */
  private static final int LOOKED_AT = 64;

  private static final String IMAGE = "image";

  /**
   * @param key what its files' names share
   * @param name of the field, in lower case
   */
  private record Part(String key, String name) {
    static Part of(String path) {
      int file = path.lastIndexOf('/') + 1;
      int dot = path.indexOf('.', file);
      return dot < 0
          ? new Part(path, "")
          : new Part(path.substring(0, dot), path.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    boolean isImage() {
      return ImageFolders.isEnding(name);
    }
  }

  /** Whether a tar's images come with files of their names: then it is no archive of folders. */
  static boolean begin(Path file) {
    if (!ArchiveTree.Tar.begins(file)) {
      return false;
    }
    try (TarArchiveInputStream tar = ArchiveTree.Tar.open(file)) {
      Part before = new Part("", "");
      for (int i = 0; i < LOOKED_AT; i++) {
        Optional<TarArchiveEntry> entry = next(tar);
        if (entry.isEmpty()) {
          return false;
        }
        Part part = Part.of(entry.get().getName());
        if (part.key().equals(before.key()) && part.isImage() != before.isImage()) {
          return true;
        }
        before = part;
      }
      return false;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /** The next file that somebody meant to be there. */
  private static Optional<TarArchiveEntry> next(TarArchiveInputStream tar) throws IOException {
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      String name = entry.getName();
      boolean hidden = name.substring(name.lastIndexOf('/') + 1).startsWith(".");
      if (entry.isFile() && !entry.isSymbolicLink() && !entry.isLink() && !hidden) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  @Override
  public Declared declared() {
    return Declared.NOTHING;
  }

  @Override
  public void each(Allowance allowance, Reader reader) {
    try (TarArchiveInputStream tar = ArchiveTree.Tar.open(path)) {
      Sample sample = new Sample("", "");
      for (Optional<TarArchiveEntry> entry = next(tar); entry.isPresent(); entry = next(tar)) {
        Part part = Part.of(entry.get().getName());
        if (!part.key().equals(sample.key)) {
          sample.tell(reader);
          sample =
              new Sample(part.key(), "sample " + part.key() + " at byte " + tar.getBytesRead());
        }
        sample.put(part, tar);
      }
      sample.tell(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new DatasetException(
          path, "", "is damaged or truncated: " + e.getMessage(), "write or fetch it again", e);
    }
  }

  /** The files of one sample so far. */
  private final class Sample {
    private final String key;
    private final String place;
    private final Map<String, ByteString> parts = new LinkedHashMap<>();
    private Optional<DatasetException> trouble = Optional.empty();

    Sample(String key, String place) {
      this.key = key;
      this.place = place;
    }

    void put(Part part, InputStream in) throws IOException {
      String name = part.isImage() ? IMAGE : part.name();
      try {
        ByteString bytes = ByteString.copyFrom(ImageSpool.bytes(path, place, in));
        if (parts.put(name, bytes) != null) {
          throw new DatasetException(path, place, "holds two files " + name, REMEDY);
        }
      } catch (DatasetException e) {
        trouble = Optional.of(e);
      }
    }

    void tell(Reader reader) throws IOException {
      if (!parts.isEmpty() || trouble.isPresent()) {
        reader.read(place, this::fields);
      }
    }

    private Map<String, Field> fields() {
      trouble.ifPresent(
          t -> {
            throw t;
          });
      Map<String, Field> fields = new LinkedHashMap<>();
      parts.forEach(
          (name, bytes) -> {
            switch (name) {
              case "json" -> json(bytes).forEach(fields::putIfAbsent);
              case "cls", "label", "txt", "id", "index" ->
                  fields.put(name, text(bytes.toString(StandardCharsets.UTF_8).strip()));
              default -> fields.put(name, Field.Bytes.of(bytes));
            }
          });
      return fields;
    }

    private Map<String, Field> json(ByteString bytes) {
      Map<String, Field> fields = new LinkedHashMap<>();
      try {
        MAPPER
            .readTree(bytes.toByteArray())
            .properties()
            .forEach(f -> field(f.getValue()).ifPresent(v -> fields.put(f.getKey(), v)));
        return fields;
      } catch (JsonProcessingException e) {
        throw new DatasetException(
            path, place + ", json", "is no JSON: " + e.getOriginalMessage(), REMEDY, e);
      } catch (IOException e) {
        throw new DatasetException(path, place + ", json", "is no JSON", REMEDY, e);
      }
    }
  }

  /** Numbers, lists of them, and text; what is nested deeper says nothing here. */
  private static Optional<Field> field(JsonNode value) {
    if (value.isNumber()) {
      return Optional.of(new Field.Numbers(value.doubleValue()));
    }
    if (value.isBoolean()) {
      return Optional.of(new Field.Numbers(value.booleanValue() ? 1 : 0));
    }
    if (value.isTextual()) {
      return Optional.of(Field.Bytes.of(value.textValue()));
    }
    if (value.isArray() && !value.isEmpty()) {
      double[] numbers = new double[value.size()];
      for (int i = 0; i < numbers.length; i++) {
        if (!value.get(i).isNumber()) {
          return Optional.empty();
        }
        numbers[i] = value.get(i).doubleValue();
      }
      return Optional.of(new Field.Numbers(numbers));
    }
    return value.isNull() ? Optional.of(new Field.Nothing()) : Optional.empty();
  }

  private static Field text(String text) {
    OptionalDouble number = number(text);
    return number.isPresent() ? new Field.Numbers(number.getAsDouble()) : Field.Bytes.of(text);
  }

  /** Of digits alone: a class may be called NaN. */
  private static OptionalDouble number(String text) {
    return text.matches("[+-]?\\d{1,15}(\\.\\d{1,15})?")
        ? OptionalDouble.of(Double.parseDouble(text))
        : OptionalDouble.empty();
  }
}
