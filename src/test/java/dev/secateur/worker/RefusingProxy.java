package dev.secateur.worker;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * Passes HTTP on to a local port, but for requests that it answers itself. It tells them by their
 * first line, and relies on a client that sends a request's head at once.
 */
final class RefusingProxy extends LocalProxy {
  private static final int LONGEST_LINE = 1 << 11;

  private final Predicate<String> refused;
  private final byte[] answer;

  /**
   * @param refused of a request's first line
   * @param status of the answer, such as {@code 503 Service Unavailable}
   */
  RefusingProxy(int target, Predicate<String> refused, String status) throws IOException {
    super(target);
    this.refused = refused;
    this.answer =
        ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    start();
  }

  @Override
  Lane toServer(Socket client) {
    return (bytes, count) -> {
      int most = Math.min(count, LONGEST_LINE);
      String text = new String(bytes, 0, most, StandardCharsets.ISO_8859_1);
      if (refused.test(text.lines().findFirst().orElse(""))) {
        client.getOutputStream().write(answer);
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
