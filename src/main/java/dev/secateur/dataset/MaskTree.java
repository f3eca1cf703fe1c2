package dev.secateur.dataset;

import dev.secateur.dataset.ImageTree.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which mask belongs to which image of a set, by the names of folders and files: one folder of
 * images beside one of masks, below or above the folders of the set's parts if it has such. A mask
 * is called like its image, or like it with an ending such as {@code _mask}.
 *
 * @param splits paths of each part; a set without parts has one without a name
 */
record MaskTree(Path file, Map<Optional<Split>, Paths> splits) {
  private static final Pattern SEPARATORS = Pattern.compile("[\\s_.-]+");
  private static final Pattern MASK_ENDING =
      Pattern.compile(
          "[\\s_.-]+(masks?|labels?|labelids|seg|segmentation|gt|annotations?|targets?)$",
          Pattern.CASE_INSENSITIVE);
  private static final String NOT_CLASSES =
      "folders called images and masks, or alike, make a set for segmentation: if they are classes,"
          + " call them otherwise";

  /** An image and its mask. */
  record Pair(String image, String mask) {}

  /** Paths by what must be the same for an image and its mask, each list in order. */
  record Paths(Map<String, List<String>> images, Map<String, List<String>> masks) {
    Paths() {
      this(new TreeMap<>(), new TreeMap<>());
    }

    Map<String, List<String>> of(Role role) {
      return switch (role) {
        case IMAGES -> images;
        case MASKS -> masks;
      };
    }
  }

  /** What a folder's name says that it holds. */
  private enum Role {
    IMAGES("images", "image", "imgs", "img", "x", "inputs", "input", "jpegimages", "frames"),
    MASKS(
        "masks",
        "mask",
        "labels",
        "label",
        "annotations",
        "annotation",
        "annots",
        "segmentationclass",
        "segmentations",
        "segmentation",
        "groundtruth",
        "gt",
        "y",
        "targets",
        "target");

    private final Set<String> names;

    Role(String... names) {
      this.names = Set.of(names);
    }

    static Optional<Role> of(String name) {
      return Arrays.stream(values()).filter(r -> r.names.contains(name)).findFirst();
    }
  }

  /** What a folder's name says: {@code train_images} says both. */
  private record Words(Optional<Role> role, Optional<Split> split) {
    static Words of(String folder) {
      String lower = folder.toLowerCase(Locale.ROOT);
      Optional<Role> whole = Role.of(SEPARATORS.matcher(lower).replaceAll(""));
      Optional<Split> split = Split.of(folder);
      if (whole.isPresent() || split.isPresent()) {
        return new Words(whole, split);
      }
      String[] words = SEPARATORS.split(lower);
      for (String word : words) {
        String others = String.join("", Arrays.stream(words).filter(w -> !w.equals(word)).toList());
        if (Role.of(word).isPresent() && Split.of(others).isPresent()) {
          return new Words(Role.of(word), Split.of(others));
        }
      }
      return new Words(Optional.empty(), Optional.empty());
    }
  }

  /**
   * Where an image lies.
   *
   * @param folder that says its role
   * @param key what it shares with its other half: folders and name, without what Words say
   */
  private record Place(Role role, String folder, Optional<Split> split, String key) {
    static Optional<Place> of(String path, int shared) {
      List<String> names = List.of(path.split("/"));
      Optional<Role> role = Optional.empty();
      Optional<Split> split = Optional.empty();
      String folder = "";
      int at = shared;
      for (; at < names.size() - 1; at++) {
        Words words = Words.of(names.get(at));
        boolean again =
            words.role().isPresent() && role.isPresent()
                || words.split().isPresent() && split.isPresent();
        if (again || words.role().isEmpty() && words.split().isEmpty()) {
          break;
        }
        if (words.role().isPresent()) {
          folder = names.get(at);
        }
        role = role.or(words::role);
        split = split.or(words::split);
      }
      String rest = String.join("/", names.subList(at, names.size()));
      String key = rest.substring(0, rest.lastIndexOf('.'));
      Optional<Split> part = split;
      String named = folder;
      return role.map(r -> new Place(r, named, part, key));
    }
  }

  /**
   * @param images paths of all images of a set
   * @return empty if the folders are not those of images and masks
   * @throws DatasetException if they are, beside others: it is not clear what these are
   */
  static Optional<MaskTree> of(Path file, List<String> images) {
    if (images.isEmpty()) {
      return Optional.empty();
    }
    int shared = ImageTree.sharedDepth(images);
    Map<Optional<Split>, Paths> splits = new TreeMap<>((a, b) -> ordinal(a) - ordinal(b));
    Set<Role> roles = new TreeSet<>();
    Set<String> folders = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    for (String path : images) {
      Optional<Place> place = Place.of(path, shared);
      if (place.isEmpty()) {
        others.add(path.split("/")[shared]);
      } else {
        Place p = place.get();
        roles.add(p.role());
        folders.add(p.folder());
        splits
            .computeIfAbsent(p.split(), s -> new Paths())
            .of(p.role())
            .computeIfAbsent(p.key(), k -> new ArrayList<>())
            .add(path);
      }
    }
    if (roles.size() < Role.values().length) {
      return Optional.empty();
    }
    MaskTree tree = new MaskTree(file, splits);
    if (!others.isEmpty()) {
      // A set of letters has classes x and y; one of page regions may have classes image and label.
      if (folders.stream().allMatch(f -> f.length() == 1) || !tree.isPaired()) {
        return Optional.empty();
      }
      throw new DatasetException(
          file,
          "",
          folders
              + " are named like images and their masks, and pair up, but lie beside "
              + ImageTree.first(others),
          "leave images and masks alone in a set for segmentation; if these are classes, rename"
              + " them");
    }
    if (splits.size() > 1 && splits.containsKey(Optional.<Split>empty())) {
      Paths loose = splits.get(Optional.<Split>empty());
      String path =
          (loose.images().isEmpty() ? loose.masks() : loose.images())
              .values()
              .iterator()
              .next()
              .get(0);
      throw new DatasetException(
          file,
          path,
          "lies in no part of the set, but beside folders of parts",
          "in a set of parts every image lies in one of them");
    }
    return Optional.of(tree);
  }

  private static int ordinal(Optional<Split> split) {
    return split.map(Enum::ordinal).orElse(-1);
  }

  private boolean isPaired() {
    try {
      splits.values().forEach(this::pairs);
      return true;
    } catch (DatasetException e) {
      return false;
    }
  }

  /** Whether there are images of their own for evaluation beside those for training. */
  boolean hasEvaluation() {
    return splits.keySet().stream().anyMatch(s -> s.isPresent() && s.get() != Split.TRAIN);
  }

  /**
   * Those of a part, in the order of the images' paths below their folder.
   *
   * @throws DatasetException if an image has no mask or several, or a mask has no image
   */
  List<Pair> pairs(Datasets.Part part) {
    if (splits.containsKey(Optional.<Split>empty())) {
      return pairs(splits.get(Optional.<Split>empty()));
    }
    Set<Split> names = new TreeSet<>();
    splits.keySet().forEach(s -> s.ifPresent(names::add));
    return pairs(
        splits.get(
            Optional.of(
                names.size() == 1
                    ? names.iterator().next()
                    : ImageTree.wanted(file, names, part))));
  }

  private List<Pair> pairs(Paths paths) {
    Map<String, String> images = new TreeMap<>();
    paths.images().forEach((key, found) -> found.forEach(i -> put(images, key, i, "name")));
    Map<String, String> masks = new TreeMap<>();
    paths
        .masks()
        .forEach(
            (key, found) -> {
              String image =
                  images.containsKey(key) ? key : MASK_ENDING.matcher(key).replaceAll("");
              if (!images.containsKey(image)) {
                throw new DatasetException(
                    file, found.get(0), "is a mask without an image of its name", NOT_CLASSES);
              }
              found.forEach(mask -> put(masks, image, mask, "image"));
            });
    List<Pair> pairs = new ArrayList<>();
    images.forEach(
        (key, image) -> {
          if (!masks.containsKey(key)) {
            throw new DatasetException(
                file,
                image,
                "has no mask: a PNG of its name, or with the ending _mask",
                NOT_CLASSES);
          }
          pairs.add(new Pair(image, masks.get(key)));
        });
    return pairs;
  }

  private void put(Map<String, String> paths, String key, String path, String what) {
    String known = paths.putIfAbsent(key, path);
    if (known != null) {
      throw new DatasetException(
          file, path, "and " + known + " are of one " + what, "leave one of them");
    }
  }
}
