package dev.secateur.worker;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes that are refused before a byte is spent on them. */
record Limits(long event, long model, long dataset) {
  /** So many may be late before others take the worker for dead. */
  private static final int HEARTBEATS = 3;

  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([KMG]?)i?B?");

  static Limits of(WorkerConfiguration.Limits configured) {
    return new Limits(
        bytes("secateur.limits.event", configured.event()),
        bytes("secateur.limits.model", configured.model()),
        bytes("secateur.limits.dataset", configured.dataset()));
  }

  /**
   * @throws IllegalArgumentException naming the key that no worker can run with
   */
  static void check(WorkerConfiguration configured) {
    requirePositive("secateur.jobs.concurrency", configured.jobs().concurrency());
    requirePositive("secateur.jobs.max-attempts", configured.jobs().maxAttempts());
    requirePositive("secateur.jobs.threads", configured.jobs().threads().orElse(1));
    WorkerConfiguration.Claim claim = configured.claim();
    Duration heartbeat = claim.heartbeat().orElse(Duration.ZERO);
    if (claim.expiry().compareTo(heartbeat.multipliedBy(HEARTBEATS)) < 0) {
      throw new IllegalArgumentException(
          "secateur.claim.expiry: must be at least %d times secateur.claim.heartbeat, which is %d s"
              .formatted(HEARTBEATS, heartbeat.toSeconds()));
    }
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + ": must be 1 or more, not " + value);
    }
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
