package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.PadMode;
import dev.secateur.graph.Op.ResizeMethod;
import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Layers that only move values: reshape, permute, pad, crop, repeat. */
public final class ShapeLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Flatten", ShapeLayers::flatten).axes(Axes.BY_FORMAT),
          LayerType.of("Reshape", ShapeLayers::reshape).writes("target_shape"),
          LayerType.of("Permute", ShapeLayers::permute).writes("dims"),
          LayerType.of("RepeatVector", ShapeLayers::repeat).writes("n"),
          LayerType.of("ZeroPadding1D", l -> pad(l, 1))
              .axes(Axes.BY_FORMAT)
              .writes(margins("padding", 1)),
          LayerType.of("ZeroPadding2D", l -> pad(l, 2))
              .axes(Axes.BY_FORMAT)
              .writes(margins("padding", 2)),
          LayerType.of("Cropping1D", l -> crop(l, 1)).writes(margins("cropping", 1)),
          LayerType.of("Cropping2D", l -> crop(l, 2))
              .axes(Axes.BY_FORMAT)
              .writes(margins("cropping", 2)),
          LayerType.of("UpSampling1D", ShapeLayers::upSampling1d).writes("size"),
          LayerType.of("UpSampling2D", ShapeLayers::upSampling2d)
              .axes(Axes.BY_FORMAT)
              .writes("size", "interpolation"));

  private ShapeLayers() {}

  private static String flatten(LayerContext layer) {
    return layer.reshape(layer.input(), Math.toIntExact(layer.shape().size()));
  }

  private static String reshape(LayerContext layer) {
    return reshaped(layer, layer.input(), layer.options().integers("target_shape"));
  }

  /** To a shape without the batch, one dimension of which may be −1. */
  static String reshaped(LayerContext layer, String value, List<Integer> target) {
    long size = layer.graph().shape(value).size();
    int unknown = target.indexOf(-1);
    List<Integer> shape = new ArrayList<>(target);
    if (unknown >= 0) {
      shape.set(unknown, 1);
      long known = Math.max(1, new Shape(shape).size());
      shape.set(unknown, (int) (size / known));
    }
    if (shape.stream().anyMatch(d -> d < 1) || new Shape(shape).size() != size) {
      throw Refusal.config(
          layer.path(), "cannot reshape " + layer.graph().shape(value) + " into " + target);
    }
    return layer.reshape(value, shape.stream().mapToInt(i -> i).toArray());
  }

  private static String permute(LayerContext layer) {
    List<Integer> order = new ArrayList<>(List.of(0));
    order.addAll(layer.options().integers("dims"));
    return permuted(layer, layer.input(), order);
  }

  static String permuted(LayerContext layer, String value, List<Integer> order) {
    List<Integer> sorted = new ArrayList<>(order);
    Collections.sort(sorted);
    int rank = layer.graph().shape(value).rank();
    for (int i = 0; i < rank; i++) {
      if (sorted.size() != rank || sorted.get(i) != i || order.get(0) != 0) {
        throw Refusal.config(layer.path(), "cannot permute " + rank + " dimensions by " + order);
      }
    }
    return layer.add(new Op.Permute(order), value);
  }

  private static String repeat(LayerContext layer) {
    Shape x = layer.shape(2);
    int n = layer.options().count("n");
    String row = layer.reshape(layer.input(), 1, x.dim(1));
    return layer.add(new Op.Tile(List.of(1, n, 1)), row);
  }

  private static LayerType.Completing margins(String key, int dimensions) {
    return (read, written) -> {
      ArrayNode all = JsonNodeFactory.instance.arrayNode();
      for (int[] pair : margins(read, key, dimensions)) {
        all.addArray().add(pair[0]).add(pair[1]);
      }
      written.set(key, dimensions == 1 ? all.get(0) : all);
    };
  }

  /** What is added or taken before and after each of the spatial dimensions. */
  public static int[][] margins(Options options, String key, int dimensions) {
    JsonNode option = options.get(key);
    int[][] margins = new int[dimensions][2];
    if (option.isObject()) { // Keras 1: {"top_pad": …} or {"left_pad": …, "right_pad": …}
      option = keras1(option, dimensions);
    }
    boolean flat = option.isArray() && option.size() == 2 * dimensions && option.get(0).isInt();
    for (int d = 0; d < dimensions; d++) {
      for (int side = 0; side < 2; side++) {
        JsonNode value = option;
        if (flat) { // Keras 1's (top, bottom, left, right), or one dimension's pair
          value = option.get(2 * d + side);
        } else if (option.isArray()) {
          JsonNode own = option.path(d);
          value = own.isArray() ? own.path(side) : own;
        }
        int width = value.isMissingNode() && option.isMissingNode() ? 1 : value.asInt(-1);
        if (width < 0 || width > 1 << 16) {
          throw Refusal.config(options.place(), key + " " + Reason.abbreviated(option.toString()));
        }
        margins[d][side] = width;
      }
    }
    return margins;
  }

  private static JsonNode keras1(JsonNode option, int dimensions) {
    var flat = JsonNodeFactory.instance.arrayNode();
    List<String> keys =
        dimensions == 2
            ? List.of("top_pad", "bottom_pad", "left_pad", "right_pad")
            : List.of("left_pad", "right_pad");
    keys.forEach(k -> flat.add(option.path(k).asInt(0)));
    return flat;
  }

  private static String pad(LayerContext layer, int dimensions) {
    Shape x = layer.shape(dimensions + 2);
    int[][] margins = margins(layer.options(), "padding", dimensions);
    List<Integer> before = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> after = new ArrayList<>(before);
    for (int d = 0; d < dimensions; d++) {
      before.set(d + 1, margins[d][0]);
      after.set(d + 1, margins[d][1]);
    }
    return layer.add(new Op.Pad(before, after, PadMode.CONSTANT, 0), layer.input());
  }

  private static String crop(LayerContext layer, int dimensions) {
    Shape x = layer.shape(dimensions + 2);
    int[][] margins = margins(layer.options(), "cropping", dimensions);
    List<Integer> begin = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> end = new ArrayList<>(x.dims());
    for (int d = 0; d < dimensions; d++) {
      begin.set(d + 1, margins[d][0]);
      end.set(d + 1, x.dim(d + 1) - margins[d][1]);
    }
    return sliced(layer, layer.input(), begin, end);
  }

  static String sliced(LayerContext layer, String value, List<Integer> begin, List<Integer> end) {
    end.set(0, 1); // the batch's entry is ignored
    List<Integer> ones = Collections.nCopies(begin.size(), 1);
    return layer.add(new Op.Slice(begin, end, ones), value);
  }

  private static String upSampling1d(LayerContext layer) {
    Shape x = layer.shape(3);
    int times = layer.options().count("size", 2);
    String image = layer.reshape(layer.input(), 1, x.dim(1), x.dim(2));
    int width = Math.multiplyExact(x.dim(1), times);
    String y = layer.add(new Op.Resize(ResizeMethod.NEAREST, 1, width, false, true), image);
    return layer.reshape(y, width, x.dim(2));
  }

  private static String upSampling2d(LayerContext layer) {
    Shape x = layer.shape(4);
    Op.Size times = layer.options().size("size", new Op.Size(2, 2));
    ResizeMethod method = ImageLayers.method(layer, "nearest");
    int height = Math.multiplyExact(x.dim(1), times.height());
    int width = Math.multiplyExact(x.dim(2), times.width());
    return layer.add(new Op.Resize(method, height, width, false, true), layer.input());
  }
}
