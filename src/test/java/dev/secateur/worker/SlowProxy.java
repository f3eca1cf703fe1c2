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

/** Passes bytes on to a local port, so many a second from the server and as many as come to it. */
final class SlowProxy implements AutoCloseable {
  private static final int SLICES_PER_SECOND = 10;

  private final ServerSocket listening;
  private final int target;
  private final int bytesPerSecond;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          runnable -> {
            Thread thread = new Thread(runnable, "slow-proxy");
            thread.setDaemon(true);
            return thread;
          });

  SlowProxy(int target, int bytesPerSecond) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.bytesPerSecond = bytesPerSecond;
    threads.execute(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        threads.execute(() -> pass(client, server, Integer.MAX_VALUE));
        threads.execute(() -> pass(server, client, bytesPerSecond));
      }
    } catch (IOException e) {
      threads.shutdownNow();
    }
  }

  private static void pass(Socket from, Socket to, int rate) {
    byte[] buffer = new byte[Math.min(1 << 16, Math.max(1, rate / SLICES_PER_SECOND))];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        out.flush();
        if (rate < Integer.MAX_VALUE) {
          LockSupport.parkNanos(Duration.ofSeconds(1).toNanos() * n / rate);
        }
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
