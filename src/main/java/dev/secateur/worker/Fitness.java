package dev.secateur.worker;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * Whether this worker itself is sound: its disk takes files, and the store lets it in. One that is
 * not takes no orders, is not ready, and after the grace not alive: others are to have its work.
 * Broker or store being away is no fault of a worker, and is waited for.
 */
@Singleton
public final class Fitness {
  private static final Logger LOG = Logger.getLogger(Fitness.class);

  private final Disk disk;
  private final Duration grace;
  private volatile Optional<String> nativeTrouble = Optional.of("not tested yet");
  private volatile Optional<String> diskTrouble = Optional.empty();
  private volatile Optional<String> refusal = Optional.empty();

  /** By the nanosecond clock; empty without trouble. */
  private volatile OptionalLong since = OptionalLong.empty();

  @Inject
  Fitness(WorkDirectory directory, WorkerConfiguration configuration) {
    this(new Disk(directory.path()), configuration.health().grace());
  }

  Fitness(Disk disk, Duration grace) {
    this.disk = disk;
    this.grace = grace;
  }

  /** The native libraries were tested; empty: they work. */
  public void tested(Optional<String> trouble) {
    nativeTrouble = trouble;
  }

  /** Empty: they work. */
  public Optional<String> nativeTrouble() {
    return nativeTrouble;
  }

  /**
   * Whether this worker is known to be sound, so that an order that fails here is not failed by it.
   */
  public boolean mayTake() {
    return nativeTrouble.isEmpty() && trouble().isEmpty();
  }

  /** Of the disk at this moment. */
  public Optional<String> diskTrouble() {
    return disk.trouble();
  }

  /** A job could not be run here, and was given back. */
  public void blame(String trouble) {
    LOG.errorf("this worker takes no orders: %s", trouble);
    diskTrouble = Optional.of(trouble);
    mark();
  }

  /**
   * Looks again, every few seconds.
   *
   * @param refused why the store does not let this worker in; empty where it does, or is away
   */
  public void look(Optional<String> refused) {
    Optional<String> now = disk.trouble();
    if (now.isPresent() && diskTrouble.isEmpty()) {
      LOG.errorf("this worker takes no orders: %s", now.get());
    }
    diskTrouble = now;
    refusal = refused;
    mark();
  }

  private synchronized void mark() {
    if (trouble().isEmpty()) {
      since = OptionalLong.empty();
    } else if (since.isEmpty()) {
      since = OptionalLong.of(System.nanoTime());
    }
  }

  /** Empty: it is sound. */
  public Optional<String> trouble() {
    return diskTrouble.or(() -> refusal);
  }

  /** Whether the trouble has lasted longer than the grace. */
  public boolean isDead() {
    return lasted().compareTo(grace) > 0;
  }

  /** How long there has been trouble. */
  public Duration lasted() {
    OptionalLong start = since;
    return start.isEmpty()
        ? Duration.ZERO
        : Duration.ofNanos(System.nanoTime() - start.getAsLong());
  }
}
