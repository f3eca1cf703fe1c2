package dev.secateur.keras.layer;

/**
 * What a layer takes the axes of its operands for, and so what becomes of it where their channels
 * move from the first axis after the batch to the last.
 */
public enum Axes {
  /** Each for what its place says: operands are needed in the order that the file means. */
  AS_GIVEN,
  /** None: each element by itself, or with those of the other operands that lie at its place. */
  ALIKE,
  /** Space and channels, as {@code data_format} says. */
  BY_FORMAT,
  /** Those that an argument numbers. */
  NUMBERED
}
