package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.PoolKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import java.util.List;

/** Pooling over windows and over everything. */
final class PoolingLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("MaxPooling2D", l -> pool2d(l, PoolKind.MAX))
              .alias("MaxPool2D")
              .axes(Axes.BY_FORMAT)
              .writes("pool_size", "strides", "padding"),
          LayerType.of("AveragePooling2D", l -> pool2d(l, PoolKind.AVERAGE))
              .alias("AvgPool2D")
              .axes(Axes.BY_FORMAT)
              .writes("pool_size", "strides", "padding"),
          LayerType.of("MaxPooling1D", l -> pool1d(l, PoolKind.MAX))
              .alias("MaxPool1D")
              .axes(Axes.BY_FORMAT)
              .writes("pool_size", "strides", "padding"),
          LayerType.of("AveragePooling1D", l -> pool1d(l, PoolKind.AVERAGE))
              .alias("AvgPool1D")
              .axes(Axes.BY_FORMAT)
              .writes("pool_size", "strides", "padding"),
          LayerType.of("GlobalMaxPooling2D", l -> global(l, ReduceKind.MAX, List.of(1, 2)))
              .alias("GlobalMaxPool2D")
              .axes(Axes.BY_FORMAT)
              .writes("keepdims"),
          LayerType.of("GlobalAveragePooling2D", l -> global(l, ReduceKind.MEAN, List.of(1, 2)))
              .alias("GlobalAvgPool2D")
              .axes(Axes.BY_FORMAT)
              .writes("keepdims"),
          LayerType.of("GlobalMaxPooling1D", l -> global(l, ReduceKind.MAX, List.of(1)))
              .alias("GlobalMaxPool1D")
              .axes(Axes.BY_FORMAT)
              .writes("keepdims"),
          LayerType.of("GlobalAveragePooling1D", l -> global(l, ReduceKind.MEAN, List.of(1)))
              .alias("GlobalAvgPool1D")
              .axes(Axes.BY_FORMAT)
              .writes("keepdims"));

  private PoolingLayers() {}

  private static String pool2d(LayerContext layer, PoolKind kind) {
    layer.shape(4);
    Size window = layer.options().size("pool_size", new Size(2, 2));
    Size strides = layer.options().size("strides", window);
    Op op = new Op.Pool2D(kind, window, strides, layer.options().padding("valid"));
    return layer.add(op, layer.input());
  }

  private static String pool1d(LayerContext layer, PoolKind kind) {
    Shape x = layer.shape(3);
    Size window = layer.options().length("pool_size", 2);
    Size strides = layer.options().length("strides", window.width());
    Op op = new Op.Pool2D(kind, window, strides, layer.options().padding("valid"));
    String y = layer.add(op, layer.reshape(layer.input(), 1, x.dim(1), x.dim(2)));
    Shape out = layer.graph().shape(y);
    return layer.reshape(y, out.dim(2), out.dim(3));
  }

  private static String global(LayerContext layer, ReduceKind kind, List<Integer> axes) {
    layer.shape(axes.size() + 2);
    boolean keep = layer.options().flag("keepdims", false);
    return layer.add(new Op.Reduce(kind, axes, keep), layer.input());
  }
}
