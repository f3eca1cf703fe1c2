package dev.secateur.cli;

/** What help texts say of sets. */
final class SetKinds {
  static final String ALL =
      "NPZ; TFRecord, Parquet or WebDataset files or a folder of them; a folder, zip or tar of"
          + " images: a folder a class, a CSV table of labels, or masks beside them. A path, a"
          + " pattern (shards/*.tfrecord), s3://bucket/key, s3://bucket/prefix/ or a pattern of"
          + " keys.";

  private SetKinds() {}
}
