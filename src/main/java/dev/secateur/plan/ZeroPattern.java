package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which zeros go together, for whom single ones are of no use. A kernel is a matrix for this, from
 * the inputs of one output to the outputs. In JSON and on the command line: its text.
 */
public sealed interface ZeroPattern {
  /** Two of every four consecutive input channels: sparse tensor cores. Text: {@code 2:4}. */
  record TwoOfFour() implements ZeroPattern {
    @Override
    @JsonValue
    public String toString() {
      return "2:4";
    }
  }

  /**
   * Whole blocks, such as {@code 1x4}.
   *
   * @param inputs consecutive entries of one output
   * @param outputs neighbouring ones
   */
  record Blocks(int inputs, int outputs) implements ZeroPattern {
    /** Beyond it, a block is no block but a layer. */
    private static final int LARGEST = 64;

    public Blocks {
      if (inputs < 1 || outputs < 1 || inputs > LARGEST || outputs > LARGEST) {
        throw new IllegalArgumentException(
            "pattern: blocks have 1x1 to " + LARGEST + "x" + LARGEST + " entries");
      }
    }

    @Override
    @JsonValue
    public String toString() {
      return inputs + "x" + outputs;
    }
  }

  /**
   * @throws IllegalArgumentException if that is no pattern
   */
  @JsonCreator
  static ZeroPattern of(String text) {
    if (text.equals("2:4")) {
      return new TwoOfFour();
    }
    Matcher blocks = Pattern.compile("(\\d{1,4})x(\\d{1,4})").matcher(text);
    if (!blocks.matches()) {
      throw new IllegalArgumentException(
          "pattern: " + text + " is neither 2:4 nor a block's inputs and outputs, such as 1x4");
    }
    return new Blocks(Integer.parseInt(blocks.group(1)), Integer.parseInt(blocks.group(2)));
  }
}
