package dev.secateur.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Files by their paths, in a folder or an archive. Links are followed; one that leads nowhere, out
 * of its archive or around in a circle is refused by its name, so that nothing is left out in
 * silence.
 */
sealed interface FileTree
    permits FileTree.Folder, FileTree.Listed, ArchiveTree.Zip, ArchiveTree.Tar {
  /** The path at which a file is seen, to the path at which it lies; '/' between names. */
  Map<String, String> files();

  /**
   * Reads those of the files that are {@code wanted}, by where they lie, one after the other.
   *
   * @throws IOException if the whole cannot be read; a single file's trouble names it
   */
  void read(Set<String> wanted, Reader reader) throws IOException;

  /** Takes one file. */
  interface Reader {
    void read(String path, InputStream in) throws IOException;
  }

  /** A tree whose files are listed once: an archive may have to be passed through for that. */
  record Listed(FileTree tree, Map<String, String> files) implements FileTree {
    static FileTree of(FileTree tree) {
      return new Listed(tree, tree.files());
    }

    @Override
    public void read(Set<String> wanted, Reader reader) throws IOException {
      tree.read(wanted, reader);
    }
  }

  /** A folder on this machine. */
  record Folder(Path root) implements FileTree {
    @Override
    public Map<String, String> files() {
      Map<String, String> files = new TreeMap<>();
      walk(root).forEach(f -> files.put(name(f), name(f)));
      return files;
    }

    private String name(Path file) {
      return root.relativize(file).toString().replace('\\', '/');
    }

    @Override
    public void read(Set<String> wanted, Reader reader) throws IOException {
      for (String path : wanted) {
        try (InputStream in = Files.newInputStream(root.resolve(path))) {
          reader.read(path, in);
        } catch (AccessDeniedException e) {
          throw new DatasetException(root, path, "cannot be read", "check its permissions", e);
        }
      }
    }

    /** All files below {@code root}, in the order of their paths. */
    static List<Path> walk(Path root) {
      List<Path> files = new ArrayList<>();
      try (Stream<Path> walk = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
        for (Path path : (Iterable<Path>) walk.sorted()::iterator) {
          if (Files.isRegularFile(path)) {
            files.add(path);
          } else if (!Files.isDirectory(path)) {
            throw refused(root, path);
          }
        }
      } catch (UncheckedIOException e) {
        throw unreadable(root, e.getCause());
      } catch (IOException e) {
        throw unreadable(root, e);
      }
      return files;
    }

    private static DatasetException refused(Path root, Path path) {
      String place = root.relativize(path).toString();
      return Files.isSymbolicLink(path)
          ? new DatasetException(root, place, "is a link to nothing", "remove or mend the link")
          : new DatasetException(root, place, "is neither file nor folder", "remove it");
    }

    private static DatasetException unreadable(Path root, IOException e) {
      String place = e instanceof FileSystemException system ? below(root, system.getFile()) : "";
      return e instanceof FileSystemLoopException
          ? new DatasetException(
              root, place, "is a link to a folder that it lies in", "remove the link", e)
          : new DatasetException(root, place, "cannot be read", "check its permissions", e);
    }

    private static String below(Path root, String file) {
      Path path = Path.of(file);
      return path.startsWith(root) ? root.relativize(path).toString() : file;
    }
  }
}
