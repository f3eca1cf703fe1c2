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
import java.util.stream.StreamSupport;

/**
 * Record files of a folder, by the part of the set that their paths name, such as {@code
 * train-00000-of-00008}; empty if none names one.
 */
record Shards(Path folder, List<RowFile> all, Map<Split, List<RowFile>> parts) {
  /** What is called a record file must be one; other files are, if they begin like one. */
  static Shards in(Path folder) {
    List<RowFile> all = new ArrayList<>();
    Map<Split, List<RowFile>> parts = new TreeMap<>();
    for (Path path : FileTree.Folder.walk(folder)) {
      Optional<RowFile> file =
          isHidden(folder, path) || isEmpty(path) ? Optional.empty() : RowFile.called(path);
      file.ifPresent(
          f -> {
            all.add(f);
            part(folder, path)
                .ifPresent(p -> parts.computeIfAbsent(p, s -> new ArrayList<>()).add(f));
          });
    }
    if (all.stream().map(RowFile::getClass).distinct().count() > 1) {
      throw new DatasetException(
          folder,
          "",
          "holds record files of several kinds, such as "
              + all.get(0).path().getFileName()
              + " and "
              + all.get(all.size() - 1).path().getFileName(),
          "leave those of one kind");
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

  /** What hides behind a dot is somebody else's, such as a download's cache. */
  private static boolean isHidden(Path folder, Path file) {
    return StreamSupport.stream(folder.relativize(file).spliterator(), false)
        .anyMatch(name -> name.toString().startsWith("."));
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

  List<RowFile> of(Datasets.Part part) {
    return parts.size() < 2 ? all : parts.get(ImageTree.wanted(folder, parts.keySet(), part));
  }
}
