package dev.secateur.store;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import java.time.Duration;

/**
 * How long is waited from one try to the next, wherever something is tried again: twice as long as
 * the last time, up to a bound, give or take a quarter, so that those who lost the same server do
 * not all come back at once. Used by one thread, for one thing that is tried.
 */
public final class Waits {
  private static final double JITTER = 0.25;

  private final Execution<Object> tries;

  /**
   * @param first before the second try
   * @param longest no wait is longer, but for the quarter
   */
  public Waits(Duration first, Duration longest) {
    this.tries = Execution.of(policy(first, longest).withMaxRetries(-1).build());
  }

  /** The rule, for who lets Failsafe do the trying. */
  static RetryPolicyBuilder<Object> policy(Duration first, Duration longest) {
    RetryPolicyBuilder<Object> policy = RetryPolicy.builder().withJitter(JITTER);
    return first.compareTo(longest) < 0
        ? policy.withBackoff(first, longest, 2)
        : policy.withDelay(longest);
  }

  /** After another try that was in vain. */
  public Duration next() {
    tries.recordException(new IllegalStateException("tried in vain"));
    return tries.getDelay();
  }
}
