package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.keras.layer.OperationSlices.Range;
import dev.secateur.keras.layer.Operations.Result;
import dev.secateur.keras.refusal.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Operations that only move values: reshapes, transpositions, joins, copies, paddings. */
final class MovementOperations {
  private static final int MOST = 1 << 16;

  private MovementOperations() {}

  static void register(Operations.Registry to) {
    to.put(MovementOperations::reshape, "reshape");
    to.put(MovementOperations::flatten, "flatten");
    to.put(MovementOperations::transpose, "transpose");
    to.put(MovementOperations::swapAxes, "swapaxes");
    to.put(MovementOperations::moveAxis, "moveaxis");
    to.put(MovementOperations::expandDims, "expanddims");
    to.put(MovementOperations::squeeze, "squeeze");
    to.put(MovementOperations::concat, "concat", "concatv2", "concatenate");
    to.put(MovementOperations::stack, "stack", "pack");
    to.put(MovementOperations::pad, "pad", "padv2", "mirrorpad");
    to.put(MovementOperations::tile, "tile");
    to.put(MovementOperations::repeat, "repeat");
    to.put(MovementOperations::broadcast, "broadcastto");
    to.put(MovementOperations::flip, "flip", "reverse", "reversev2");
    to.put(MovementOperations::roll, "roll");
    to.put(MovementOperations::take, "take", "gather", "gatherv2");
    to.put(c -> Result.of(c.add(new Op.DepthToSpace(block(c)), c.x())), "depthtospace");
    to.put(c -> Result.of(c.add(new Op.SpaceToDepth(block(c)), c.x())), "spacetodepth");
    to.put(OperationSlices::item, "getitem", "stridedslice");
    to.put(OperationSlices::slice, "slice");
    to.put(OperationSlices::split, "split", "splitv");
    to.put(OperationSlices::unstack, "unstack", "unpack");
  }

  private static Result reshape(OperationCall call) {
    List<Integer> shape =
        call.integers(1, "newshape", "shape")
            .orElseThrow(() -> call.unsupported("a shape that is computed"));
    if (shape.isEmpty()) {
      throw call.unsupported("a shape without the batch");
    }
    String y = ShapeLayers.reshaped(call.layer(), call.x(), shape.subList(1, shape.size()));
    return Result.of(y, asReshape(call, y));
  }

  private static Equivalent asReshape(OperationCall call, String y) {
    return Equivalent.of("Reshape", Equivalent.ints("target_shape", call.layer().sample(y)));
  }

  private static Result flatten(OperationCall call) {
    String y = call.layer().reshape(call.x(), Math.toIntExact(call.shape().size()));
    return Result.of(y, Equivalent.of("Flatten"));
  }

  private static Result transpose(OperationCall call) {
    if (call.flag(false, 2, "conjugate")) {
      throw call.unsupported("a conjugate");
    }
    return permuted(
        call, call.integers(1, "perm", "axes").orElseThrow(() -> call.unsupported("no order")));
  }

  private static Result permuted(OperationCall call, List<Integer> order) {
    int rank = call.shape().rank();
    List<Integer> positive = order.stream().map(a -> a < 0 ? a + rank : a).toList();
    String y = ShapeLayers.permuted(call.layer(), call.x(), positive);
    List<Integer> dims = positive.subList(1, rank);
    return Result.of(y, Equivalent.of("Permute", Equivalent.ints("dims", dims)));
  }

  private static List<Integer> order(OperationCall call) {
    return new ArrayList<>(IntStream.range(0, call.shape().rank()).boxed().toList());
  }

  private static int axis(OperationCall call, int position, String name) {
    return call.axis(
        call.integer(position, name).orElseThrow(() -> call.unsupported("no " + name)));
  }

  private static Result swapAxes(OperationCall call) {
    List<Integer> order = order(call);
    Collections.swap(order, axis(call, 1, "axis1"), axis(call, 2, "axis2"));
    return permuted(call, order);
  }

  private static Result moveAxis(OperationCall call) {
    List<Integer> from =
        call.integers(1, "source").orElseThrow(() -> call.unsupported("no source"));
    List<Integer> to =
        call.integers(2, "destination").orElseThrow(() -> call.unsupported("no destination"));
    if (from.size() != to.size()) {
      throw call.unsupported("moving " + from + " to " + to);
    }
    List<Integer> rest = order(call);
    Integer[] order = new Integer[rest.size()];
    for (int i = 0; i < from.size(); i++) {
      int axis = call.axis(from.get(i));
      order[call.axis(to.get(i))] = axis;
      rest.remove((Integer) axis);
    }
    for (int i = 0, next = 0; i < order.length; i++) {
      if (order[i] == null) {
        order[i] = rest.get(next++);
      }
    }
    return permuted(call, List.of(order));
  }

  private static Result expandDims(OperationCall call) {
    List<Integer> axes = call.integers(1, "axis", "dim").orElse(List.of(-1));
    List<Integer> sample = call.layer().sample(call.x());
    int rank = sample.size() + 1 + axes.size();
    for (int axis :
        axes.stream().map(a -> call.layer().options().axis(a, rank, "axis")).sorted().toList()) {
      sample.add(axis - 1, 1);
    }
    String y = ShapeLayers.reshaped(call.layer(), call.x(), sample);
    return Result.of(y, asReshape(call, y));
  }

  private static Result squeeze(OperationCall call) {
    Shape shape = call.shape();
    List<Integer> axes =
        call.axes(1, "axis", "squeeze_dims")
            .filter(given -> !given.isEmpty())
            .orElseGet(
                () ->
                    IntStream.range(1, shape.rank())
                        .filter(i -> shape.dim(i) == 1)
                        .boxed()
                        .toList());
    List<Integer> sample = new ArrayList<>();
    for (int i = 1; i < shape.rank(); i++) {
      if (!axes.contains(i)) {
        sample.add(shape.dim(i));
      }
    }
    String y = ShapeLayers.reshaped(call.layer(), call.x(), sample);
    return Result.of(y, asReshape(call, y));
  }

  private static Result concat(OperationCall call) {
    List<String> parts = call.tensors("values", "xs", "x");
    boolean node = call.layer().options().has("node_def");
    int axis = call.integer(node ? parts.size() : 1, "axis").orElse(call.keras3() ? -1 : 0);
    LayerContext on = call.layer().on(parts.toArray(String[]::new));
    String y = MergeLayers.concatenate(on, axis);
    Equivalent joined = Equivalent.of("Concatenate", Equivalent.config().put("axis", axis));
    return parts.size() > 1 ? Result.of(y, joined) : Result.of(y);
  }

  private static Result stack(OperationCall call) {
    List<String> parts = call.tensors("values", "x", "xs");
    int rank = call.shape(parts.get(0)).rank() + 1;
    int axis = call.layer().options().axis(call.integer(1, "axis").orElse(0), rank, "axis");
    List<String> expanded = new ArrayList<>();
    for (String part : parts) {
      List<Integer> sample = call.layer().sample(part);
      sample.add(axis - 1, 1);
      expanded.add(ShapeLayers.reshaped(call.layer(), part, sample));
    }
    return Result.of(joined(call, expanded, axis));
  }

  private static String joined(OperationCall call, List<String> parts, int axis) {
    return parts.size() == 1 ? parts.get(0) : call.layer().add(new Op.Concat(axis), parts);
  }

  private static Result pad(OperationCall call) {
    JsonNode widths =
        call.option(1, "pad_width", "paddings").orElseThrow(() -> call.unsupported("no widths"));
    // Keras 3 has the mode in the configuration, and the value at this place.
    String mode = call.text("constant", call.keras3() ? -1 : 2, "mode");
    Op.PadMode padMode =
        switch (mode) {
          case "constant" -> Op.PadMode.CONSTANT;
          case "reflect" -> Op.PadMode.REFLECT;
          case "symmetric" -> Op.PadMode.SYMMETRIC;
          default -> throw call.unsupported("the padding mode " + mode);
        };
    float value = call.number(call.keras3() ? 1 : 3, "constant_values").orElse(0f);
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    int rank = call.shape().rank();
    if (widths.size() != rank) {
      throw call.unsupported("the padding " + Reason.abbreviated(widths.toString()));
    }
    for (int i = 0; i < rank; i++) {
      before.add(width(call, widths.path(i).path(0)));
      after.add(width(call, widths.path(i).path(1)));
    }
    if (before.get(0) + after.get(0) != 0) {
      throw call.unsupported("padding of the batch");
    }
    String y = call.add(new Op.Pad(before, after, padMode, value), call.x());
    boolean zeros = padMode == Op.PadMode.CONSTANT && value == 0;
    boolean spatial = rank == 4 && before.get(3) + after.get(3) == 0;
    return zeros && spatial
        ? Result.of(y, Equivalent.of("ZeroPadding2D", margins("padding", before, after)))
        : Result.of(y);
  }

  static ObjectNode margins(String key, List<Integer> before, List<Integer> after) {
    ObjectNode config = Equivalent.config();
    ArrayNode all = config.putArray(key);
    for (int i = 1; i <= 2; i++) {
      all.addArray().add(before.get(i)).add(after.get(i));
    }
    return config;
  }

  private static int width(OperationCall call, JsonNode node) {
    if (!node.isInt() || node.asInt() < 0 || node.asInt() > MOST) {
      throw call.unsupported("the padding " + Reason.abbreviated(node.toString()));
    }
    return node.asInt();
  }

  private static Result tile(OperationCall call) {
    List<Integer> multiples =
        new ArrayList<>(
            call.integers(1, "multiples", "repeats")
                .orElseThrow(() -> call.unsupported("computed multiples")));
    while (multiples.size() < call.shape().rank()) {
      multiples.add(0, 1); // NumPy's rule
    }
    return Result.of(tiled(call, call.x(), multiples));
  }

  private static String tiled(OperationCall call, String x, List<Integer> multiples) {
    boolean fits =
        multiples.size() == call.shape(x).rank()
            && multiples.get(0) == 1
            && multiples.stream().allMatch(m -> m >= 1 && m <= MOST);
    if (!fits) {
      throw call.unsupported("the copies " + multiples + " of " + call.shape(x));
    }
    boolean same = multiples.stream().allMatch(m -> m == 1);
    return same ? x : call.add(new Op.Tile(multiples), x);
  }

  /** Each element several times, one after the other. */
  private static Result repeat(OperationCall call) {
    int times = call.integer(1, "repeats").orElseThrow(() -> call.unsupported("no repeats"));
    int axis = axis(call, 2, "axis");
    Shape x = call.shape();
    int outer = (int) new Shape(x.dims().subList(1, axis)).size();
    int inner = (int) new Shape(x.dims().subList(axis + 1, x.rank())).size();
    String apart = call.layer().reshape(call.x(), outer, x.dim(axis), 1, inner);
    String copies = tiled(call, apart, List.of(1, 1, 1, times, 1));
    List<Integer> sample = call.layer().sample(call.x());
    sample.set(axis - 1, Math.multiplyExact(x.dim(axis), times));
    return Result.of(ShapeLayers.reshaped(call.layer(), copies, sample));
  }

  private static Result broadcast(OperationCall call) {
    List<Integer> target =
        call.integers(1, "shape").orElseThrow(() -> call.unsupported("a computed shape"));
    List<Integer> dims = new ArrayList<>(call.shape().dims());
    if (target.size() != dims.size()) {
      throw call.unsupported("a broadcast of " + call.shape() + " to " + target);
    }
    List<Integer> multiples = new ArrayList<>(List.of(1));
    for (int i = 1; i < dims.size(); i++) {
      boolean same = target.get(i).equals(dims.get(i));
      if (!same && dims.get(i) != 1) {
        throw call.unsupported("a broadcast of " + call.shape() + " to " + target);
      }
      multiples.add(same ? 1 : target.get(i));
    }
    return Result.of(tiled(call, call.x(), multiples));
  }

  private static Result flip(OperationCall call) {
    List<Integer> axes =
        call.axes(1, "axis").orElseThrow(() -> call.unsupported("turning the batch around"));
    return Result.of(flipped(call, call.x(), axes));
  }

  static String flipped(OperationCall call, String x, List<Integer> axes) {
    List<Range> ranges = new ArrayList<>();
    List<Integer> dims = call.shape(x).dims();
    for (int i = 0; i < dims.size(); i++) {
      ranges.add(axes.contains(i) ? new Range(dims.get(i) - 1, -1, -1) : Range.all(dims.get(i)));
    }
    return OperationSlices.taken(call, x, ranges);
  }

  private static Result roll(OperationCall call) {
    List<Integer> shifts =
        call.integers(1, "shift").orElseThrow(() -> call.unsupported("a computed shift"));
    List<Integer> axes =
        call.integers(2, "axis").orElseThrow(() -> call.unsupported("rolling the batch"));
    if (shifts.size() != axes.size()) {
      throw call.unsupported("shifts " + shifts + " along " + axes);
    }
    String y = call.x();
    for (int i = 0; i < axes.size(); i++) {
      int axis = call.axis(axes.get(i));
      int size = call.shape().dim(axis);
      int shift = Math.floorMod(shifts.get(i), size);
      if (shift > 0) {
        String last = OperationSlices.part(call, y, axis, size - shift, shift);
        String first = OperationSlices.part(call, y, axis, 0, size - shift);
        y = call.layer().add(new Op.Concat(axis), last, first);
      }
    }
    return Result.of(y);
  }

  /** Elements of one axis by a list of constant indices. */
  private static Result take(OperationCall call) {
    if (call.integer(-1, "batch_dims").orElse(0) != 0) {
      throw call.unsupported("batch_dims");
    }
    JsonNode indices =
        call.option(1, "indices").orElseThrow(() -> call.unsupported("computed indices"));
    boolean node = call.layer().options().has("node_def");
    int axis = axis(call, node ? 2 : 3, "axis");
    int size = call.shape().dim(axis);
    List<Integer> chosen = new ArrayList<>();
    for (JsonNode index : indices.isArray() ? indices : List.of(indices)) {
      int at = index.asInt(Integer.MAX_VALUE);
      // TensorFlow has no negative indices.
      int positive = at < 0 && call.keras3() ? at + size : at;
      if (positive < 0 || positive >= size || !index.isInt()) {
        throw call.unsupported("the index " + index + " of " + size);
      }
      chosen.add(positive);
    }
    if (chosen.isEmpty()) {
      throw call.unsupported("an empty list of indices");
    }
    List<String> parts = new ArrayList<>();
    for (int from = 0; from < chosen.size(); ) {
      int to = from + 1;
      while (to < chosen.size() && chosen.get(to) == chosen.get(to - 1) + 1) {
        to++;
      }
      parts.add(OperationSlices.part(call, call.x(), axis, chosen.get(from), to - from));
      from = to;
    }
    String y = joined(call, parts, axis);
    if (indices.isArray()) {
      return Result.of(y);
    }
    List<Integer> sample = call.layer().sample(y);
    sample.remove(axis - 1);
    return Result.of(ShapeLayers.reshaped(call.layer(), y, sample));
  }

  private static int block(OperationCall call) {
    return call.integer(1, "block_size").orElseThrow(() -> call.unsupported("no block_size"));
  }
}
