package dev.secateur.bridge;

import dev.secateur.store.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which version, with which tags, an event registers: its id says it, so that an answer finds its
 * way back with nothing kept, and the same tags are the same order however often they are seen.
 *
 * @param registry the configured name of the MLflow that it is in
 * @param version a number
 * @param digest of the tags that say what is to be done
 */
record VersionEvent(String registry, String name, String version, String digest) {
  /** CloudEvents {@code source} of all that the bridge sends. */
  static final String SOURCE = "/secateur/bridge";

  private static final Pattern ID =
      Pattern.compile("mlflow:([^/]+)/(.+)/([0-9]{1,18})/([0-9a-f]{16})", Pattern.DOTALL);

  static Optional<VersionEvent> parse(String id) {
    Matcher parts = ID.matcher(id);
    return parts.matches()
        ? Optional.of(
            new VersionEvent(parts.group(1), parts.group(2), parts.group(3), parts.group(4)))
        : Optional.empty();
  }

  String id() {
    return "mlflow:" + registry + "/" + name + "/" + version + "/" + digest;
  }

  /** The order that the ledger makes of it: a word without quotes, for tags to be found by. */
  String order() {
    String both = SOURCE.length() + " " + SOURCE + " " + id();
    return Digests.sha256(both.getBytes(StandardCharsets.UTF_8));
  }
}
