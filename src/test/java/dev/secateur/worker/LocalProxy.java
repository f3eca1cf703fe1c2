package dev.secateur.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Passes bytes on to a local port and back; what kind of line it is, a subclass says. */
abstract class LocalProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          runnable -> {
            Thread thread = new Thread(runnable, "proxy");
            thread.setDaemon(true);
            return thread;
          });

  LocalProxy(int target) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
  }

  /** One direction of a connection. */
  interface Lane {
    /** Bytes that are read at once. */
    default int slice() {
      return 1 << 16;
    }

    /**
     * Hears of bytes before they go on.
     *
     * @return false to hang up instead
     */
    boolean carry(byte[] bytes, int count) throws IOException;
  }

  abstract Lane toServer(Socket client);

  abstract Lane fromServer(Socket client);

  /** When the subclass is complete. */
  final void start() {
    threads.execute(this::accept);
  }

  final String endpoint() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        connect(listening.accept());
      }
    } catch (IOException e) {
      // Closed.
      threads.shutdownNow();
    }
  }

  private void connect(Socket client) throws IOException {
    Socket server;
    try {
      server = new Socket(InetAddress.getLoopbackAddress(), target);
    } catch (IOException e) {
      // The target is away for now, which the client learns as from the target itself.
      client.close();
      return;
    }
    clients.removeIf(Socket::isClosed);
    clients.add(client);
    threads.execute(() -> pass(client, server, toServer(client)));
    threads.execute(() -> pass(server, client, fromServer(client)));
  }

  private static void pass(Socket from, Socket to, Lane lane) {
    byte[] buffer = new byte[lane.slice()];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (!lane.carry(buffer, n)) {
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
  public final void close() throws IOException {
    listening.close();
    threads.shutdownNow();
    for (Socket client : clients) {
      client.close();
    }
  }
}
