package dev.secateur.tflite;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Tensors of a program that stand in one that is made from it as they were, each once. */
final class Copies {
  private final Program from;
  private final Program to;
  private final Map<Integer, Integer> made = new HashMap<>();

  Copies(Program from, Program to) {
    this.from = from;
    this.to = to;
  }

  /** The copy's number. */
  int of(int tensor) {
    return made.computeIfAbsent(
        tensor,
        i -> {
          Program.Tensor t = from.tensor(i);
          return t.constant().isPresent()
              ? to.constant(t.name(), t.shape(), t.type(), t.constant().get(), Optional.empty())
              : to.value(t.name(), t.shape(), t.type(), Optional.empty());
        });
  }
}
