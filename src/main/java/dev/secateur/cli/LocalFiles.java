package dev.secateur.cli;

import dev.secateur.store.DownloadCache;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredFolder;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The places that a command is given, as files and folders on this machine. What lies in a store is
 * fetched, as a worker fetches it; the files that match a pattern become one folder of links. All
 * of that is gone with the command.
 */
final class LocalFiles implements AutoCloseable {
  private final StoreOptions stores;
  private final PrintWriter messages;
  private Optional<Path> temporary = Optional.empty();
  private int folders;

  /** Folders that stand for a pattern, with how much matched it. */
  private final Map<Path, Integer> several = new HashMap<>();

  LocalFiles(StoreOptions stores, PrintWriter messages) {
    this.stores = stores;
    this.messages = messages;
  }

  /**
   * A set of samples.
   *
   * @param option that names it, for messages
   * @throws SettingsException if nothing is there
   */
  Path set(String option, Place place) {
    return place.isStored() ? fetched(option, place) : local(option, place);
  }

  Optional<Path> set(String option, Optional<Place> place) {
    return place.map(p -> set(option, p));
  }

  /**
   * A model, or a file beside it: a pattern must mean one.
   *
   * @throws SettingsException if nothing is there, or several
   */
  Path model(String option, Place place) {
    Path found = set(option, place);
    if (several.containsKey(found)) {
      throw new SettingsException(
          option + ": " + place + ": matches " + several.get(found) + " files (name one)");
    }
    return found;
  }

  Optional<Path> model(String option, Optional<Place> place) {
    return place.map(p -> model(option, p));
  }

  private Path local(String option, Place place) {
    if (!place.isPattern() || Files.exists(place.path())) {
      return place.path();
    }
    String before = place.text().substring(0, place.plainLength());
    Path root = Path.of(before.substring(0, before.lastIndexOf('/') + 1));
    String pattern = place.text().substring(before.lastIndexOf('/') + 1);
    PathMatcher wanted = matcher(option, place, pattern);
    int depth = pattern.contains("**") ? Integer.MAX_VALUE : Path.of(pattern).getNameCount();
    try (Stream<Path> all = Files.walk(root, depth, FileVisitOption.FOLLOW_LINKS)) {
      Map<Boolean, List<Path>> matching =
          all.filter(f -> wanted.matches(root.relativize(f)))
              .sorted()
              .collect(Collectors.partitioningBy(Files::isDirectory));
      // Directories are meant where there are no files: SavedModels, say.
      List<Path> meant = matching.get(matching.get(false).isEmpty());
      requireSome(option, place, meant.size());
      if (meant.size() == 1) {
        return meant.get(0);
      }
      Path folder = folder(root.toAbsolutePath().normalize());
      for (Path each : meant) {
        Path link = folder.resolve(root.relativize(each));
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, each.toAbsolutePath());
      }
      several.put(folder, meant.size());
      return folder;
    } catch (IOException | UncheckedIOException e) {
      throw new SettingsException(option + ": " + place + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private Path fetched(String option, Place place) {
    String address = place.address();
    int slash = place.isPattern() ? address.lastIndexOf('/', plainLength(place)) + 1 : 0;
    ObjectUri uri =
        StoreOptions.uri(option, place.isPattern() ? address.substring(0, slash) : address);
    try (ObjectStore store = stores.openStore(Set.of(uri.bucket()))) {
      DownloadCache files = new DownloadCache(store, temporary(), 0);
      if (place.isPattern()) {
        PathMatcher wanted = matcher(option, place, address.substring(slash));
        StoredFolder found =
            StoredFolder.matching(uri, name -> wanted.matches(Path.of(name)), store);
        requireSome(option, place, found.objects().size());
        Path folder = folder(Path.of(uri.bucket(), uri.key()));
        say(place, found.objects().stream().mapToLong(StoredObject::bytes).sum());
        files.fetchAll(found, Long.MAX_VALUE, folder, () -> false);
        if (found.objects().size() == 1) {
          return folder.resolve(found.objects().get(0).uri().key().substring(uri.key().length()));
        }
        several.put(folder, found.objects().size());
        return folder;
      }
      StoredObject object =
          StoredFolder.look(uri, store)
              .orElseThrow(() -> new SettingsException(option + ": " + absent(uri)));
      say(place, object.bytes());
      if (uri.isPrefix()) {
        Path folder = folder(Path.of(uri.bucket(), uri.key()));
        files.fetchFolder(object, Long.MAX_VALUE, folder, () -> false);
        return folder;
      }
      Path file = folder(Path.of("object")).resolve(uri.fileName());
      files.fetch(object, Optional.empty(), Long.MAX_VALUE, file, () -> false);
      return file;
    }
  }

  private static int plainLength(Place place) {
    return new Place(place.address()).plainLength();
  }

  private static String absent(ObjectUri uri) {
    return uri.isPrefix()
        ? uri + ": there are no objects under this prefix (check the address)"
        : uri + ": there is no such object (a prefix of several ends with a slash)";
  }

  private void say(Place place, long bytes) {
    messages.println(String.format(Locale.ROOT, "Fetching %s, %,d bytes", place, bytes));
    messages.flush();
  }

  private static PathMatcher matcher(String option, Place place, String pattern) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new SettingsException(
          option + ": " + place + ": is no pattern: " + e.getDescription() + " (* ? [] {} **)", e);
    }
  }

  private static void requireSome(String option, Place place, int count) {
    if (count == 0) {
      throw new SettingsException(option + ": " + place + ": nothing matches (check the pattern)");
    }
  }

  /** A new folder, named as reports are to call it. */
  private Path folder(Path like) {
    Path name = like.getFileName();
    Path folder =
        temporary()
            .resolve(Integer.toString(folders++))
            .resolve(name == null ? "files" : name.toString());
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path temporary() {
    if (temporary.isEmpty()) {
      try {
        temporary = Optional.of(Files.createTempDirectory("secateur"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return temporary.get();
  }

  @Override
  public void close() {
    if (temporary.isEmpty()) {
      return;
    }
    try (Stream<Path> all = Files.walk(temporary.get())) {
      for (Path path : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
