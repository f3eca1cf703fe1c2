package dev.secateur.worker;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A line to a local port that carries so many bytes a second each way, all connections together.
 */
final class SlowProxy extends LocalProxy {
  /** A rate that slows nothing down. */
  static final int FAST = Integer.MAX_VALUE;

  private static final int SLICES_PER_SECOND = 10;
  private static final int LARGEST_SLICE = 1 << 16;

  private final Lane toServer;
  private final Lane fromServer;

  /** Connections get slices of it in turn. */
  private static final class SlowLane implements Lane {
    private final int bytesPerSecond;

    /** When the last slice that was asked for will have passed. Guarded by this. */
    private long free = System.nanoTime();

    SlowLane(int bytesPerSecond) {
      this.bytesPerSecond = bytesPerSecond;
    }

    @Override
    public int slice() {
      return Math.min(LARGEST_SLICE, Math.max(1, bytesPerSecond / SLICES_PER_SECOND));
    }

    /** Takes as long as so many bytes take. */
    @Override
    public boolean carry(byte[] bytes, int count) {
      long end = reserve(count);
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      return true;
    }

    private synchronized long reserve(int bytes) {
      long now = System.nanoTime();
      long start = free - now > 0 ? free : now;
      free = start + Duration.ofSeconds(1).toNanos() * bytes / bytesPerSecond;
      return free;
    }
  }

  SlowProxy(int target, int toServer, int fromServer) throws IOException {
    super(target);
    this.toServer = new SlowLane(toServer);
    this.fromServer = new SlowLane(fromServer);
    start();
  }

  @Override
  Lane toServer(Socket client) {
    return toServer;
  }

  @Override
  Lane fromServer(Socket client) {
    return fromServer;
  }
}
