package dev.secateur.keras.file;

import java.util.Locale;

/** The kinds of file that Keras writes a whole model into. */
public enum KerasFormat {
  /** One HDF5 file: configuration in attributes, weights in datasets. */
  H5(".h5"),
  /** A zip of {@code config.json}, {@code metadata.json} and {@code model.weights.h5}. */
  KERAS(".keras"),
  /**
   * TensorFlow's directory, itself or in an archive, with what Keras up to 2.15 adds to it. Current
   * Keras reads none: written back as {@link #KERAS}.
   */
  SAVED_MODEL(".keras");

  private final String extension;

  KerasFormat(String extension) {
    this.extension = extension;
  }

  /** The usual ending, with the dot, of the name of a file that such a model is written into. */
  public String extension() {
    return extension;
  }

  /** What it is called: {@code h5}, {@code keras}, {@code saved-model}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The kind of file that such a model is written into. */
  public KerasFormat written() {
    return this == H5 ? H5 : KERAS;
  }
}
