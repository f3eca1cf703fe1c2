package dev.secateur.train;

import java.util.List;
import org.tensorflow.types.TFloat32;

/**
 * A batch in TensorFlow's memory.
 *
 * @param inputs one an input of the network
 * @param targets one a head; empty where the set has none
 * @param original the original's heads for these samples; empty without distillation
 */
record Feed(int size, List<TFloat32> inputs, List<TFloat32> targets, List<TFloat32> original)
    implements AutoCloseable {
  @Override
  public void close() {
    inputs.forEach(TFloat32::close);
    targets.forEach(TFloat32::close);
    original.forEach(TFloat32::close);
  }
}
