package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.keras.layer.Operations.Result;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.spec.Numbers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Indexing and splitting. */
final class OperationSlices {
  private OperationSlices() {}

  /** One dimension of an index. */
  private record Range(int begin, int end, int step, boolean dropped) {}

  /**
   * {@code x[…]} with slices, integers, an ellipsis and new axes: {@code slice_spec} of Keras 2,
   * serialized slices of Keras 3, or begin, end, strides and masks of TensorFlow.
   */
  static Result item(OperationCall call) {
    Shape x = call.shape();
    List<JsonNode> index = new ArrayList<>();
    Optional<JsonNode> spec = call.option(1, "slice_spec", "key");
    if (call.layer().options().has("node_def")) {
      return apply(call, masked(call, x));
    }
    JsonNode given = spec.orElseThrow(() -> call.unsupported("an index that is computed"));
    if (given.isArray()) {
      given.forEach(index::add);
    } else {
      index.add(given);
    }
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < index.size(); i++) {
      JsonNode part = index.get(i);
      if (isEllipsis(part)) {
        int rest = index.size() - i - 1;
        while (ranges.size() < x.rank() - rest) {
          ranges.add(new Range(0, x.dim(ranges.size()), 1, false));
        }
      } else {
        ranges.add(range(call, part, x, ranges.size()));
      }
    }
    while (ranges.size() < x.rank()) {
      ranges.add(new Range(0, x.dim(ranges.size()), 1, false));
    }
    return apply(call, ranges);
  }

  private static boolean isEllipsis(JsonNode part) {
    return part.path("class_name").asText().equals("__ellipsis__")
        || part.asText().equals("...")
        || part.asText().equals("Ellipsis")
        || part.path("type").asText().equals("ellipsis");
  }

  private static Range range(OperationCall call, JsonNode part, Shape x, int axis) {
    if (axis >= x.rank()) {
      throw call.unsupported("an index with more dimensions than the value");
    }
    if (part.isInt()) {
      int at = part.asInt() < 0 ? part.asInt() + x.dim(axis) : part.asInt();
      return new Range(at, at + 1, 1, true);
    }
    JsonNode slice = part.has("config") ? part.path("config") : part;
    if (!slice.has("start") && !slice.has("stop")) {
      throw call.unsupported("the index " + Reason.abbreviated(part.toString()));
    }
    int step = bound(call, slice.path("step"), 1, Integer.MAX_VALUE);
    int size = axis == 0 ? Integer.MAX_VALUE : x.dim(axis);
    int begin = bound(call, slice.path("start"), 0, size);
    int end = bound(call, slice.path("stop"), size, size);
    return new Range(begin, axis == 0 ? -1 : end, step, false);
  }

  private static int bound(OperationCall call, JsonNode node, int fallback, int size) {
    JsonNode value = Numbers.unwrapped(node);
    if (value.isNull() || value.isMissingNode()) {
      return fallback;
    }
    if (!value.isInt()) {
      throw call.unsupported("an index that is computed");
    }
    int at = value.asInt() < 0 ? value.asInt() + size : value.asInt();
    return Math.max(0, Math.min(at, size));
  }

  private static List<Range> masked(OperationCall call, Shape x) {
    List<Integer> begin = call.integers(1, "begin").orElseThrow(() -> call.unsupported("no begin"));
    List<Integer> end = call.integers(2, "end").orElseThrow(() -> call.unsupported("no end"));
    List<Integer> step = call.integers(3, "strides").orElse(Collections.nCopies(begin.size(), 1));
    int beginMask = call.integer(-1, "begin_mask").orElse(0);
    int endMask = call.integer(-1, "end_mask").orElse(0);
    int shrink = call.integer(-1, "shrink_axis_mask").orElse(0);
    if (call.integer(-1, "ellipsis_mask").orElse(0) != 0
        || call.integer(-1, "new_axis_mask").orElse(0) != 0) {
      throw call.unsupported("an ellipsis or a new axis");
    }
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      boolean given = i < begin.size() && i < end.size() && i < step.size();
      int size = x.dim(i);
      boolean dropped = given && (shrink >> i & 1) == 1;
      int from = given && (beginMask >> i & 1) == 0 ? wrapped(begin.get(i), size) : 0;
      int to = given && (endMask >> i & 1) == 0 ? wrapped(end.get(i), size) : size;
      ranges.add(new Range(from, dropped ? from + 1 : to, given ? step.get(i) : 1, dropped));
    }
    return ranges;
  }

  private static int wrapped(int at, int size) {
    return Math.max(0, Math.min(at < 0 ? at + size : at, size));
  }

  private static Result apply(OperationCall call, List<Range> ranges) {
    Shape x = call.shape();
    if (ranges.get(0).dropped() || ranges.get(0).begin() != 0 || ranges.get(0).step() != 1) {
      throw call.unsupported("an index into the batch");
    }
    List<Integer> begin = new ArrayList<>(List.of(0));
    List<Integer> end = new ArrayList<>(List.of(1));
    List<Integer> steps = new ArrayList<>(List.of(1));
    List<Integer> sample = new ArrayList<>();
    for (int i = 1; i < x.rank(); i++) {
      Range range = ranges.get(i);
      if (range.step() < 1 || range.begin() >= range.end()) {
        throw call.unsupported("an empty or backward slice");
      }
      begin.add(range.begin());
      end.add(range.end());
      steps.add(range.step());
      if (!range.dropped()) {
        sample.add((range.end() - range.begin() + range.step() - 1) / range.step());
      }
    }
    String cut = call.layer().add(new Op.Slice(begin, end, steps), call.x());
    String y = ShapeLayers.reshaped(call.layer(), cut, sample);
    boolean plain = steps.stream().allMatch(s -> s == 1);
    return new Result(List.of(y), plain ? cropping(x, begin, end, sample) : Optional.empty());
  }

  /** Cropping of images, with the channels turned to the front where they are cut. */
  private static Optional<Equivalent> cropping(
      Shape x, List<Integer> begin, List<Integer> end, List<Integer> sample) {
    if (x.rank() != 4) {
      return Optional.empty();
    }
    List<Integer> after = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      after.add(i == 0 ? 0 : x.dim(i) - end.get(i));
    }
    Equivalent crop = Equivalent.of("Cropping2D", Operations.margins("cropping", begin, after));
    if (begin.get(3) + after.get(3) != 0) {
      List<Integer> channels = List.of(0, begin.get(3), 0);
      List<Integer> behind = List.of(0, after.get(3), 0);
      crop =
          crop.then("Permute", Equivalent.ints("dims", List.of(3, 1, 2)))
              .then("Cropping2D", Operations.margins("cropping", channels, behind))
              .then("Permute", Equivalent.ints("dims", List.of(2, 3, 1)));
    }
    return Optional.of(
        sample.size() == 3 ? crop : crop.then("Reshape", Equivalent.ints("target_shape", sample)));
  }

  static Result split(OperationCall call) {
    // TensorFlow's node has the axis first.
    boolean node = call.layer().options().has("node_def");
    if (node) {
      throw call.unsupported("a split of TensorFlow 2.0 to 2.3");
    }
    Shape x = call.shape();
    int axis = call.layer().options().axis(call.integer(2, "axis").orElse(0), x.rank(), "axis");
    List<Integer> given =
        call.integers(1, "indices_or_sections", "num_or_size_splits")
            .orElseThrow(() -> call.unsupported("sizes that are computed"));
    boolean indices = call.option(-1, "indices_or_sections").isPresent();
    List<Integer> bounds = bounds(call, given, indices, x.dim(axis));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i + 1 < bounds.size(); i++) {
      List<Integer> begin = new ArrayList<>(Collections.nCopies(x.rank(), 0));
      List<Integer> end = new ArrayList<>(x.dims());
      begin.set(axis, bounds.get(i));
      end.set(axis, bounds.get(i + 1));
      parts.add(ShapeLayers.sliced(call.layer(), call.x(), begin, end));
    }
    return new Result(parts, Optional.empty());
  }

  /** Where the parts begin, and where the last ends. */
  private static List<Integer> bounds(
      OperationCall call, List<Integer> given, boolean indices, int size) {
    List<Integer> bounds = new ArrayList<>(List.of(0));
    boolean list =
        call.option(1, "indices_or_sections", "num_or_size_splits").orElseThrow().isArray();
    if (!list) {
      int sections = given.get(0);
      if (sections < 1 || size % sections != 0) {
        throw call.unsupported(size + " in " + sections + " parts");
      }
      for (int i = 1; i <= sections; i++) {
        bounds.add(i * (size / sections));
      }
      return bounds;
    }
    for (int value : given) {
      bounds.add(indices ? value : bounds.get(bounds.size() - 1) + value);
    }
    if (indices) {
      bounds.add(size);
    }
    return bounds;
  }
}
