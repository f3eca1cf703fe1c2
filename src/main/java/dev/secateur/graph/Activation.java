package dev.secateur.graph;

/** An element-wise (or, for the softmaxes, per-axis) function without weights. */
public sealed interface Activation {
  /** Functions without a parameter, under Keras' names. */
  enum Simple implements Activation {
    RELU,
    RELU6,
    SELU,
    /** {@code x·Φ(x)}, with the error function. */
    GELU_EXACT,
    /** The tanh approximation. */
    GELU_TANH,
    /** Also swish: {@code x·sigmoid(x)}. */
    SILU,
    MISH,
    SIGMOID,
    /** Keras 1 and 2: {@code clip(0.2·x + 0.5, 0, 1)}. */
    HARD_SIGMOID_KERAS2,
    /** Keras 3: {@code relu6(x + 3)/6}. */
    HARD_SIGMOID_KERAS3,
    /** {@code x·relu6(x + 3)/6}. */
    HARD_SWISH,
    TANH,
    SOFTPLUS,
    SOFTSIGN,
    EXPONENTIAL
  }

  /** {@code x} where positive, {@code alpha·(exp(x) − 1)} elsewhere. */
  record Elu(float alpha) implements Activation {}

  /** {@code x} where positive, {@code alpha·x} elsewhere. */
  record LeakyRelu(float alpha) implements Activation {}

  /**
   * Keras' ReLU layer: {@code max} where x ≥ max, x where threshold ≤ x &lt; max, {@code slope·(x −
   * threshold)} below. No upper bound is positive infinity.
   */
  record GeneralRelu(float max, float slope, float threshold) implements Activation {}

  /** {@code x} where x &gt; theta, 0 elsewhere. */
  record ThresholdedRelu(float theta) implements Activation {}

  /** Over one axis, counted from 0 with the batch. */
  record Softmax(int axis) implements Activation {}

  record LogSoftmax(int axis) implements Activation {}
}
