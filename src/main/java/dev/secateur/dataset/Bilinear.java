package dev.secateur.dataset;

/**
 * Bilinear resizing, sampled at pixel centres, without antialiasing: as {@code tf.image.resize}.
 */
final class Bilinear {
  private Bilinear() {}

  /** Where values come from, so that bytes need no copy as numbers. */
  interface Values {
    float at(int index);
  }

  /** (height,width,channels) → (newHeight,newWidth,channels). */
  static float[] resize(
      float[] in, int height, int width, int channels, int newHeight, int newWidth) {
    return resize(i -> in[i], height, width, channels, newHeight, newWidth);
  }

  /** As above. */
  static float[] resize(
      Values in, int height, int width, int channels, int newHeight, int newWidth) {
    float[] out = new float[Math.multiplyExact(newHeight * newWidth, channels)];
    int at = 0;
    for (int y = 0; y < newHeight; y++) {
      float sy = clamp((y + 0.5f) * height / newHeight - 0.5f, height);
      int top = (int) sy * width;
      int bottom = Math.min((int) sy + 1, height - 1) * width;
      float fy = sy - (int) sy;
      for (int x = 0; x < newWidth; x++) {
        float sx = clamp((x + 0.5f) * width / newWidth - 0.5f, width);
        int left = (int) sx;
        int right = Math.min(left + 1, width - 1);
        float fx = sx - left;
        for (int c = 0; c < channels; c++) {
          float upper = mix(in, (top + left) * channels + c, (top + right) * channels + c, fx);
          float lower =
              mix(in, (bottom + left) * channels + c, (bottom + right) * channels + c, fx);
          out[at++] = upper + (lower - upper) * fy;
        }
      }
    }
    return out;
  }

  private static float mix(Values in, int from, int to, float part) {
    return in.at(from) + (in.at(to) - in.at(from)) * part;
  }

  private static float clamp(float position, int size) {
    return Math.min(Math.max(position, 0), size - 1);
  }
}
