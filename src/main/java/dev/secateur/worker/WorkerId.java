package dev.secateur.worker;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;

/** Tells workers apart in claims and events: the host's name and a few random digits. */
public record WorkerId(String value) {
  static WorkerId random() {
    String random = UUID.randomUUID().toString().substring(0, 8);
    try {
      return new WorkerId(InetAddress.getLocalHost().getHostName() + "-" + random);
    } catch (UnknownHostException e) {
      return new WorkerId("worker-" + random);
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
