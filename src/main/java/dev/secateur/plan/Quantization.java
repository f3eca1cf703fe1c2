package dev.secateur.plan;

/**
 * INT8 post-training quantization.
 *
 * @param integerOnly refuse a network that needs a float island
 */
public record Quantization(IoType inputType, IoType outputType, boolean integerOnly) {
  /** The type of the model's inputs or outputs. */
  public enum IoType {
    FLOAT32,
    INT8,
    UINT8
  }

  public static final Quantization DEFAULT =
      new Quantization(IoType.FLOAT32, IoType.FLOAT32, false);
}
