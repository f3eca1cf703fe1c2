package dev.secateur.bridge;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Whether a webhook's delivery is MLflow's, and new. Its signature is {@code v1,} and the Base64 of
 * HMAC-SHA256 over {@code id.timestamp.body} (Standard Webhooks, and MLflow's {@code
 * webhooks/delivery.py}); a delivery is believed for five minutes, and once.
 */
final class HookSignature {
  private static final Duration WINDOW = Duration.ofMinutes(5);
  private static final String ALGORITHM = "HmacSHA256";
  private static final String VERSION = "v1,";

  /** More in five minutes than any registry sends. */
  private static final int MOST = 10_000;

  private final SecretKeySpec secret;

  /** When ids were seen, oldest first. Guarded by this. */
  private final Map<String, Instant> seen = new LinkedHashMap<>();

  HookSignature(String secret) {
    this.secret = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
  }

  /** What a delivery is. */
  enum Verdict {
    TAKEN,
    /** Seen before: MLflow tries again where an answer was lost. */
    REPEATED,
    REFUSED
  }

  /**
   * @param timestamp seconds since 1970
   * @param body as it came
   */
  Verdict judge(String id, String timestamp, String signature, byte[] body, Instant now) {
    if (id.isEmpty()
        || !isSigned(id, timestamp, signature, body)
        || !isWithinWindow(timestamp, now)) {
      return Verdict.REFUSED;
    }
    synchronized (this) {
      Iterator<Instant> oldest = seen.values().iterator();
      while (oldest.hasNext()
          && (oldest.next().isBefore(now.minus(WINDOW.multipliedBy(2))) || seen.size() >= MOST)) {
        oldest.remove();
      }
      return seen.putIfAbsent(id, now) == null ? Verdict.TAKEN : Verdict.REPEATED;
    }
  }

  private boolean isSigned(String id, String timestamp, String signature, byte[] body) {
    byte[] own = signature(id, timestamp, body).getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(own, signature.getBytes(StandardCharsets.UTF_8));
  }

  String signature(String id, String timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      return VERSION + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }

  private static boolean isWithinWindow(String timestamp, Instant now) {
    try {
      long seconds = Long.parseLong(timestamp);
      return Math.abs(Math.subtractExact(now.getEpochSecond(), seconds)) <= WINDOW.toSeconds();
    } catch (NumberFormatException | ArithmeticException e) {
      return false;
    }
  }
}
