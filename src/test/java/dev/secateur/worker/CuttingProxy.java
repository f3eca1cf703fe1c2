package dev.secateur.worker;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes HTTP on to a local port, but hangs up in the midst of the first answer to a GET of an
 * object. It relies on a client that sends a request's head at once.
 */
final class CuttingProxy extends LocalProxy {
  private static final int END_OF_HEAD = 0x0d0a0d0a;

  private final String object;
  private final int bytes;
  private final Runnable meanwhile;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile Socket first;

  /**
   * @param object what the path of the GET contains
   * @param bytes of the body that pass
   * @param meanwhile happens after these, before the client learns that no more come
   */
  CuttingProxy(int target, String object, int bytes, Runnable meanwhile) throws IOException {
    super(target);
    this.object = object;
    this.bytes = bytes;
    this.meanwhile = meanwhile;
    start();
  }

  /** The heads of the GETs of the object. */
  List<String> requests() {
    return requests;
  }

  @Override
  Lane toServer(Socket client) {
    return (sent, count) -> {
      String text = new String(sent, 0, count, StandardCharsets.ISO_8859_1);
      if (text.startsWith("GET ") && text.lines().findFirst().orElse("").contains(object)) {
        if (requests.isEmpty()) {
          first = client;
        }
        requests.add(text);
      }
      return true;
    };
  }

  @Override
  Lane fromServer(Socket client) {
    return new Lane() {
      private int lastFour;
      private boolean inBody;
      private int passed;

      /** So that the cut is where it is asked for. */
      @Override
      public int slice() {
        return 1;
      }

      @Override
      public boolean carry(byte[] sent, int count) {
        if (client != first) {
          return true;
        }
        if (inBody && passed == bytes) {
          meanwhile.run();
          return false;
        }
        passed += inBody ? 1 : 0;
        lastFour = lastFour << 8 | (sent[0] & 0xff);
        inBody |= lastFour == END_OF_HEAD;
        return true;
      }
    };
  }
}
