package dev.secateur.cli;

/** What the options that name a model say they take. */
final class ModelKinds {
  static final String KERAS =
      "A whole Keras model: .h5, .keras, or a SavedModel of TensorFlow 2.0 to 2.15 (directory, zip"
          + " or tar.gz). A path, a pattern of one, s3://bucket/key, or s3://bucket/prefix/.";
  static final String ALL = KERAS + " Or a TFLite file.";

  private ModelKinds() {}
}
