package dev.secateur.worker;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes that are refused before a byte is spent on them. */
record Limits(long event, long model, long dataset) {
  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([KMG]?)i?B?");

  static Limits of(WorkerConfiguration.Limits configured) {
    return new Limits(
        bytes("secateur.limits.event", configured.event()),
        bytes("secateur.limits.model", configured.model()),
        bytes("secateur.limits.dataset", configured.dataset()));
  }

  /** {@code 10G} as bytes. */
  static long bytes(String key, String size) {
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
