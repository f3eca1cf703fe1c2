package dev.secateur.train;

import java.util.List;
import java.util.Optional;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A batch in TensorFlow's memory.
 *
 * @param original the original's heads for these samples; empty without distillation
 */
record Feed(int size, TFloat32 x, Optional<TInt32> labels, List<TFloat32> original)
    implements AutoCloseable {
  @Override
  public void close() {
    x.close();
    labels.ifPresent(TInt32::close);
    original.forEach(TFloat32::close);
  }
}
