package dev.secateur.dataset;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Links of an archive, followed within it.
 *
 * @param files paths of the files
 * @param links path of each link to the path that it leads to
 */
record ArchiveLinks(Path archive, Set<String> files, Map<String, String> links) {
  private static final String OUTSIDE = "\0outside";

  /** Links to folders of links may show more than any archive holds. */
  private static final int MAX_SEEN = 20_000_000;

  /** A path without empty names and single dots. */
  static String plain(String path) {
    return resolve("", path);
  }

  /** Where a symbolic link at {@code link} leads, from the archive's root. */
  static String target(String link, String text) {
    int slash = link.lastIndexOf('/');
    return text.startsWith("/")
        ? OUTSIDE
        : resolve(slash < 0 ? "" : link.substring(0, slash), text);
  }

  private static String resolve(String folder, String path) {
    Deque<String> names = new ArrayDeque<>();
    for (String name : (folder + "/" + path).split("/")) {
      if (name.equals("..")) {
        if (names.pollLast() == null) {
          return OUTSIDE;
        }
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.addLast(name);
      }
    }
    return String.join("/", names);
  }

  /** The path at which a file is seen, through links too, to the path at which it lies. */
  Map<String, String> resolved() {
    Map<String, String> seen = new TreeMap<>();
    files.forEach(f -> seen.put(f, f));
    for (String link : links.keySet()) {
      follow(link, link, new HashSet<>(), seen);
    }
    return seen;
  }

  /** Adds what is seen at {@code shown} because {@code path} is there. */
  private void follow(String shown, String path, Set<String> passed, Map<String, String> seen) {
    if (files.contains(path)) {
      seen.put(shown, path);
      return;
    }
    if (seen.size() > MAX_SEEN) {
      throw refused(shown, "is one link too many");
    }
    Optional<String> link = linkOn(path);
    if (link.isPresent()) {
      if (!passed.add(link.get())) {
        throw refused(shown, "is a link that leads back to itself");
      }
      String rest = path.substring(link.get().length());
      follow(shown, plain(links.get(link.get()) + rest), passed, seen);
      passed.remove(link.get());
      return;
    }
    String folder = path.isEmpty() ? "" : path + "/";
    List<String> below =
        Stream.concat(files.stream(), links.keySet().stream())
            .filter(p -> p.startsWith(folder))
            .toList();
    if (below.isEmpty()) {
      String where = path.startsWith(OUTSIDE) ? "outside the archive" : "nothing in it";
      throw refused(shown, "is a link to " + where);
    }
    below.forEach(p -> follow(shown + "/" + p.substring(folder.length()), p, passed, seen));
  }

  /** The link that {@code path} is, or that it goes through first. */
  private Optional<String> linkOn(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (links.containsKey(path.substring(0, slash))) {
        return Optional.of(path.substring(0, slash));
      }
    }
    return links.containsKey(path) ? Optional.of(path) : Optional.empty();
  }

  private DatasetException refused(String link, String problem) {
    return new DatasetException(archive, link, problem, "pack the files themselves");
  }
}
