package dev.secateur.bridge;

import dev.secateur.store.Digests;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A model's name as events and paths have it. One that they would not take gets what they do, and a
 * digest, so that two models never share one.
 */
final class EventName {
  private static final Pattern FITTING =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*");

  private static final int LONGEST = 128;
  private static final int DIGITS = 8;

  private EventName() {}

  static String of(String name) {
    if (FITTING.matcher(name).matches() && name.length() <= LONGEST) {
      return name;
    }
    String stem = name.replaceAll("[^A-Za-z0-9._+-]+", "-").replaceFirst("^[._+-]+", "");
    String digest = Digests.sha256(name.getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
    String cut = stem.substring(0, Math.min(stem.length(), LONGEST - DIGITS - 1));
    return cut.isEmpty() ? "model-" + digest : cut.replaceFirst("-+$", "") + "-" + digest;
  }
}
