package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.List;

/**
 * Samples by number, preprocessed when they are read; larger than memory if need be.
 *
 * <p>Safe for several readers at once.
 */
public interface Dataset extends AutoCloseable {
  /** Number of samples, at least one. */
  int size();

  /** Shape of one sample as the network is fed, with the batch dimension unknown. */
  Shape shape();

  /** Whether samples carry an integer class label. */
  boolean labelled();

  /** Class names where the source has them (folders), else empty. */
  List<String> classes();

  /**
   * The samples at {@code indices}, in that order, as float32 of {@code shape().withBatch(n)};
   * labels are empty for an unlabelled set.
   */
  Batch batch(int[] indices);

  /** SHA-256 over the source's bytes, lower-case hexadecimal: the set's identity. */
  String digest();

  @Override
  void close();

  record Batch(Tensor x, int[] labels) {}
}
