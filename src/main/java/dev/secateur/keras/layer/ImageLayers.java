package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.ResizeMethod;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Image preprocessing inside the model; augmentation, which does nothing at inference. */
public final class ImageLayers {
  private static final List<String> AUGMENTATION =
      List.of(
          "RandomFlip",
          "RandomRotation",
          "RandomZoom",
          "RandomTranslation",
          "RandomContrast",
          "RandomBrightness",
          "RandomHeight",
          "RandomWidth",
          "RandomColorJitter",
          "RandomColorDegeneration",
          "RandomErasing",
          "RandomGaussianBlur",
          "RandomElasticTransform",
          "RandomGrayscale",
          "RandomHue",
          "RandomInvert",
          "RandomPerspective",
          "RandomPosterization",
          "RandomSaturation",
          "RandomSharpness",
          "RandomShear",
          "AugMix",
          "CutMix",
          "MixUp",
          "RandAugment");

  /** What the layers above take, in all versions; none of it matters where nothing is augmented. */
  private static final String[] AUGMENTATION_ARGUMENTS = {
    "all_ops",
    "alpha",
    "bounding_box_format",
    "brightness_factor",
    "chain_depth",
    "contrast_factor",
    "factor",
    "fill_mode",
    "fill_value",
    "height_factor",
    "hue_factor",
    "interpolation",
    "kernel_size",
    "lower",
    "mode",
    "num_chains",
    "num_ops",
    "rate",
    "saturation_factor",
    "scale",
    "stddev", // sigma
    "upper",
    "value_range",
    "width_factor",
    "x_factor",
    "y_factor"
  };

  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Rescaling", ImageLayers::rescaling)
              .axes(Axes.ALIKE)
              .writes("scale", "offset"),
          LayerType.of("Resizing", ImageLayers::resizing)
              .axes(Axes.BY_FORMAT)
              .only("fill_mode", "constant")
              .only("fill_value", 0)
              .writes("height", "width", "interpolation", "crop_to_aspect_ratio"),
          LayerType.of("CenterCrop", ImageLayers::centerCrop)
              .axes(Axes.BY_FORMAT)
              .writes("height", "width"),
          LayerType.of("RandomCrop", ImageLayers::randomCrop)
              .axes(Axes.BY_FORMAT)
              .harmless("bounding_box_format")
              .writing(ImageLayers::writtenRandomCrop));

  private ImageLayers() {}

  /** Augmentation, which changes nothing at inference. */
  static Stream<LayerType> augmentation() {
    return AUGMENTATION.stream()
        .map(
            name ->
                LayerType.of(name, ImageLayers::notInTraining)
                    .axes(Axes.ALIKE)
                    .harmless(AUGMENTATION_ARGUMENTS)
                    .writtenAsNothing());
  }

  private static String notInTraining(LayerContext layer) {
    layer.refuseTrainingMode();
    return layer.input();
  }

  /**
   * Random in training. At inference Keras 2, and Keras 3 before 3.6, resize the largest centred
   * window of the crop's aspect ratio; from 3.8 on, Keras 3 leaves the image as it is.
   */
  private static String randomCrop(LayerContext layer) {
    layer.refuseTrainingMode();
    layer.shape(4);
    int height = layer.options().count("height");
    int width = layer.options().count("width");
    if (cropsAtInference(layer.dialect())) {
      String cropped = croppedTo(layer, layer.input(), height, width);
      return resized(layer, cropped, ResizeMethod.BILINEAR, height, width);
    }
    if (!layer.dialect().isSince(3, 8)) {
      throw Refusal.option(
          layer.path(), "RandomCrop of Keras 3.6 and 3.7, which do not agree with any other");
    }
    return layer.input();
  }

  private static boolean cropsAtInference(Dialect dialect) {
    return !dialect.isSince(3, 6);
  }

  private static LayerType.Written writtenRandomCrop(Options read, Dialect dialect) {
    if (!cropsAtInference(dialect)) {
      return LayerType.Written.nothing();
    }
    return new LayerType.Written(
        "Resizing",
        Equivalent.config()
            .put("height", read.count("height"))
            .put("width", read.count("width"))
            .put("crop_to_aspect_ratio", true));
  }

  /** {@code x·scale + offset}; both may be lists, for the last dimensions. */
  private static String rescaling(LayerContext layer) {
    float[] scale = Numbers.flat(layer.path(), layer.options().get("scale"));
    float[] offset =
        layer.options().has("offset")
            ? Numbers.flat(layer.path(), layer.options().get("offset"))
            : new float[] {0};
    String scaled = affine(layer, layer.input(), BinaryKind.MULTIPLY, "scale", scale, 1);
    return affine(layer, scaled, BinaryKind.ADD, "offset", offset, 0);
  }

  /** With a constant of one number or one a channel; left out where it changes nothing. */
  private static String affine(
      LayerContext layer, String x, BinaryKind kind, String name, float[] by, float neutral) {
    int channels = layer.graph().shape(x).last();
    if (by.length != 1 && by.length != channels) {
      throw Refusal.config(
          layer.path(), name + " has " + by.length + " numbers for " + channels + " channels");
    }
    if (by.length == 1 && by[0] == neutral) {
      return x;
    }
    Tensor value = by.length == 1 ? Tensor.scalar(by[0]) : Tensor.of(by, by.length);
    return layer.add(new Op.Binary(kind), x, layer.constant(name, value));
  }

  static ResizeMethod method(LayerContext layer, String fallback) {
    String method = layer.options().text("interpolation", fallback).toLowerCase(Locale.ROOT);
    return switch (method) {
      case "nearest" -> ResizeMethod.NEAREST;
      case "bilinear" -> ResizeMethod.BILINEAR;
      default -> throw Refusal.option(layer.path(), "the interpolation " + method);
    };
  }

  private static String resizing(LayerContext layer) {
    Options options = layer.options();
    int height = options.count("height");
    int width = options.count("width");
    if (options.flag("pad_to_aspect_ratio", false) || options.flag("antialias", false)) {
      throw Refusal.option(layer.path(), "pad_to_aspect_ratio or antialias");
    }
    layer.shape(4);
    String x = layer.input();
    if (options.flag("crop_to_aspect_ratio", false)) {
      x = croppedTo(layer, x, height, width);
    }
    return resized(layer, x, method(layer, "bilinear"), height, width);
  }

  static String resized(LayerContext layer, String x, ResizeMethod method, int height, int width) {
    Shape now = layer.graph().shape(x);
    boolean same = now.dim(1) == height && now.dim(2) == width;
    return same ? x : layer.add(new Op.Resize(method, height, width, false, true), x);
  }

  /** The largest centred window of the target's aspect ratio, as smart_resize cuts it. */
  private static String croppedTo(LayerContext layer, String x, int height, int width) {
    Shape shape = layer.graph().shape(x);
    int h = shape.dim(1);
    int w = shape.dim(2);
    int cropHeight = Math.max(1, Math.min(h, (int) ((float) (w * (long) height) / width)));
    int cropWidth = Math.max(1, Math.min(w, (int) ((float) (h * (long) width) / height)));
    int top = (int) ((h - cropHeight) / 2f);
    int left = (int) ((w - cropWidth) / 2f);
    return window(layer, x, top, left, cropHeight, cropWidth);
  }

  private static String window(
      LayerContext layer, String x, int top, int left, int height, int width) {
    Shape shape = layer.graph().shape(x);
    if (shape.dim(1) == height && shape.dim(2) == width) {
      return x;
    }
    List<Integer> begin = new ArrayList<>(List.of(0, top, left, 0));
    List<Integer> end = new ArrayList<>(List.of(1, top + height, left + width, shape.dim(3)));
    return ShapeLayers.sliced(layer, x, begin, end);
  }

  /** The centre where the input is large enough, else a smart resize. */
  private static String centerCrop(LayerContext layer) {
    Shape x = layer.shape(4);
    int height = layer.options().count("height");
    int width = layer.options().count("width");
    int top = x.dim(1) - height;
    int left = x.dim(2) - width;
    if (top >= 0 && left >= 0) {
      return window(layer, layer.input(), top / 2, left / 2, height, width);
    }
    String cropped = croppedTo(layer, layer.input(), height, width);
    return resized(layer, cropped, ResizeMethod.BILINEAR, height, width);
  }
}
