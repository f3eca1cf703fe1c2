package dev.secateur.keras.layer;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Why a layer class is refused. */
public final class Refusals {
  private static final Set<String> RECURRENT =
      Set.of(
          "LSTM",
          "GRU",
          "SimpleRNN",
          "RNN",
          "Bidirectional",
          "ConvLSTM1D",
          "ConvLSTM2D",
          "ConvLSTM3D",
          "ConvRecurrent2D",
          "CuDNNLSTM",
          "CuDNNGRU",
          "LSTMCell",
          "GRUCell",
          "SimpleRNNCell",
          "StackedRNNCells");

  private static final Set<String> ATTENTION =
      Set.of(
          "Attention",
          "AdditiveAttention",
          "MultiHeadAttention",
          "GroupedQueryAttention",
          "GroupQueryAttention");

  /** Keras' own classes that are not supported; all others are somebody else's. */
  private static final Set<String> KNOWN =
      Set.of(
          "Masking",
          "Embedding",
          "Conv3D",
          "Conv3DTranspose",
          "Convolution3D",
          "MaxPooling3D",
          "AveragePooling3D",
          "GlobalMaxPooling3D",
          "GlobalAveragePooling3D",
          "ZeroPadding3D",
          "Cropping3D",
          "UpSampling3D",
          "SpatialDropout3D",
          "LocallyConnected1D",
          "LocallyConnected2D",
          "Discretization",
          "Hashing",
          "HashedCrossing",
          "CategoryEncoding",
          "StringLookup",
          "IntegerLookup",
          "TextVectorization",
          "SpectralNormalization",
          "EinsumDense",
          "STFTSpectrogram",
          "MelSpectrogram",
          "TFSMLayer",
          "MaxoutDense",
          "Highway",
          "DenseFeatures",
          "RMSNormalization",
          "AdaptiveAveragePooling2D",
          "AdaptiveMaxPooling2D",
          "JaxLayer",
          "FlaxLayer",
          "TorchModuleWrapper",
          "Pipeline",
          "AdaptiveAveragePooling1D",
          "AdaptiveAveragePooling3D",
          "AdaptiveMaxPooling1D",
          "AdaptiveMaxPooling3D",
          "AutoContrast",
          "AvgPool3D",
          "ContrastLimitedAdaptiveHistogramEqualization",
          "Convolution3DTranspose",
          "Equalization",
          "GlobalAvgPool3D",
          "GlobalMaxPool3D",
          "MaxNumBoundingBoxes",
          "MaxPool3D",
          "ReversibleEmbedding",
          "Solarization");

  private Refusals() {}

  /** The reason, if the class is one that cannot be supported. */
  static Optional<Reason> of(String type, String place) {
    if (type.equals("Lambda")) {
      return Optional.of(
          new Reason(
              Kind.EXECUTES_CODE,
              place,
              "a Lambda layer carries Python code, which is never executed",
              "if it only scales, resizes or does nothing, say so: --replace "
                  + shown(place)
                  + "=rescale:SCALE,OFFSET, "
                  + shown(place)
                  + "=resize:HEIGHT,WIDTH or "
                  + shown(place)
                  + "=identity (in a plan: replace); else replace it by layers of Keras and save"
                  + " the model again"));
    }
    if (RECURRENT.contains(type) || type.endsWith("RNN")) {
      return Optional.of(
          new Reason(
              Kind.RECURRENT,
              place,
              type + " is recurrent",
              "Secateur compresses convolutional and dense networks"));
    }
    if (ATTENTION.contains(type)) {
      return Optional.of(
          new Reason(
              Kind.ATTENTION,
              place,
              type + " is an attention layer",
              "Secateur compresses convolutional and dense networks"));
    }
    if (KNOWN.contains(type)) {
      return Optional.of(
          new Reason(
              Kind.UNSUPPORTED_LAYER,
              place,
              "the layer " + type + " is not supported",
              "replace it by supported layers; docs/models.md lists them"));
    }
    return Optional.empty();
  }

  /** The layer as the shell takes it. */
  private static String shown(String place) {
    return place.matches("[\\w./-]+") ? place : "'" + place + "'";
  }

  static Reason custom(String type, String place) {
    String remedy =
        type.startsWith("Prune")
            ? "call strip_pruning on the model and save it again"
            : type.startsWith("Quantize")
                ? "save the model from before it was wrapped for quantization"
                : "replace it by layers of Keras and save the model again";
    return new Reason(
        Kind.CUSTOM_CLASS, place, "the class " + type + " is not one of Keras' own", remedy);
  }

  public static Reason customModel(String type) {
    return new Reason(
        Kind.CUSTOM_CLASS,
        "",
        "the model is of class " + type + ", not Sequential or Functional",
        "build it with the functional API, so that its layers are in the file");
  }

  static Reason quantized(String mode, String place) {
    return new Reason(
        Kind.UNSUPPORTED_OPTION,
        place,
        "the layer is quantized (" + Reason.abbreviated(mode) + ")",
        "save the model from before it was quantized");
  }

  /**
   * @param what it is that cannot be rewritten
   */
  public static Refusal channelsFirst(String place, String what) {
    return new Refusal(
        Kind.CHANNELS_FIRST,
        place,
        "the channels come first, and " + what + " cannot be rewritten exactly with them last",
        "rebuild the model with data_format=\"channels_last\" and convert its weights");
  }

  static Reason operation(String name, String place) {
    return new Reason(
        Kind.UNSUPPORTED_LAYER,
        place,
        "the operation " + name.toLowerCase(Locale.ROOT) + " is not supported",
        "replace it by a layer of Keras; docs/models.md lists them");
  }
}
