package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonFormat.Feature;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;

/**
 * What happens to a raw sample before the network sees it: {@code (x·scale − mean)/std}, a channel
 * each. An empty list stands for zeros (mean) or ones (std); one number serves every channel.
 *
 * @param resize arrays of another height and width are resized to the network's input (bilinear);
 *     image files always are
 * @param grey colour becomes luminance first (ITU-R BT.601), for networks with one channel
 * @param bgr colour images are given blue first, as networks in the manner of Caffe take them; mean
 *     and std are in that order too
 * @param inputShape of one sample, for a model that leaves it open; empty: as the samples are
 */
public record Preprocessing(
    double scale,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<Double> mean,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<Double> std,
    boolean resize,
    boolean grey,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean bgr,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
        List<Integer> inputShape) {
  public static final Preprocessing NONE = new Preprocessing(1, List.of(), List.of());

  public Preprocessing(double scale, List<Double> mean, List<Double> std) {
    this(scale, mean, std, false, false);
  }

  /** The same with blue first, or with red. */
  public Preprocessing withBgr(boolean blueFirst) {
    return new Preprocessing(scale, mean, std, resize, grey, blueFirst, inputShape);
  }

  public Preprocessing(
      double scale, List<Double> mean, List<Double> std, boolean resize, boolean grey) {
    this(scale, mean, std, resize, grey, false, List.of());
  }

  /** This, with the shape of a sample. */
  public Preprocessing withInputShape(List<Integer> sample) {
    return new Preprocessing(scale, mean, std, resize, grey, bgr, sample);
  }

  public Preprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    inputShape = List.copyOf(inputShape);
    if (!Double.isFinite(scale)) {
      throw new IllegalArgumentException("scale: must be a finite number");
    }
    if (std.stream().anyMatch(s -> !(s > 0))) {
      throw new IllegalArgumentException("std: must be positive");
    }
  }
}
