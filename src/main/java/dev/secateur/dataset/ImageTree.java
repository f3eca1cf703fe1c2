package dev.secateur.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Which images make a part of a set, and of which class each is, by the names of the folders.
 *
 * <p>Below the folders that all paths share lie either the classes' folders, or parts that hold
 * these: training, test, hold-out and validation, in any case and with the endings {@code set} and
 * {@code data}. Classes are numbered over all parts, so that one which a part lacks moves no other.
 *
 * @param paths of the part's images, sorted
 * @param labels one a path
 * @param classes in the order of their names
 */
record ImageTree(List<String> paths, List<Integer> labels, List<String> classes) {
  static final String REMEDY =
      "put PNG or JPEG images into one folder a class, such as cat/1.png and dog/2.png";

  ImageTree {
    paths = List.copyOf(paths);
    labels = List.copyOf(labels);
    classes = List.copyOf(classes);
  }

  /** What a folder's name says that it is for; in the order in which evaluation prefers them. */
  enum Split {
    TEST("test", "testing"),
    HOLDOUT("holdout"),
    VALIDATION("val", "valid", "validation", "dev", "eval", "evaluation"),
    TRAIN("train", "training");

    private final Set<String> names;

    Split(String... names) {
      this.names = Set.of(names);
    }

    static Optional<Split> of(String folder) {
      String letters = folder.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
      String stem = letters.replaceFirst("(?<=.)(set|data)$", "");
      for (Split split : values()) {
        if (split.names.contains(stem)) {
          return Optional.of(split);
        }
      }
      return Optional.empty();
    }
  }

  /** Whether there are images of their own for evaluation beside those for training. */
  static boolean hasEvaluation(Path file, List<String> images) {
    return splits(file, images).keySet().stream().anyMatch(s -> s != Split.TRAIN);
  }

  /**
   * @param images paths of all images
   * @throws DatasetException if the folders' names do not say what is what
   */
  static ImageTree of(Path file, List<String> images, Datasets.Part part) {
    if (images.isEmpty()) {
      throw new DatasetException(file, "", "holds no images", REMEDY);
    }
    Map<Split, List<String>> splits = splits(file, images);
    if (splits.isEmpty()) {
      int depth = classDepth(images);
      List<String> classes = List.copyOf(classes(images, depth));
      return labelled(file, images, depth, 0, classes);
    }
    int top = sharedDepth(images) + 1;
    Set<String> classes = new TreeSet<>();
    for (List<String> each : splits.values()) {
      if (classDepth(each) >= top) {
        classes.addAll(classes(each, classDepth(each)));
      }
    }
    List<String> mine = splits.get(wanted(file, splits.keySet(), part));
    return labelled(file, mine, classDepth(mine), top, List.copyOf(classes));
  }

  /** The part that is trained with, or the one that evaluation prefers. */
  static Split wanted(Path file, Set<Split> splits, Datasets.Part part) {
    return splits.stream()
        .filter(s -> (s == Split.TRAIN) == (part == Datasets.Part.TRAIN))
        .findFirst()
        .orElseThrow(
            () ->
                new DatasetException(
                    file,
                    "",
                    "has no folder for training beside " + splits,
                    "name one train, or give the folder that is meant"));
  }

  private static ImageTree labelled(
      Path file, List<String> images, int depth, int least, List<String> classes) {
    for (String path : images) {
      if (names(path).length < 2 + Math.max(depth, least)) {
        throw new DatasetException(file, path, "lies in no class's folder", REMEDY);
      }
    }
    List<String> sorted = images.stream().sorted().toList();
    return new ImageTree(
        sorted, sorted.stream().map(p -> classes.indexOf(names(p)[depth])).toList(), classes);
  }

  /** The images of each part, or nothing where the folders are classes. */
  private static Map<Split, List<String>> splits(Path file, List<String> images) {
    Map<Split, List<String>> splits = new TreeMap<>();
    Map<Split, String> folders = new TreeMap<>();
    Set<String> others = new TreeSet<>();
    int depth = images.isEmpty() ? 0 : sharedDepth(images);
    for (String path : images) {
      String name = names(path)[depth];
      Optional<Split> split = names(path).length > depth + 1 ? Split.of(name) : Optional.empty();
      if (split.isEmpty()) {
        others.add(name);
      } else {
        String known = folders.putIfAbsent(split.get(), name);
        if (known != null && !known.equals(name)) {
          throw new DatasetException(
              file,
              "",
              "has both " + known + " and " + name + " for one part of the set",
              "leave one of them, or give the folder that is meant");
        }
        splits.computeIfAbsent(split.get(), s -> new ArrayList<>()).add(path);
      }
    }
    if (!splits.isEmpty() && !others.isEmpty()) {
      throw new DatasetException(
          file,
          "",
          folders.values() + " are named like parts of a set, but lie beside " + first(others),
          "rename a class of such a name; in a set of parts every image lies in one of them");
    }
    return splits;
  }

  /** A few of them, for messages. */
  static String first(Set<String> names) {
    List<String> few = names.stream().limit(3).toList();
    return few + (names.size() > few.size() ? " and " + (names.size() - few.size()) + " more" : "");
  }

  private static Set<String> classes(List<String> images, int depth) {
    Set<String> classes = new TreeSet<>();
    images.forEach(p -> classes.add(names(p)[depth]));
    return classes;
  }

  /** Depth of the folders that are named after classes: below what all paths share. */
  private static int classDepth(List<String> images) {
    int shallowest = images.stream().mapToInt(p -> names(p).length).min().orElseThrow();
    // A set of a single class shares the class's own folder as well.
    return Math.min(sharedDepth(images), Math.max(shallowest - 2, 0));
  }

  /** Number of the folders that all paths share. */
  static int sharedDepth(List<String> images) {
    String[] last = names(images.stream().max(Comparator.naturalOrder()).orElseThrow());
    String[] least = names(images.stream().min(Comparator.naturalOrder()).orElseThrow());
    // What the first and the last path in their order share, all share.
    return (int)
        IntStream.range(0, Math.min(least.length, last.length) - 1)
            .takeWhile(i -> least[i].equals(last[i]))
            .count();
  }

  private static String[] names(String path) {
    return path.split("/");
  }
}
