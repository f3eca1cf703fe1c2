package dev.secateur.bridge;

import dev.secateur.store.ObjectUri;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where objects may lie that strangers name. An address that leads elsewhere when somebody decodes
 * it once more, or reads {@code ..} as a file system does, is refused.
 */
final class AllowedPrefixes {
  private static final Pattern HADOOPS = Pattern.compile("^s3[an]://");
  private static final Pattern ENCODED = Pattern.compile("%([0-9a-fA-F]{2})");
  private static final Pattern UPWARDS = Pattern.compile("(^|[/\\\\])\\.{1,2}([/\\\\]|$)");
  private static final Pattern CONTROLS = Pattern.compile("\\p{Cntrl}");

  private final String key;
  private final List<ObjectUri> prefixes;

  /**
   * @param key of the configuration, for whoever is refused
   * @param prefixes {@code s3://bucket/prefix/}
   */
  AllowedPrefixes(String key, List<String> prefixes) {
    this.key = key;
    try {
      this.prefixes = prefixes.stream().map(p -> ObjectUri.of(p).resolve("")).toList();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
    }
  }

  /**
   * @param what names the address in a refusal
   */
  ObjectUri require(String what, String address) throws Refusal {
    requireStraight(what, address);
    ObjectUri uri;
    try {
      uri = ObjectUri.of(HADOOPS.matcher(address).replaceFirst("s3://"));
    } catch (IllegalArgumentException e) {
      throw new Refusal(what + ": " + e.getMessage(), e);
    }
    if (prefixes.stream().noneMatch(prefix -> prefix.contains(uri))) {
      throw new Refusal(what + ": " + uri + ": is under none of " + key + " " + prefixes);
    }
    return uri;
  }

  /** Refuses what leads upwards, however often it is decoded. */
  static void requireStraight(String what, String path) throws Refusal {
    String decoded = path;
    for (String before = ""; !before.equals(decoded); ) {
      before = decoded;
      if (UPWARDS.matcher(decoded).find() || CONTROLS.matcher(decoded).find()) {
        throw new Refusal(
            what + ": must hold no . or .. as a part and no control character, encoded or not");
      }
      decoded = decodedOnce(decoded);
    }
  }

  /** Only ASCII matters here. */
  private static String decodedOnce(String text) {
    return ENCODED
        .matcher(text)
        .replaceAll(
            code -> {
              int value = Integer.parseInt(code.group(1).toLowerCase(Locale.ROOT), 16);
              return Matcher.quoteReplacement(String.valueOf((char) value));
            });
  }
}
