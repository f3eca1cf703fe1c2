package dev.secateur.train.op;

import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Batch normalisation. In training, images use the fused kernel as Keras 2 does, whose moving
 * variance takes the batch's unbiased variance (n − 1); other ranks, and one-dimensional layers
 * (height one), take the biased one.
 */
final class BatchNormalizations {
  private static final int GAMMA = 1;
  private static final int BETA = 2;
  private static final int MEAN = 3;
  private static final int VARIANCE = 4;

  private BatchNormalizations() {}

  static Operand<TFloat32> lower(Op.BatchNormalization op, Site site) {
    Shape x = site.shape(0);
    boolean image = x.rank() == 4;
    boolean training = site.training() && !op.frozen();
    if (training && !(image && x.dim(1) > 1)) {
      return unfused(op, site);
    }
    return image ? fused(op, site, training) : inference(op, site);
  }

  private static Operand<TFloat32> fused(Op.BatchNormalization op, Site site, boolean training) {
    FusedBatchNorm<TFloat32, TFloat32> normalized =
        site.tf()
            .nn
            .fusedBatchNorm(
                site.x(),
                site.operand(GAMMA),
                site.operand(BETA),
                site.operand(MEAN),
                site.operand(VARIANCE),
                FusedBatchNorm.epsilon(op.epsilon()),
                FusedBatchNorm.isTraining(training),
                FusedBatchNorm.exponentialAvgFactor(training ? 1f - op.momentum() : 1f));
    if (training) {
      site.lowering().moved().put(site.node().input(MEAN), normalized.batchMean());
      site.lowering().moved().put(site.node().input(VARIANCE), normalized.batchVariance());
    }
    return normalized.y();
  }

  private static Operand<TFloat32> inference(Op.BatchNormalization op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> centred = tf.math.sub(site.x(), site.operand(MEAN));
    return scaled(op, site, centred, site.operand(VARIANCE));
  }

  private static Operand<TFloat32> unfused(Op.BatchNormalization op, Site site) {
    Ops tf = site.tf();
    Operand<TInt32> axes = tf.constant(IntStream.range(0, site.shape(0).rank() - 1).toArray());
    Operand<TFloat32> mean = tf.math.mean(site.x(), axes, Mean.keepDims(false));
    Operand<TFloat32> centred = tf.math.sub(site.x(), mean);
    Operand<TFloat32> variance =
        tf.math.mean(Arithmetic.square(tf, centred), axes, Mean.keepDims(false));
    move(op, site, MEAN, mean);
    move(op, site, VARIANCE, variance);
    return scaled(op, site, centred, variance);
  }

  private static void move(
      Op.BatchNormalization op, Site site, int statistic, Operand<TFloat32> batch) {
    Ops tf = site.tf();
    Operand<TFloat32> old = site.operand(statistic);
    Operand<TFloat32> step = tf.math.mul(tf.math.sub(batch, old), tf.constant(1f - op.momentum()));
    site.lowering().moved().put(site.node().input(statistic), tf.math.add(old, step));
  }

  private static Operand<TFloat32> scaled(
      Op.BatchNormalization op, Site site, Operand<TFloat32> centred, Operand<TFloat32> variance) {
    Ops tf = site.tf();
    Operand<TFloat32> factor =
        tf.math.mul(
            tf.math.rsqrt(tf.math.add(variance, tf.constant(op.epsilon()))), site.operand(GAMMA));
    return tf.math.add(tf.math.mul(centred, factor), site.operand(BETA));
  }
}
