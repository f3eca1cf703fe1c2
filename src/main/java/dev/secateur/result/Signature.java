package dev.secateur.result;

import java.util.List;
import java.util.Optional;

/** What whoever runs a TFLite file feeds it and gets from it, in the interpreter's order. */
public record Signature(List<Tensor> inputs, List<Tensor> outputs) {
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * One tensor. Of integers that stand for numbers, a number is {@code scale * (integer -
   * zeroPoint)}.
   *
   * @param dtype such as {@code float32}, {@code int8}
   * @param shape -1 where any size will do
   */
  public record Tensor(
      String name,
      String dtype,
      List<Integer> shape,
      Optional<Float> scale,
      Optional<Long> zeroPoint) {
    public Tensor {
      shape = List.copyOf(shape);
    }
  }
}
