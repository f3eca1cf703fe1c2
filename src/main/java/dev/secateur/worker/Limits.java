package dev.secateur.worker;

import dev.secateur.store.Sizes;
import java.time.Duration;

/** Sizes that are refused before a byte is spent on them. */
public record Limits(long event, long model, long dataset, long temporary, long pixels) {
  /** So many may be late before others take the worker for dead. */
  private static final int HEARTBEATS = 3;

  static Limits of(WorkerConfiguration.Limits configured) {
    return new Limits(
        Sizes.bytes("secateur.limits.event", configured.event()),
        Sizes.bytes("secateur.limits.model", configured.model()),
        Sizes.bytes("secateur.limits.dataset", configured.dataset()),
        Sizes.bytes("secateur.limits.temporary", configured.temporary()),
        configured.pixels());
  }

  /**
   * @throws IllegalArgumentException naming the key that no worker can run with
   */
  public static void check(WorkerConfiguration configured) {
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
}
