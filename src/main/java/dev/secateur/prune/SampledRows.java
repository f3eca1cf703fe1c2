package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Positions of a layer's output, spread evenly over samples and space, and what the layer reads
 * there: a row of a convolution's patch matrix, or of a dense layer's input. The same positions in
 * every network.
 */
final class SampledRows {
  private static final int MOST = 10_000;

  private final PrunableLayer layer;
  private final Shape kernel;
  private final Shape output;
  private final int[] batchStarts;
  private final long[] positions;

  /**
   * @param values of either network, with the layer's input among them
   */
  SampledRows(PrunableLayer layer, Graph graph, Activations values) {
    this.layer = layer;
    this.kernel = graph.weights().get(layer.kernel()).shape();
    this.output = graph.shapes().get(layer.node().name());
    List<Tensor> input = values.value(layer.node().input(0));
    this.batchStarts = new int[input.size() + 1];
    for (int i = 0; i < input.size(); i++) {
      batchStarts[i + 1] = batchStarts[i] + input.get(i).shape().dim(0);
    }
    long all = batchStarts[input.size()] * (output.size() / output.last());
    int count = (int) Math.min(MOST, all);
    SplittableRandom random = new SplittableRandom(layer.index());
    this.positions = new long[count];
    for (int i = 0; i < count; i++) {
      long from = i * all / count;
      long to = (i + 1) * all / count;
      positions[i] = from + (to - from > 1 ? random.nextLong(to - from) : 0);
    }
  }

  int count() {
    return positions.length;
  }

  /**
   * What the layer reads at positions {@code from} to {@code to}: a matrix of its kernel's rows.
   */
  Matrix inputs(List<Tensor> input, int from, int to) {
    int columns = (int) (kernel.size() / kernel.last());
    Matrix rows = Matrix.zeros(to - from, columns);
    for (int i = from; i < to; i++) {
      int batch = batch(positions[i]);
      long inBatch = positions[i] - (long) batchStarts[batch] * perSample();
      if (layer.node().op() instanceof Op.Conv2D convolution) {
        patch(convolution, input.get(batch), inBatch, rows.values(), (i - from) * columns);
      } else {
        copy(
            input.get(batch).values(),
            inBatch * columns,
            rows.values(),
            (i - from) * columns,
            columns);
      }
    }
    return rows;
  }

  /** A value of the output's shape at positions {@code from} to {@code to}. */
  Matrix outputs(List<Tensor> value, int from, int to) {
    int columns = output.last();
    Matrix rows = Matrix.zeros(to - from, columns);
    for (int i = from; i < to; i++) {
      int batch = batch(positions[i]);
      long inBatch = positions[i] - (long) batchStarts[batch] * perSample();
      copy(
          value.get(batch).values(),
          inBatch * columns,
          rows.values(),
          (i - from) * columns,
          columns);
    }
    return rows;
  }

  private long perSample() {
    return output.size() / output.last();
  }

  private int batch(long position) {
    long sample = position / perSample();
    int batch = 0;
    while (batchStarts[batch + 1] <= sample) {
      batch++;
    }
    return batch;
  }

  private void patch(Op.Conv2D op, Tensor x, long position, double[] to, int at) {
    int height = x.shape().dim(1);
    int width = x.shape().dim(2);
    int channels = x.shape().dim(3);
    int outWidth = output.dim(2);
    int outHeight = output.dim(1);
    int sample = (int) (position / ((long) outHeight * outWidth));
    int inSample = (int) (position % ((long) outHeight * outWidth));
    int top =
        inSample / outWidth * op.strides().height()
            - before(
                op,
                height,
                outHeight,
                kernel.dim(0),
                op.strides().height(),
                op.dilation().height());
    int left =
        inSample % outWidth * op.strides().width()
            - before(
                op, width, outWidth, kernel.dim(1), op.strides().width(), op.dilation().width());
    for (int h = 0; h < kernel.dim(0); h++) {
      int y = top + h * op.dilation().height();
      for (int w = 0; w < kernel.dim(1); w++) {
        int column = left + w * op.dilation().width();
        if (y >= 0 && y < height && column >= 0 && column < width) {
          long start = (((long) sample * height + y) * width + column) * channels;
          copy(x.values(), start, to, at + (h * kernel.dim(1) + w) * channels, channels);
        }
      }
    }
  }

  private static int before(Op.Conv2D op, int in, int out, int window, int stride, int dilation) {
    int total = (out - 1) * stride + (window - 1) * dilation + 1 - in;
    return op.padding() == Op.Padding.SAME ? Math.max(total, 0) / 2 : 0;
  }

  private static void copy(float[] from, long start, double[] to, int at, int count) {
    for (int i = 0; i < count; i++) {
      to[at + i] = from[(int) start + i];
    }
  }
}
