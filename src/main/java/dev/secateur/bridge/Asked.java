package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.event.ModelRegistered;
import dev.secateur.store.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the owner of a model asks for in its tags (or in a file's metadata): the words, still as
 * they were written.
 *
 * @param words by tag, without the common prefix; the version's own go before its model's
 */
record Asked(Map<String, String> words) {
  private static final List<String> WORDS =
      List.of("compress", "train", "evaluation", "representative", "preprocessing");

  private static final Set<String> YES = Set.of("", "true", "yes", "1", "on");

  /** What a document may say; where files are is for the bridge to find, and its own to choose. */
  private static final Set<String> FIELDS =
      Set.of("plan", "preprocessing", "acceptance", "datasets", "tenant", "priority");

  private static final Pattern NUMBER =
      Pattern.compile("\\s*([0-9.]+(?:[eE]-?[0-9]+)?)\\s*(?:/\\s*([0-9.]+))?\\s*");

  private static final int DIGITS = 16;

  Asked {
    words = Map.copyOf(words);
  }

  /**
   * @param prefix of the keys
   * @param own of the version or file
   * @param defaults of its model; {@code compress} is none of them
   */
  static Asked of(String prefix, Map<String, String> own, Map<String, String> defaults) {
    Map<String, String> words = new LinkedHashMap<>();
    for (String word : WORDS) {
      Optional.ofNullable(own.get(prefix + word))
          .or(() -> Optional.ofNullable(defaults.get(prefix + word)))
          .map(String::strip)
          .ifPresent(value -> words.put(word, value));
    }
    return new Asked(words);
  }

  /** Equal for what is equally asked. */
  String digest() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    words.forEach(all::put);
    return Digests.sha256(EventJson.canonical(all)).substring(0, DIGITS);
  }

  boolean isOff() {
    return compress().equalsIgnoreCase("false");
  }

  private String compress() {
    return words.getOrDefault("compress", "true");
  }

  boolean namesSets() {
    return words.containsKey("train")
        || words.containsKey("evaluation")
        || words.containsKey("representative");
  }

  /** The event's data, but for the model. */
  ObjectNode data() throws Refusal {
    ObjectNode data = document();
    for (String set : List.of("train", "evaluation", "representative")) {
      if (words.containsKey(set)) {
        data.withObject("/datasets").set(set, source(Tags.PREFIX + set, words.get(set)));
      }
    }
    if (words.containsKey("preprocessing")) {
      data.set("preprocessing", preprocessing(words.get("preprocessing")));
    }
    return data;
  }

  private ObjectNode document() throws Refusal {
    String value = compress();
    ObjectNode empty = JsonNodeFactory.instance.objectNode();
    if (YES.contains(value.toLowerCase(Locale.ROOT))) {
      return empty;
    }
    if (value.equalsIgnoreCase("search")) {
      empty.putObject("plan").putObject("search");
      return empty;
    }
    if (!value.startsWith("{")) {
      throw new Refusal(
          Tags.COMPRESS + ": must be true, search, or a plan's JSON document, not " + shown(value));
    }
    ObjectNode data = ModelRegistered.data(object(Tags.COMPRESS, value));
    for (Map.Entry<String, JsonNode> field : data.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        throw new Refusal(Tags.COMPRESS + ": /" + field.getKey() + ": is not for a tag to say");
      }
    }
    return data;
  }

  /** An address, or the object that an event has in its place. */
  private static ObjectNode source(String tag, String value) throws Refusal {
    return value.startsWith("{")
        ? object(tag, value)
        : JsonNodeFactory.instance.objectNode().put("uri", value);
  }

  /** An object as an event has it, or the scale alone: {@code 0.0039}, {@code 1/255}. */
  private static ObjectNode preprocessing(String value) throws Refusal {
    if (value.startsWith("{")) {
      return object(Tags.PREPROCESSING, value);
    }
    Matcher number = NUMBER.matcher(value);
    try {
      if (number.matches()) {
        double scale = Double.parseDouble(number.group(1));
        if (number.group(2) != null) {
          scale /= Double.parseDouble(number.group(2));
        }
        if (Double.isFinite(scale)) {
          return JsonNodeFactory.instance.objectNode().put("scale", scale);
        }
      }
    } catch (NumberFormatException e) {
      throw notPreprocessing(value);
    }
    throw notPreprocessing(value);
  }

  private static Refusal notPreprocessing(String value) {
    return new Refusal(
        Tags.PREPROCESSING
            + ": must be a scale such as 1/255, or an object such as {\"scale\": 0.00392, \"mean\":"
            + " 0.5}, not "
            + shown(value));
  }

  private static ObjectNode object(String tag, String json) throws Refusal {
    try {
      if (EventJson.parse(json.getBytes(StandardCharsets.UTF_8)) instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      throw new Refusal(tag + ": is no JSON: " + shown(firstLine(e.getMessage())), e);
    }
    throw new Refusal(tag + ": must be a JSON object");
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private static String shown(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "…";
  }
}
