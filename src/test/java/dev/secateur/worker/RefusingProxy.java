package dev.secateur.worker;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Passes HTTP on to a local port, but for requests whose first line contains a text: these it
 * answers itself, with 503. It relies on a client that sends a request's head at once.
 */
final class RefusingProxy extends LocalProxy {
  private static final byte[] ANSWER =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private static final int LONGEST_LINE = 1 << 11;

  private final String refused;

  RefusingProxy(int target, String refused) throws IOException {
    super(target);
    this.refused = refused;
    start();
  }

  @Override
  Lane toServer(Socket client) {
    return (bytes, count) -> {
      int most = Math.min(count, LONGEST_LINE);
      String text = new String(bytes, 0, most, StandardCharsets.ISO_8859_1);
      if (text.lines().findFirst().orElse("").contains(refused)) {
        client.getOutputStream().write(ANSWER);
        return false;
      }
      return true;
    };
  }

  @Override
  Lane fromServer(Socket client) {
    return (bytes, count) -> true;
  }
}
