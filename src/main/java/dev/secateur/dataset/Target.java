package dev.secateur.dataset;

import dev.secateur.graph.Shape;

/**
 * What a set has to say about one output of the network.
 *
 * @param array that it stands in; "" for the names of folders
 * @param shape of a batch of it, the batch unknown
 * @param content what holds for all samples
 */
public record Target(String array, Form form, Shape shape, Content content) {
  /** How a target is written. */
  public enum Form {
    /** The number of the right class, from 0: one for each row of the output. */
    CLASSES,
    /** A number for each number of the output: also one-hot and soft labels, and 0/1. */
    NUMBERS
  }

  /**
   * What holds for all samples of a set.
   *
   * @param zeroOne nothing but 0 and 1
   * @param distribution along the last axis no negative numbers, whose sum is 1
   * @param varies not all samples have the same
   * @param blackAndWhite nothing but 0 and 255 was found, which are read as 0 and 1
   */
  public record Content(
      boolean zeroOne, boolean distribution, boolean varies, boolean blackAndWhite) {
    /** Of numbers that are read as they are. */
    public Content(boolean zeroOne, boolean distribution, boolean varies) {
      this(zeroOne, distribution, varies, false);
    }
  }

  /**
   * Whether one reading serves both: what is black and white in one set and grey in the other is
   * nobody's 0 and 1. A set of nothing but 0 says the same in either.
   */
  public boolean readsLike(Target other) {
    return content.blackAndWhite() == other.content.blackAndWhite()
        || (content.zeroOne() && other.content.zeroOne());
  }

  /** A single 1 among zeros along the last axis. */
  public boolean oneHot() {
    return form == Form.NUMBERS && content.zeroOne() && content.distribution();
  }
}
