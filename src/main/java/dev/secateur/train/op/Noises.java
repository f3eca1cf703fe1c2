package dev.secateur.train.op;

import dev.secateur.graph.Op;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Layers that act in training only. Random numbers are a function of the step's seed and the node's
 * name, so that a resumed run draws what an uninterrupted one would have.
 */
final class Noises {
  /** −scale·alpha of SELU, the value that alpha dropout drops to. */
  private static final double ALPHA_PRIME = -1.7580993408473766;

  private Noises() {}

  static Operand<TFloat32> lower(Op.Noise op, Site site) {
    if (!site.training() || op.rate() <= 0) {
      return site.x();
    }
    Ops tf = site.tf();
    float rate = op.rate();
    return switch (op.kind()) {
      case DROPOUT -> dropped(rate, site, tf.shape(site.x()));
      case SPATIAL_DROPOUT -> dropped(rate, site, channels(site));
      case GAUSSIAN_NOISE -> tf.math.add(site.x(), tf.math.mul(normal(site), tf.constant(rate)));
      case GAUSSIAN_DROPOUT -> gaussianDropout(rate, site);
      case ALPHA_DROPOUT -> alphaDropout(rate, site);
    };
  }

  private static Operand<TFloat32> dropped(float rate, Site site, Operand<TInt32> draws) {
    Ops tf = site.tf();
    Operand<TFloat32> scale = tf.math.mul(kept(rate, site, draws), site.constant(1 / (1.0 - rate)));
    return tf.math.mul(site.x(), scale);
  }

  private static Operand<TFloat32> gaussianDropout(float rate, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> spread =
        tf.math.mul(normal(site), site.constant(Math.sqrt(rate / (1.0 - rate))));
    return tf.math.mul(site.x(), tf.math.add(spread, site.constant(1)));
  }

  /** Klambauer et al., Self-Normalizing Neural Networks: keeps mean and variance. */
  private static Operand<TFloat32> alphaDropout(float rate, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> kept = kept(rate, site, tf.shape(site.x()));
    double a = 1 / Math.sqrt((1 - rate) * (1 + rate * ALPHA_PRIME * ALPHA_PRIME));
    double b = -a * ALPHA_PRIME * rate;
    Operand<TFloat32> dropped =
        tf.math.mul(tf.math.sub(site.constant(1), kept), site.constant(ALPHA_PRIME));
    Operand<TFloat32> mixed = tf.math.add(tf.math.mul(site.x(), kept), dropped);
    return tf.math.add(tf.math.mul(mixed, site.constant(a)), site.constant(b));
  }

  /** One with probability 1 − rate, else zero. */
  private static Operand<TFloat32> kept(float rate, Site site, Operand<TInt32> draws) {
    Ops tf = site.tf();
    Operand<TFloat32> uniform =
        tf.random.statelessRandomUniform(draws, site.lowering().seed(site), TFloat32.class);
    return tf.dtypes.cast(tf.math.greaterEqual(uniform, tf.constant(rate)), TFloat32.class);
  }

  private static Operand<TFloat32> normal(Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> drawn =
        tf.random.statelessRandomNormal(
            tf.shape(site.x()), site.lowering().seed(site), TFloat32.class);
    // It depends on x by its shape only; without this, a gradient of the draw is looked for.
    return tf.stopGradient(drawn);
  }

  /** (batch, 1, …, 1, channels). */
  private static Operand<TInt32> channels(Site site) {
    Ops tf = site.tf();
    int[] rest = new int[site.shape(0).rank() - 1];
    Arrays.fill(rest, 1);
    rest[rest.length - 1] = site.shape(0).last();
    Operand<TInt32> batch =
        tf.slice(tf.shape(site.x()), tf.constant(new int[] {0}), tf.constant(new int[] {1}));
    return tf.concat(List.of(batch, tf.constant(rest)), tf.constant(0));
  }

  static Operand<TFloat32> activityRegularization(Op.ActivityRegularization op, Site site) {
    if (site.training()) {
      Ops tf = site.tf();
      Operand<TFloat32> batch =
          tf.dtypes.cast(
              tf.reshape(
                  tf.slice(
                      tf.shape(site.x()), tf.constant(new int[] {0}), tf.constant(new int[] {1})),
                  tf.constant(new int[0])),
              TFloat32.class);
      Penalties.of(tf, site.x(), op.l1(), op.l2())
          .ifPresent(sum -> site.lowering().penalties().add(tf.math.div(sum, batch)));
    }
    return site.x();
  }
}
