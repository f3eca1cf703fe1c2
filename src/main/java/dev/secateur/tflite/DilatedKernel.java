package dev.secateur.tflite;

import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;

/** A kernel (h,w,…) with its dilation written out as zeros, for operators that have none. */
record DilatedKernel(float[] values, int height, int width) {
  static DilatedKernel of(float[] values, Shape kernel, Op.Size dilation) {
    int h = kernel.dim(0);
    int w = kernel.dim(1);
    int inner = kernel.dim(2) * kernel.dim(3);
    int height = (h - 1) * dilation.height() + 1;
    int width = (w - 1) * dilation.width() + 1;
    if (height == h && width == w) {
      return new DilatedKernel(values, h, w);
    }
    float[] spread = new float[height * width * inner];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int to = (y * dilation.height() * width + x * dilation.width()) * inner;
        System.arraycopy(values, (y * w + x) * inner, spread, to, inner);
      }
    }
    return new DilatedKernel(spread, height, width);
  }
}
