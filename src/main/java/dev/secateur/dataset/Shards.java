package dev.secateur.dataset;

import dev.secateur.dataset.ImageTree.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Record files of a folder, by the part of the set that their paths name, such as {@code
 * train-00000-of-00008}; empty if none names one.
 */
record Shards(Path folder, List<Path> all, Map<Split, List<Path>> parts) {
  /** What is called a record file must be one; other files are, if they begin like one. */
  static Shards in(Path folder) {
    List<Path> all = new ArrayList<>();
    Map<Split, List<Path>> parts = new TreeMap<>();
    for (Path file : FileTree.Folder.walk(folder)) {
      String name = file.getFileName().toString();
      boolean called = name.contains(".tfrec");
      if (name.startsWith(".") || !called && !TfRecords.begin(file) || isEmpty(file)) {
        continue;
      }
      all.add(file);
      part(folder, file).ifPresent(p -> parts.computeIfAbsent(p, s -> new ArrayList<>()).add(file));
    }
    int named = parts.values().stream().mapToInt(List::size).sum();
    if (named > 0 && named < all.size()) {
      throw new DatasetException(
          folder,
          "",
          "has record files that name a part of the set, " + parts.keySet() + ", and others",
          "name all of them after a part, or none");
    }
    return new Shards(folder, all, parts);
  }

  /** TensorFlow writes a shard that no record falls into as an empty file. */
  private static boolean isEmpty(Path file) {
    return file.toFile().length() == 0 && Files.isReadable(file);
  }

  private static Optional<Split> part(Path folder, Path file) {
    Set<Split> named = new TreeSet<>();
    for (String word : folder.relativize(file).toString().split("[^A-Za-z]+")) {
      Split.of(word).ifPresent(named::add);
    }
    if (named.size() > 1) {
      throw new DatasetException(
          folder,
          folder.relativize(file).toString(),
          "names several parts of a set: " + named,
          "rename it");
    }
    return named.stream().findFirst();
  }

  boolean hasEvaluation() {
    return parts.keySet().stream().anyMatch(s -> s != Split.TRAIN)
        && parts.containsKey(Split.TRAIN);
  }

  List<Path> of(Datasets.Part part) {
    return parts.size() < 2 ? all : parts.get(ImageTree.wanted(folder, parts.keySet(), part));
  }
}
