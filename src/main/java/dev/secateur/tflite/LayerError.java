package dev.secateur.tflite;

/**
 * What quantizing one layer costs: the error of its result beside what floats make of the same
 * operands, as TFLite's quantization debugger measures it.
 *
 * @param layer the Keras layer
 * @param operator the one of its operators that errs the most
 * @param error root of the mean square, over the scale of the result: in steps
 */
public record LayerError(String layer, String operator, double error) {
  /** What rounding to the nearest step leaves of numbers that fall anywhere: √(1/12). */
  public static final double IDEAL = 0.289;
}
