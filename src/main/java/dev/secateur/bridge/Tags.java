package dev.secateur.bridge;

/** Tags of a model version in MLflow; the first group is its owner's, the second the bridge's. */
final class Tags {
  static final String PREFIX = "secateur.";

  /** {@code true}, {@code search}, or a plan's document. */
  static final String COMPRESS = PREFIX + "compress";

  static final String TRAIN = PREFIX + "train";
  static final String EVALUATION = PREFIX + "evaluation";
  static final String REPRESENTATIVE = PREFIX + "representative";
  static final String PREPROCESSING = PREFIX + "preprocessing";

  /** {@code submitted}, {@code done}, {@code failed} or {@code refused}. */
  static final String STATUS = PREFIX + "status";

  /** Id of the event that was sent for these very tags. */
  static final String EVENT = PREFIX + "event";

  static final String OUTCOME = PREFIX + "outcome";

  /** Where the compressed model is, {@code models:/name/version}. */
  static final String INT8 = PREFIX + "int8";

  static final String SUMMARY = PREFIX + "summary";
  static final String REASON = PREFIX + "reason";

  /** On what the bridge makes: SHA-256 over the event's source and id, as the ledger has it. */
  static final String ORDER = PREFIX + "order";

  /** On what the bridge makes: the version that it was made of. */
  static final String SOURCE = PREFIX + "source";

  private Tags() {}
}
