package dev.secateur.keras.file;

/** The two kinds of file that Keras writes a whole model into. */
public enum KerasFormat {
  /** One HDF5 file: configuration in attributes, weights in datasets. */
  H5(".h5"),
  /** A zip of {@code config.json}, {@code metadata.json} and {@code model.weights.h5}. */
  KERAS(".keras");

  private final String extension;

  KerasFormat(String extension) {
    this.extension = extension;
  }

  /** The usual ending of such a file's name, with the dot. */
  public String extension() {
    return extension;
  }
}
