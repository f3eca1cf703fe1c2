package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonFormat.Feature;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * How the network is quantized, after training or already in it.
 *
 * @param schemes each makes a file; the first one's decides the verdict
 * @param inputType of the files whose scheme has such inputs; the others' are float32
 * @param outputType as {@code inputType}
 * @param integerOnly refuse a network that needs a float island, where activations are integers
 * @param aware whether the network learns, in the second half of its training, to be INT8; empty:
 *     where it was pruned by reconstruction and becomes INT8
 * @param keepFloat layers whose numbers stay float32; empty: the fewest with which the result is
 *     accepted
 * @param perTensorDense whether a dense layer's kernel has one scale instead of one a channel: for
 *     runtimes that know no others
 * @param weightBits of kernels in the file by the scheme int8: 8, or 4, which are int4's levels
 *     stored as INT8
 * @param keepInt8 layers whose kernels stay at eight bits where others have four; empty: those at
 *     the network's ends, where they are small
 */
public record Quantization(
    @JsonProperty("scheme")
        @JsonFormat(
            with = {
              Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY,
              Feature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED
            })
        List<Scheme> schemes,
    IoType inputType,
    IoType outputType,
    boolean integerOnly,
    Optional<Boolean> aware,
    Optional<List<String>> keepFloat,
    boolean perTensorDense,
    int weightBits,
    Optional<List<String>> keepInt8) {
  /** The type of the model's inputs or outputs. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum IoType {
    FLOAT32,
    INT8,
    UINT8,
    INT16;

    /** Whether a file by this scheme can have such inputs and outputs. */
    public boolean isOf(Scheme scheme) {
      return switch (this) {
        case FLOAT32 -> true;
        case INT8, UINT8 -> scheme == Scheme.INT8 || scheme == Scheme.INT4;
        case INT16 -> scheme == Scheme.INT16X8;
      };
    }
  }

  /** Bits of a kernel's entry where nothing else is said. */
  public static final int BYTE = 8;

  public static final Quantization DEFAULT =
      new Quantization(IoType.FLOAT32, IoType.FLOAT32, false);

  public Quantization {
    schemes = List.copyOf(schemes);
    if (schemes.isEmpty()) {
      throw new IllegalArgumentException("scheme: one is needed");
    }
    if (new LinkedHashSet<>(schemes).size() < schemes.size()) {
      throw new IllegalArgumentException("scheme: names one twice");
    }
    keepInt8 = keepInt8.map(List::copyOf);
    if (weightBits != BYTE && !schemes.contains(Scheme.INT8)) {
      throw new IllegalArgumentException(
          "weightBits: says how the scheme int8 stores kernels, which is not asked for");
    }
    if (keepInt8.isPresent() && !fourBits(schemes, weightBits)) {
      throw new IllegalArgumentException(
          "keepInt8: no kernel has four bits (the scheme int4 and weightBits 4 make such)");
    }
    requireKnown("inputType", inputType, schemes);
    requireKnown("outputType", outputType, schemes);
    if (integerOnly && schemes.stream().noneMatch(Scheme::calibrated)) {
      throw new IllegalArgumentException(
          "integerOnly: no scheme that is asked for has integer activations (int8 has)");
    }
    keepFloat = keepFloat.map(List::copyOf);
    if (integerOnly && !keepFloat.map(List::isEmpty).orElse(false)) {
      throw new IllegalArgumentException(
          "keepFloat: needs float operations, which integerOnly refuses");
    }
    if (keepFloat.isEmpty() && fourBits(schemes.subList(0, 1), weightBits)) {
      throw new IllegalArgumentException(
          "keepFloat: auto is for schemes of eight bits and more (with four, name the layers, or"
              + " use keepInt8)");
    }
    if (aware.orElse(false) && !trainable(schemes)) {
      throw new IllegalArgumentException(
          "aware: trains for the schemes int8 and int4, which are not asked for");
    }
  }

  private static void requireKnown(String field, IoType type, List<Scheme> schemes) {
    if (schemes.stream().noneMatch(type::isOf)) {
      throw new IllegalArgumentException(
          field
              + ": "
              + (type == IoType.INT16
                  ? "int16 is of the scheme int16x8, which is not asked for"
                  : "int8 and uint8 are of the schemes int8 and int4, and neither is asked for")
              + " (float32 is of all)");
    }
  }

  /** By the scheme {@link Scheme#INT8}. */
  public Quantization(IoType inputType, IoType outputType, boolean integerOnly) {
    this(
        List.of(Scheme.INT8),
        inputType,
        outputType,
        integerOnly,
        Optional.empty(),
        Optional.of(List.of()),
        false,
        BYTE,
        Optional.empty());
  }

  /** This with these layers in float32. */
  public Quantization keeping(List<String> inFloat) {
    return new Quantization(
        schemes,
        inputType,
        outputType,
        integerOnly,
        aware,
        Optional.of(inFloat),
        perTensorDense,
        weightBits,
        keepInt8);
  }

  /** The scheme whose variant decides the verdict. */
  public Scheme judged() {
    return schemes.get(0);
  }

  /** Whether kernels of a file by {@code scheme} have four bits. */
  public boolean fourBits(Scheme scheme) {
    return fourBits(List.of(scheme), weightBits);
  }

  /** Whether kernels of any file have four bits. */
  public boolean fourBits() {
    return fourBits(schemes, weightBits);
  }

  private static boolean fourBits(List<Scheme> schemes, int weightBits) {
    return schemes.contains(Scheme.INT4) || weightBits < BYTE && schemes.contains(Scheme.INT8);
  }

  /** Whether a network can learn to be quantized so. */
  public boolean trainable() {
    return trainable(schemes);
  }

  private static boolean trainable(List<Scheme> schemes) {
    return schemes.contains(Scheme.INT8) || schemes.get(0) == Scheme.INT4;
  }

  /** Whether a scheme that is asked for needs the ranges of activations. */
  public boolean calibrated() {
    return schemes.stream().anyMatch(Scheme::calibrated);
  }

  /** Of a file by {@code scheme}. */
  public IoType inputType(Scheme scheme) {
    return inputType.isOf(scheme) ? inputType : IoType.FLOAT32;
  }

  /** Of a file by {@code scheme}. */
  public IoType outputType(Scheme scheme) {
    return outputType.isOf(scheme) ? outputType : IoType.FLOAT32;
  }
}
