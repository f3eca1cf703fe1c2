package dev.secateur.tflite;

import java.util.List;

/**
 * One operator of a {@link Program}; operands and result are tensor numbers.
 *
 * @param layer the Keras layer that it comes from
 * @param floatOnly part of a composite that loses too much in int8: runs as a float island
 */
record Operator(
    Opcode opcode,
    Attributes attributes,
    List<Integer> inputs,
    int output,
    String layer,
    boolean floatOnly) {
  Operator {
    inputs = List.copyOf(inputs);
  }
}
