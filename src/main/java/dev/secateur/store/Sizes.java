package dev.secateur.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as the configuration writes them. */
public final class Sizes {
  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([KMG]?)i?B?");

  private Sizes() {}

  /**
   * Bytes, such as {@code 100}, {@code 512K}, {@code 1M}, {@code 4G}.
   *
   * @param key that {@code size} was configured by
   * @throws IllegalArgumentException if {@code size} is none
   */
  public static long bytes(String key, String size) {
    Matcher matcher = SIZE.matcher(size.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          key + ": must be bytes or a number with K, M or G, not " + size);
    }
    int shift =
        switch (matcher.group(2)) {
          case "K" -> 10;
          case "M" -> 20;
          case "G" -> 30;
          default -> 0;
        };
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
  }
}
