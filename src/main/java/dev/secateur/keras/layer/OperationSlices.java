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

/** Indexing, slicing and splitting, with the bounds of Python. */
final class OperationSlices {
  private OperationSlices() {}

  /** One part of an index as it is written. */
  private sealed interface Part {}

  private enum Special implements Part {
    /** All dimensions that no other part takes. */
    ELLIPSIS,
    NEW_AXIS
  }

  /** One element; its dimension is dropped. */
  private record At(int index) implements Part {}

  private record Span(Optional<Integer> begin, Optional<Integer> end, int step) implements Part {
    static final Span ALL = new Span(Optional.empty(), Optional.empty(), 1);
  }

  /**
   * What is taken of one dimension: elements from {@code begin} by {@code step}, up to, not
   * including, {@code end}; that is −1 where a backward range takes the first element too.
   */
  record Range(int begin, int end, int step) {
    static Range all(int dimension) {
      return new Range(0, dimension, 1);
    }

    int size() {
      return (Math.abs(end - begin) + Math.abs(step) - 1) / Math.abs(step);
    }
  }

  /** What is taken of each dimension, and the dimensions of the result. */
  record Cut(List<Range> ranges, List<Integer> result) {}

  /**
   * {@code x[…]} with slices, integers, an ellipsis and new axes: {@code slice_spec} of Keras 2,
   * serialized slices of Keras 3, or begin, end, strides and masks of TensorFlow.
   */
  static Result item(OperationCall call) {
    return apply(call, cut(call, call.shape().dims()));
  }

  /** The cut that the call makes of a value of these dimensions. */
  static Cut cut(OperationCall call, List<Integer> dims) {
    boolean masks = Operations.canonical(call.name()).equals("stridedslice");
    List<Part> parts = masks ? masked(call) : index(call);
    long taken = parts.stream().filter(p -> !(p instanceof Special)).count();
    if (taken > dims.size()) {
      throw call.unsupported("an index with more dimensions than the value");
    }
    List<Range> ranges = new ArrayList<>();
    List<Integer> result = new ArrayList<>();
    boolean open = true;
    for (Part part : parts) {
      if (part == Special.NEW_AXIS) {
        result.add(1);
      } else if (part == Special.ELLIPSIS) {
        for (long rest = dims.size() - taken; open && rest > 0; rest--) {
          all(dims.get(ranges.size()), ranges, result);
        }
        open = false;
      } else {
        take(call, part, dims.get(ranges.size()), ranges, result);
      }
    }
    while (ranges.size() < dims.size()) {
      all(dims.get(ranges.size()), ranges, result);
    }
    return new Cut(ranges, result);
  }

  private static void all(int dimension, List<Range> ranges, List<Integer> result) {
    ranges.add(Range.all(dimension));
    result.add(dimension);
  }

  private static void take(
      OperationCall call, Part part, int size, List<Range> ranges, List<Integer> result) {
    if (part instanceof At at) {
      int index = at.index() < 0 ? at.index() + size : at.index();
      if (size == Shape.UNKNOWN || index < 0 || index >= size) {
        throw call.unsupported(
            size == Shape.UNKNOWN ? "an index into the batch" : "the index " + at.index());
      }
      ranges.add(new Range(index, index + 1, 1));
      return;
    }
    Span span = (Span) part;
    if (size == Shape.UNKNOWN) {
      boolean whole = span.begin().orElse(0) == 0 && span.end().isEmpty() && span.step() == 1;
      if (!whole) {
        throw call.unsupported("a part of the batch");
      }
      all(size, ranges, result);
      return;
    }
    int least = span.step() > 0 ? 0 : -1;
    int most = span.step() > 0 ? size : size - 1;
    int begin = bound(span.begin(), span.step() > 0 ? least : most, size, least, most);
    int end = bound(span.end(), span.step() > 0 ? most : least, size, least, most);
    if (span.step() > 0 ? begin >= end : begin <= end) {
      throw call.unsupported("an empty slice");
    }
    Range range = new Range(begin, end, span.step());
    ranges.add(range);
    result.add(range.size());
  }

  private static int bound(Optional<Integer> given, int open, int size, int least, int most) {
    if (given.isEmpty()) {
      return open;
    }
    long at = given.get() < 0 ? (long) given.get() + size : given.get();
    return (int) Math.max(least, Math.min(at, most));
  }

  private static List<Part> index(OperationCall call) {
    JsonNode given =
        call.option(1, "slice_spec", "key")
            .orElseThrow(() -> call.unsupported("an index that is computed"));
    List<Part> parts = new ArrayList<>();
    if (given.isArray()) {
      given.forEach(g -> parts.add(part(call, g)));
    } else {
      parts.add(part(call, given));
    }
    return parts;
  }

  private static Part part(OperationCall call, JsonNode node) {
    if (node.isNull()) {
      return Special.NEW_AXIS;
    }
    if (isEllipsis(node)) {
      return Special.ELLIPSIS;
    }
    if (node.isInt()) {
      return new At(node.asInt());
    }
    JsonNode slice = node.has("config") ? node.path("config") : node;
    if (!slice.has("start") && !slice.has("stop")) {
      throw call.unsupported("the index " + Reason.abbreviated(node.toString()));
    }
    int step = bound(call, slice.path("step")).orElse(1);
    return span(call, bound(call, slice.path("start")), bound(call, slice.path("stop")), step);
  }

  private static Span span(
      OperationCall call, Optional<Integer> begin, Optional<Integer> end, int step) {
    if (step == 0) {
      throw call.unsupported("a slice with a step of zero");
    }
    return new Span(begin, end, step);
  }

  private static boolean isEllipsis(JsonNode part) {
    return part.path("class_name").asText().equals("__ellipsis__")
        || part.asText().equals("...")
        || part.asText().equals("Ellipsis")
        || part.path("type").asText().equals("ellipsis");
  }

  private static Optional<Integer> bound(OperationCall call, JsonNode node) {
    JsonNode value = Numbers.unwrapped(node);
    if (value.isNull() || value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isInt()) {
      throw call.unsupported("an index that is computed");
    }
    return Optional.of(value.asInt());
  }

  /** Bit i of a mask: the bound is open, the dimension dropped, all the rest, or a new axis. */
  private static List<Part> masked(OperationCall call) {
    List<Integer> begin = call.integers(1, "begin").orElseThrow(() -> call.unsupported("no begin"));
    List<Integer> end = call.integers(2, "end").orElseThrow(() -> call.unsupported("no end"));
    List<Integer> step = call.integers(3, "strides").orElse(Collections.nCopies(begin.size(), 1));
    if (begin.size() != end.size() || begin.size() != step.size()) {
      throw call.unsupported("begin, end and strides of unequal length");
    }
    int beginMask = call.integer(4, "begin_mask").orElse(0);
    int endMask = call.integer(5, "end_mask").orElse(0);
    int ellipsis = call.integer(6, "ellipsis_mask").orElse(0);
    int newAxis = call.integer(7, "new_axis_mask").orElse(0);
    int shrink = call.integer(8, "shrink_axis_mask").orElse(0);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < begin.size(); i++) {
      if (has(ellipsis, i)) {
        parts.add(Special.ELLIPSIS);
      } else if (has(newAxis, i)) {
        parts.add(Special.NEW_AXIS);
      } else if (has(shrink, i)) {
        parts.add(new At(begin.get(i)));
      } else {
        Optional<Integer> from = Optional.of(begin.get(i)).filter(openUnless(beginMask, i));
        Optional<Integer> to = Optional.of(end.get(i)).filter(openUnless(endMask, i));
        parts.add(span(call, from, to, step.get(i)));
      }
    }
    return parts;
  }

  private static boolean has(int mask, int bit) {
    return (mask >> bit & 1) == 1;
  }

  private static java.util.function.Predicate<Integer> openUnless(int mask, int bit) {
    return bound -> !has(mask, bit);
  }

  /** {@code tf.slice}: from {@code begin}, {@code size} elements or (−1) all that follow. */
  static Result slice(OperationCall call) {
    List<Integer> begin = call.integers(1, "begin").orElseThrow(() -> call.unsupported("no begin"));
    List<Integer> size = call.integers(2, "size").orElseThrow(() -> call.unsupported("no size"));
    List<Integer> dims = call.shape().dims();
    if (begin.size() != dims.size() || size.size() != dims.size()) {
      throw call.unsupported("a slice of fewer dimensions than the value");
    }
    List<Range> ranges = new ArrayList<>();
    List<Integer> result = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      boolean batch = dims.get(i) == Shape.UNKNOWN;
      if (!batch && (begin.get(i) < 0 || begin.get(i) + size.get(i) > dims.get(i))) {
        throw call.unsupported("a slice from " + begin + " of " + size + ", beyond the value");
      }
      Optional<Integer> end =
          size.get(i) < 0 ? Optional.empty() : Optional.of(begin.get(i) + size.get(i));
      take(call, new Span(Optional.of(begin.get(i)), end, 1), dims.get(i), ranges, result);
    }
    return apply(call, new Cut(ranges, result));
  }

  private static Result apply(OperationCall call, Cut cut) {
    if (cut.result().isEmpty() || cut.result().get(0) != Shape.UNKNOWN) {
      throw call.unsupported("a new axis before the batch");
    }
    List<Integer> sample = cut.result().subList(1, cut.result().size());
    String taken = taken(call, call.x(), cut.ranges());
    String y = ShapeLayers.reshaped(call.layer(), taken, sample);
    boolean plain = cut.ranges().stream().allMatch(r -> r.step() == 1) && !taken.equals(call.x());
    boolean unchanged = y.equals(call.x());
    return new Result(
        List.of(y),
        unchanged
            ? Optional.of(Equivalent.activation("linear"))
            : plain ? cropping(call.shape(), cut.ranges(), sample) : Optional.empty());
  }

  /** What the ranges say of a value; the batch whole. */
  static String taken(OperationCall call, String x, List<Range> ranges) {
    List<Integer> dims = call.shape(x).dims();
    boolean all = true;
    for (int i = 1; i < ranges.size(); i++) {
      all &= ranges.get(i).equals(Range.all(dims.get(i)));
    }
    if (all) {
      return x;
    }
    List<Integer> begin = new ArrayList<>(ranges.stream().map(Range::begin).toList());
    List<Integer> end = new ArrayList<>(ranges.stream().map(Range::end).toList());
    begin.set(0, 0);
    end.set(0, 1); // the batch's entry is ignored
    return call.add(new Op.Slice(begin, end, ranges.stream().map(Range::step).toList()), x);
  }

  /** Cropping of images, with the channels turned to the front where they are cut. */
  private static Optional<Equivalent> cropping(Shape x, List<Range> ranges, List<Integer> sample) {
    if (x.rank() != 4) {
      return Optional.empty();
    }
    List<Integer> begin = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      begin.add(i == 0 ? 0 : ranges.get(i).begin());
      after.add(i == 0 ? 0 : x.dim(i) - ranges.get(i).end());
    }
    Equivalent crop =
        Equivalent.of("Cropping2D", MovementOperations.margins("cropping", begin, after));
    if (begin.get(3) + after.get(3) != 0) {
      List<Integer> channels = List.of(0, begin.get(3), 0);
      List<Integer> behind = List.of(0, after.get(3), 0);
      crop =
          crop.then("Permute", Equivalent.ints("dims", List.of(3, 1, 2)))
              .then("Cropping2D", MovementOperations.margins("cropping", channels, behind))
              .then("Permute", Equivalent.ints("dims", List.of(2, 3, 1)));
    }
    return Optional.of(
        sample.size() == 3 ? crop : crop.then("Reshape", Equivalent.ints("target_shape", sample)));
  }

  /** {@code width} elements of one dimension from {@code begin} on. */
  static String part(OperationCall call, String x, int axis, int begin, int width) {
    List<Range> ranges = new ArrayList<>();
    for (int dimension : call.shape(x).dims()) {
      ranges.add(Range.all(dimension));
    }
    ranges.set(axis, new Range(begin, begin + width, 1));
    return taken(call, x, ranges);
  }

  static Result split(OperationCall call) {
    // TensorFlow's node has the axis first.
    if (call.layer().options().has("node_def")) {
      throw call.unsupported("a split of TensorFlow 2.0 to 2.3");
    }
    int axis = call.axis(call.integer(2, "axis").orElse(0));
    JsonNode given =
        call.option(1, "indices_or_sections", "num_or_size_splits")
            .orElseThrow(() -> call.unsupported("sizes that are computed"));
    call.option(3, "num");
    boolean indices = call.option(-1, "indices_or_sections").isPresent();
    List<Integer> bounds = bounds(call, given, indices, call.shape().dim(axis));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i + 1 < bounds.size(); i++) {
      int width = bounds.get(i + 1) - bounds.get(i);
      if (width < 1) {
        throw call.unsupported("a split at " + bounds);
      }
      parts.add(part(call, call.x(), axis, bounds.get(i), width));
    }
    return new Result(parts, Optional.empty());
  }

  /** Where the parts begin, and where the last ends. */
  private static List<Integer> bounds(
      OperationCall call, JsonNode given, boolean indices, int size) {
    List<Integer> bounds = new ArrayList<>(List.of(0));
    if (!given.isArray()) {
      int sections = given.asInt(0);
      if (sections < 1 || size % sections != 0) {
        throw call.unsupported(size + " in " + given + " parts");
      }
      for (int i = 1; i <= sections; i++) {
        bounds.add(i * (size / sections));
      }
      return bounds;
    }
    int last = 0;
    int stated = 0;
    for (JsonNode value : given) {
      stated += Math.max(0, value.asInt(0));
    }
    for (JsonNode value : given) {
      int width = value.asInt(0) < 0 ? size - stated : value.asInt(0); // −1: what is left
      last = indices ? value.asInt(0) : last + width;
      bounds.add(last);
    }
    if (indices) {
      bounds.add(size);
    }
    if (bounds.get(bounds.size() - 1) != size) {
      throw call.unsupported("parts of " + given + " of " + size);
    }
    return bounds;
  }

  /** Each element along an axis, without it. */
  static Result unstack(OperationCall call) {
    int axis = call.axis(call.integer(2, "axis").orElse(0));
    call.option(1, "num");
    List<Integer> sample = call.layer().sample(call.x());
    sample.remove(axis - 1);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < call.shape().dim(axis); i++) {
      parts.add(ShapeLayers.reshaped(call.layer(), part(call, call.x(), axis, i, 1), sample));
    }
    return new Result(parts, Optional.empty());
  }
}
