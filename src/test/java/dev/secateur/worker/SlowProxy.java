package dev.secateur.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * A line to a local port that carries so many bytes a second each way, all connections together.
 */
final class SlowProxy implements AutoCloseable {
  /** A rate that slows nothing down. */
  static final int FAST = Integer.MAX_VALUE;

  private static final int SLICES_PER_SECOND = 10;
  private static final int LARGEST_SLICE = 1 << 16;

  private final ServerSocket listening;
  private final int target;
  private final Lane toServer;
  private final Lane fromServer;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          runnable -> {
            Thread thread = new Thread(runnable, "slow-proxy");
            thread.setDaemon(true);
            return thread;
          });

  /** One direction of the line; connections get slices of it in turn. */
  private static final class Lane {
    private final int bytesPerSecond;

    /** When the last slice that was asked for will have passed. Guarded by this. */
    private long free = System.nanoTime();

    Lane(int bytesPerSecond) {
      this.bytesPerSecond = bytesPerSecond;
    }

    int slice() {
      return Math.min(LARGEST_SLICE, Math.max(1, bytesPerSecond / SLICES_PER_SECOND));
    }

    /** Takes as long as so many bytes take. */
    void carry(int bytes) {
      long end = reserve(bytes);
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    private synchronized long reserve(int bytes) {
      long now = System.nanoTime();
      long start = free - now > 0 ? free : now;
      free = start + Duration.ofSeconds(1).toNanos() * bytes / bytesPerSecond;
      return free;
    }
  }

  SlowProxy(int target, int toServer, int fromServer) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.toServer = new Lane(toServer);
    this.fromServer = new Lane(fromServer);
    threads.execute(this::accept);
  }

  String endpoint() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        threads.execute(() -> pass(client, server, toServer));
        threads.execute(() -> pass(server, client, fromServer));
      }
    } catch (IOException e) {
      threads.shutdownNow();
    }
  }

  private static void pass(Socket from, Socket to, Lane lane) {
    byte[] buffer = new byte[lane.slice()];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        lane.carry(n);
        out.write(buffer, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      // One side hung up; closing tells the other.
      Thread.yield();
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    threads.shutdownNow();
  }
}
