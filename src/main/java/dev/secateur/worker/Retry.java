package dev.secateur.worker;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;

/** How long is waited before something is tried again. */
@Singleton
public final class Retry {
  private final Work work;
  private final Duration first;
  private final Duration longest;

  @Inject
  Retry(Work work, WorkerConfiguration configuration) {
    this(work, configuration.jobs().retryDelay(), configuration.jobs().retryMaxDelay());
  }

  public Retry(Work work, Duration first, Duration longest) {
    this.work = work;
    this.first = first;
    this.longest = longest;
  }

  public BackOff backOff() {
    return new BackOff(work, first, longest);
  }
}
