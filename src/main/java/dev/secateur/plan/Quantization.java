package dev.secateur.plan;

import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Optional;

/**
 * How the network is quantized, after training or already in it.
 *
 * @param integerOnly refuse a network that needs a float island
 * @param aware whether the network learns, in the second half of its training, to be quantized;
 *     empty: where it was pruned by reconstruction
 */
public record Quantization(
    Scheme scheme,
    IoType inputType,
    IoType outputType,
    boolean integerOnly,
    Optional<Boolean> aware) {
  /** What the numbers become. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Scheme {
    /** INT8 weights and activations. */
    INT8
  }

  /** The type of the model's inputs or outputs. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum IoType {
    FLOAT32,
    INT8,
    UINT8
  }

  public static final Quantization DEFAULT =
      new Quantization(IoType.FLOAT32, IoType.FLOAT32, false);

  /** By the scheme {@link Scheme#INT8}. */
  public Quantization(IoType inputType, IoType outputType, boolean integerOnly) {
    this(Scheme.INT8, inputType, outputType, integerOnly, Optional.empty());
  }
}
