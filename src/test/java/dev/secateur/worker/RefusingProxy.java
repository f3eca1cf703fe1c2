package dev.secateur.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Passes HTTP on to a local port, but for requests whose first line contains a text: these it
 * answers itself, with 503. It relies on a client that sends a request's head at once.
 */
final class RefusingProxy implements AutoCloseable {
  private static final byte[] ANSWER =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final ServerSocket listening;
  private final int target;
  private final String refused;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          runnable -> {
            Thread thread = new Thread(runnable, "refusing-proxy");
            thread.setDaemon(true);
            return thread;
          });

  RefusingProxy(int target, String refused) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.refused = refused;
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
        threads.execute(() -> pass(client, server, client));
        threads.execute(() -> pass(server, client, client));
      }
    } catch (IOException e) {
      threads.shutdownNow();
    }
  }

  private void pass(Socket from, Socket to, Socket client) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        String text = new String(buffer, 0, Math.min(n, 2048), StandardCharsets.ISO_8859_1);
        if (from == client && text.lines().findFirst().orElse("").contains(refused)) {
          client.getOutputStream().write(ANSWER);
          return;
        }
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
