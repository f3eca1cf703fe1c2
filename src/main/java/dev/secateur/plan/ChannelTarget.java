package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How much of a network goes with its channels. In JSON an object with every field; read also from
 * a number, the share, or from the command line's text, such as {@code 0.3:bytes} or {@code auto}.
 *
 * @param share of {@code of} that is removed, in (0, 1); empty for {@code auto}: as much as the
 *     acceptance allows
 * @param multiple what is left of a layer's channels is a multiple of this, if not all of them
 */
public record ChannelTarget(Optional<Double> share, Of of, int multiple) {
  /** What a share is of. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Of {
    /** Multiplications and additions of one sample. */
    MACS,
    /** Weights. */
    BYTES,
    /** The most values that are held at once while a sample is computed. */
    MEMORY,
    /** Multiplications and weights, each. */
    BOTH;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What small processors compute at once. */
  public static final int MULTIPLE = 4;

  private static final String AUTO = "auto";

  public ChannelTarget {
    if (share.filter(s -> !(s > 0 && s < 1)).isPresent()) {
      throw new IllegalArgumentException("share: must be above 0 and below 1");
    }
    if (multiple < 1) {
      throw new IllegalArgumentException("multiple: must be 1 or more");
    }
  }

  @JsonCreator
  static ChannelTarget read(JsonNode json) {
    if (!json.isObject()) {
      return of(json.asText());
    }
    return new ChannelTarget(
        json.hasNonNull("share") ? share(json.get("share").asText()) : Optional.empty(),
        json.hasNonNull("of") ? of(json, json.get("of").asText()) : Of.MACS,
        json.path("multiple").asInt(MULTIPLE));
  }

  private static Of of(JsonNode json, String label) {
    return Arrays.stream(Of.values())
        .filter(o -> o.label().equals(label))
        .findAny()
        .orElseThrow(() -> new IllegalArgumentException("of: " + json + " names no size"));
  }

  /** Of a text: {@code SHARE} or {@code SHARE:OF}. */
  private static ChannelTarget of(String text) {
    String[] parts = text.split(":", 2);
    Of of = parts.length > 1 ? Of.valueOf(parts[1].toUpperCase(Locale.ROOT)) : Of.MACS;
    return new ChannelTarget(share(parts[0]), of, MULTIPLE);
  }

  private static Optional<Double> share(String text) {
    return text.equals(AUTO) ? Optional.empty() : Optional.of(Double.valueOf(text));
  }

  @JsonValue
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("share", share.<Object>map(s -> s).orElse(AUTO));
    json.put("of", of.label());
    json.put("multiple", multiple);
    return json;
  }
}
