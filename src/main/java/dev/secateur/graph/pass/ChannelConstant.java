package dev.secateur.graph.pass;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** Constants that broadcast over all but the last axis. */
final class ChannelConstant {
  private ChannelConstant() {}

  /** One number for each channel of {@code x}, if that is what the constant amounts to. */
  static Optional<float[]> of(Tensor constant, Shape x) {
    float[] values = constant.values();
    int channels = x.last();
    // What has no axis but the batch has no channels.
    if (constant.shape().rank() > x.rank() || channels == Shape.UNKNOWN) {
      return Optional.empty();
    }
    if (values.length == 1) {
      float[] all = new float[channels];
      Arrays.fill(all, values[0]);
      return Optional.of(all);
    }
    boolean fits = values.length == channels && constant.shape().last() == channels;
    return fits ? Optional.of(values) : Optional.empty();
  }
}
