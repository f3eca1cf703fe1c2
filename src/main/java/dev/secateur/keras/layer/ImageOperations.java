package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.layer.OperationSlices.Range;
import dev.secateur.keras.layer.Operations.Result;
import java.util.ArrayList;
import java.util.List;

/** {@code tf.image} and {@code keras.ops.image}, on batches of images with the channels last. */
final class ImageOperations {
  /** Of red, green and blue in luma (ITU-R BT.601), as both frameworks round them. */
  private static final float[] LUMA = {0.2989f, 0.587f, 0.114f};

  private ImageOperations() {}

  static void register(Operations.Registry to) {
    to.put(
        ImageOperations::resize,
        "resize",
        "resizebilinear",
        "resizenearestneighbor",
        "resizeimages");
    to.put(c -> Result.of(MovementOperations.flipped(c, image(c), List.of(2))), "flipleftright");
    to.put(c -> Result.of(MovementOperations.flipped(c, image(c), List.of(1))), "flipupdown");
    to.put(ImageOperations::rotate, "rot90");
    to.put(c -> Result.of(turned(c, image(c), 1, 2)), "image.transpose");
    to.put(ImageOperations::grayscale, "rgbtograyscale");
    to.put(ImageOperations::colour, "grayscaletorgb");
    to.put(ImageOperations::brightness, "adjustbrightness");
    to.put(ImageOperations::contrast, "adjustcontrast");
    to.put(ImageOperations::standardize, "perimagestandardization");
    to.put(ImageOperations::centralCrop, "centralcrop");
    to.put(ImageOperations::crop, "croptoboundingbox");
    to.put(ImageOperations::place, "padtoboundingbox");
    to.put(ImageOperations::fit, "resizewithcroporpad");
    to.put(ImageOperations::cropImages, "cropimages");
    to.put(ImageOperations::padImages, "padimages");
  }

  private static String image(OperationCall call) {
    if (call.shape().rank() != 4) {
      throw call.unsupported("an image operation on " + call.shape());
    }
    return call.x();
  }

  /**
   * TensorFlow 2 and Keras sample at pixel centres, TensorFlow 1 at corners unless told otherwise.
   */
  private static Result resize(OperationCall call) {
    List<Integer> size =
        call.integers(1, "size").orElseThrow(() -> call.unsupported("a size that is computed"));
    if (call.flag(false, -1, "antialias")
        || call.flag(false, -1, "crop_to_aspect_ratio", "preserve_aspect_ratio")
        || call.flag(false, -1, "pad_to_aspect_ratio")) {
      throw call.unsupported("antialias or aspect ratio");
    }
    call.option(-1, "fill_mode", "fill_value"); // of the padding that there is not
    call.option(-1, "fill_value");
    String method = call.text("bilinear", 2, "interpolation", "method");
    String named = Operations.canonical(call.name());
    boolean nearest = method.equals("nearest") || method.equals("1") || named.contains("nearest");
    if (!nearest && !method.equals("bilinear") && !method.equals("0")) {
      throw call.unsupported("the interpolation " + method);
    }
    if (size.size() != 2 || call.shape().rank() != 4 || size.get(0) < 1 || size.get(1) < 1) {
      throw call.unsupported("the size " + size);
    }
    boolean corners = call.flag(false, -1, "align_corners");
    boolean centres = call.flag(!call.legacy(), -1, "half_pixel_centers");
    var kind = nearest ? Op.ResizeMethod.NEAREST : Op.ResizeMethod.BILINEAR;
    int height = size.get(0);
    int width = size.get(1);
    if (corners || !centres) {
      boolean same = call.shape().dim(1) == height && call.shape().dim(2) == width;
      return Result.of(
          same
              ? call.x()
              : call.add(new Op.Resize(kind, height, width, corners, centres), call.x()));
    }
    String y = ImageLayers.resized(call.layer(), call.x(), kind, height, width);
    ObjectNode config = Equivalent.config().put("height", height).put("width", width);
    config.put("interpolation", nearest ? "nearest" : "bilinear");
    return Result.of(y, Equivalent.of("Resizing", config));
  }

  private static String turned(OperationCall call, String x, int a, int b) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < call.shape(x).rank(); i++) {
      order.add(i == a ? b : i == b ? a : i);
    }
    return call.add(new Op.Permute(order), x);
  }

  /** Quarter turns from the first axis to the second; of an image against the clock. */
  private static Result rotate(OperationCall call) {
    int turns = Math.floorMod(call.integer(1, "k").orElse(1), 4);
    List<Integer> axes =
        call.keras3()
            ? call.integers(2, "axes").orElse(List.of(0, 1)).stream().map(call::axis).toList()
            : List.of(1, 2);
    if (axes.size() != 2) {
      throw call.unsupported("a turn in the axes " + axes);
    }
    int first = axes.get(0);
    int second = axes.get(1);
    String x = call.keras3() ? call.x() : image(call);
    return Result.of(
        switch (turns) {
          case 1 ->
              turned(call, MovementOperations.flipped(call, x, List.of(second)), first, second);
          case 2 -> MovementOperations.flipped(call, x, List.of(first, second));
          case 3 ->
              MovementOperations.flipped(call, turned(call, x, first, second), List.of(second));
          default -> x;
        });
  }

  private static Result grayscale(OperationCall call) {
    if (call.shape().last() != 3) {
      throw call.unsupported("grey of " + call.shape());
    }
    String luma = call.layer().constant("luma", Tensor.of(LUMA, 3, 1));
    return Result.of(call.add(new Op.Dense(), call.x(), luma));
  }

  private static Result colour(OperationCall call) {
    if (image(call).isEmpty() || call.shape().last() != 1) {
      throw call.unsupported("colour of " + call.shape());
    }
    return Result.of(call.add(new Op.Tile(List.of(1, 1, 1, 3)), call.x()));
  }

  private static Result brightness(OperationCall call) {
    float delta = call.number(1, "delta").orElseThrow(() -> call.unsupported("no delta"));
    return Result.of(call.binary(BinaryKind.ADD, call.x(), delta));
  }

  private static Result contrast(OperationCall call) {
    float factor =
        call.number(1, "contrast_factor").orElseThrow(() -> call.unsupported("no factor"));
    String mean = call.add(new Op.Reduce(ReduceKind.MEAN, List.of(1, 2), true), image(call));
    String centred = call.binary(BinaryKind.SUBTRACT, call.x(), mean);
    String scaled = call.binary(BinaryKind.MULTIPLY, centred, factor);
    return Result.of(call.binary(BinaryKind.ADD, scaled, mean));
  }

  /** {@code (x − mean)/max(deviation, 1/√n)} over all n values of an image. */
  private static Result standardize(OperationCall call) {
    List<Integer> all = List.of(1, 2, 3);
    String mean = call.add(new Op.Reduce(ReduceKind.MEAN, all, true), image(call));
    String square = call.binary(BinaryKind.SQUARED_DIFFERENCE, call.x(), mean);
    String variance = call.add(new Op.Reduce(ReduceKind.MEAN, all, true), square);
    String safe = call.binary(BinaryKind.MAXIMUM, variance, 1.0 / call.shape().size());
    String centred = call.binary(BinaryKind.SUBTRACT, call.x(), mean);
    return Result.of(call.binary(BinaryKind.MULTIPLY, centred, call.unary(UnaryKind.RSQRT, safe)));
  }

  private static Result centralCrop(OperationCall call) {
    double fraction =
        call.number(1, "central_fraction").orElseThrow(() -> call.unsupported("no fraction"));
    if (fraction <= 0 || fraction > 1) {
      throw call.unsupported("the fraction " + fraction);
    }
    Shape x = call.shape(image(call));
    int top = (int) ((x.dim(1) - x.dim(1) * fraction) / 2);
    int left = (int) ((x.dim(2) - x.dim(2) * fraction) / 2);
    return Result.of(window(call, top, left, x.dim(1) - 2 * top, x.dim(2) - 2 * left));
  }

  private static String window(OperationCall call, int top, int left, int height, int width) {
    Shape x = call.shape(image(call));
    boolean within =
        top >= 0
            && left >= 0
            && height > 0
            && width > 0
            && top + height <= x.dim(1)
            && left + width <= x.dim(2);
    if (!within) {
      throw call.unsupported(
          "a window of " + height + "×" + width + " at " + top + ", " + left + " of " + x);
    }
    return OperationSlices.taken(
        call,
        call.x(),
        List.of(
            Range.all(x.dim(0)),
            new Range(top, top + height, 1),
            new Range(left, left + width, 1),
            Range.all(x.last())));
  }

  private static int integer(OperationCall call, int position, String name) {
    return call.integer(position, name).orElseThrow(() -> call.unsupported("no " + name));
  }

  private static Result crop(OperationCall call) {
    int top = integer(call, 1, "offset_height");
    int left = integer(call, 2, "offset_width");
    return Result.of(
        window(
            call, top, left, integer(call, 3, "target_height"), integer(call, 4, "target_width")));
  }

  private static Result place(OperationCall call) {
    int top = integer(call, 1, "offset_height");
    int left = integer(call, 2, "offset_width");
    Shape x = call.shape(image(call));
    int bottom = integer(call, 3, "target_height") - top - x.dim(1);
    int right = integer(call, 4, "target_width") - left - x.dim(2);
    return Result.of(padded(call, call.x(), top, bottom, left, right));
  }

  private static String padded(
      OperationCall call, String x, int top, int bottom, int left, int right) {
    if (top < 0 || bottom < 0 || left < 0 || right < 0) {
      throw call.unsupported("a target smaller than the image");
    }
    if (top + bottom + left + right == 0) {
      return x;
    }
    List<Integer> before = List.of(0, top, left, 0);
    List<Integer> after = List.of(0, bottom, right, 0);
    return call.add(new Op.Pad(before, after, Op.PadMode.CONSTANT, 0), x);
  }

  /** The centre where the image is larger, zeros around it where it is smaller. */
  private static Result fit(OperationCall call) {
    Shape x = call.shape(image(call));
    int height = integer(call, 1, "target_height");
    int width = integer(call, 2, "target_width");
    int keptHeight = Math.min(height, x.dim(1));
    int keptWidth = Math.min(width, x.dim(2));
    int top = Math.max(0, (x.dim(1) - height) / 2);
    int left = Math.max(0, (x.dim(2) - width) / 2);
    String kept = window(call, top, left, keptHeight, keptWidth);
    int above = Math.max(0, (height - x.dim(1)) / 2);
    int before = Math.max(0, (width - x.dim(2)) / 2);
    int below = height - keptHeight - above;
    return Result.of(padded(call, kept, above, below, before, width - keptWidth - before));
  }

  /** Of the margins and the target's size, one of each pair is enough. */
  private static int margin(
      OperationCall call, String key, String opposite, String target, int size, boolean grows) {
    var own = call.integer(-1, key);
    var other = call.integer(-1, opposite);
    var whole = call.integer(-1, target);
    int difference = whole.map(t -> grows ? t - size : size - t).orElse(0);
    return own.orElseGet(
        () -> {
          if (whole.isEmpty() || other.isEmpty()) {
            throw call.unsupported("no " + key);
          }
          return difference - other.get();
        });
  }

  private static Result cropImages(OperationCall call) {
    Shape x = call.shape(image(call));
    int h = x.dim(1);
    int w = x.dim(2);
    int top = margin(call, "top_cropping", "bottom_cropping", "target_height", h, false);
    int bottom = margin(call, "bottom_cropping", "top_cropping", "target_height", h, false);
    int left = margin(call, "left_cropping", "right_cropping", "target_width", w, false);
    int right = margin(call, "right_cropping", "left_cropping", "target_width", w, false);
    return Result.of(window(call, top, left, h - top - bottom, w - left - right));
  }

  private static Result padImages(OperationCall call) {
    Shape x = call.shape(image(call));
    int top = margin(call, "top_padding", "bottom_padding", "target_height", x.dim(1), true);
    int bottom = margin(call, "bottom_padding", "top_padding", "target_height", x.dim(1), true);
    int left = margin(call, "left_padding", "right_padding", "target_width", x.dim(2), true);
    int right = margin(call, "right_padding", "left_padding", "target_width", x.dim(2), true);
    return Result.of(padded(call, call.x(), top, bottom, left, right));
  }
}
