package dev.secateur.keras.file;

import dev.secateur.graph.Shape;

/** Numbers that a file holds under a name. */
public interface StoredTensor {
  /** Where in the file. */
  String path();

  Shape shape();

  /** Reads all values, as float32, into an array of the tensor's size. */
  void readInto(float[] values);
}
