package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a checkpoint that stands alone: {@code NAME.index} and {@code
 * NAME.data-00000-of-00001}. Named by either, by NAME, or by a directory with one checkpoint.
 */
public final class CheckpointFiles {
  private static final String INDEX = ".index";
  private static final Pattern PART = Pattern.compile("(.+)\\.(?:index|data-\\d{5}-of-\\d{5})");

  private CheckpointFiles() {}

  /** Its files by what follows the name's dot, if there is a checkpoint. */
  public static Optional<SavedModelFiles.UnaryFile> find(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      return inDirectory(file);
    }
    Matcher part = PART.matcher(String.valueOf(file.getFileName()));
    Path name = part.matches() ? file.resolveSibling(part.group(1)) : file;
    return Files.isRegularFile(beside(name, INDEX)) ? Optional.of(named(name)) : Optional.empty();
  }

  private static Optional<SavedModelFiles.UnaryFile> inDirectory(Path directory)
      throws IOException {
    List<String> names;
    try (Stream<Path> files = Files.list(directory)) {
      names =
          files
              .map(f -> f.getFileName().toString())
              .filter(n -> n.endsWith(INDEX))
              .limit(3)
              .sorted()
              .toList();
    }
    if (names.size() > 1) {
      throw new Refusal(
          Kind.FOREIGN_FORMAT,
          "",
          "several checkpoints, such as " + names.get(0) + " and " + names.get(1),
          "name one of them");
    }
    return names.stream()
        .findFirst()
        .map(n -> named(directory.resolve(n.substring(0, n.length() - INDEX.length()))));
  }

  private static Path beside(Path name, String suffix) {
    return name.resolveSibling(name.getFileName() + suffix);
  }

  private static SavedModelFiles.UnaryFile named(Path name) {
    return suffix -> {
      Path file = beside(name, "." + suffix);
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      try (FileChannel channel = FileChannel.open(file)) {
        if (channel.size() > Integer.MAX_VALUE) {
          throw Refusal.limit(file.toString(), "a file of " + channel.size() + " bytes");
        }
        ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        return Optional.of(bytes);
      }
    };
  }
}
