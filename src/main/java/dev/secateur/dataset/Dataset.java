package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import java.util.List;

/**
 * Samples by number, preprocessed when they are read; larger than memory if need be.
 *
 * <p>Safe for several readers at once.
 */
public interface Dataset extends AutoCloseable {
  /** Number of samples, at least one. */
  int size();

  /** Shape of each of the network's inputs as it is fed, with the batch dimension unknown. */
  List<Shape> inputs();

  /** What each of the network's outputs should say; empty for a set without targets. */
  List<Target> targets();

  /** Class names where the source has them (folders), else empty. */
  List<String> classes();

  /** What the user should know of how the set is read; mostly nothing. */
  default List<String> remarks() {
    return List.of();
  }

  /** Rows of the source that were left out, as they cannot be read; the remarks name them. */
  default int skipped() {
    return 0;
  }

  /** The samples at {@code indices}, in that order. */
  Batch batch(int[] indices);

  /**
   * The same samples, prepared otherwise; it lives as long as this does.
   *
   * @throws DatasetException if that does not fit
   */
  Dataset prepared(Preprocessing other);

  /** SHA-256 over the source's bytes, lower-case hexadecimal: the set's identity. */
  String digest();

  @Override
  void close();

  /**
   * Some samples.
   *
   * @param inputs float32, one an input, in the network's order
   * @param targets one a {@link Dataset#targets() target}, of its shape
   */
  record Batch(List<Tensor> inputs, List<Tensor> targets) {
    public Batch {
      inputs = List.copyOf(inputs);
      targets = List.copyOf(targets);
    }
  }
}
