package dev.secateur.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.MalformedEventException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * CloudEvents in Kafka records, after the "Kafka Protocol Binding for CloudEvents 1.0.2": binary
 * mode puts attributes into {@code ce_} headers and data into the value, structured mode puts all
 * of it into the value. A value without either is read as the data of {@code model.registered.v1}.
 */
public final class KafkaBinding {
  /**
   * Header of a result, beside the event: the id of the registered event that this sending answers.
   * The event itself is the same for all who asked for the job.
   */
  public static final String ANSWERS = "secateur-answers";

  /** The same as a CloudEvents extension, for readers that see an event's attributes only. */
  public static final String ANSWERS_EXTENSION = "ce_answers";

  private static final String SPEC_VERSION = "1.0";
  private static final String PREFIX = "ce_";
  private static final String CONTENT_TYPE = "content-type";
  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String JSON = "application/json";
  private static final String TRACEPARENT = "traceparent";

  /** Attributes that come back in the answers; CloudEvents itself sets no bound. */
  private static final int LONGEST_ATTRIBUTE = 1024;

  private static final int FRAME = 1 + Integer.BYTES;

  /** Version 00 has 55 characters; later ones may have more. */
  private static final int LONGEST_TRACEPARENT = 256;

  /** What marks a value as an event in structured mode. */
  public static final Map<String, byte[]> STRUCTURED_HEADERS =
      Map.of(CONTENT_TYPE, utf8(STRUCTURED + "; charset=UTF-8"));

  /** A record's headers and value. */
  public record Encoded(Map<String, byte[]> headers, byte[] value) {}

  /**
   * Who says what, of a record that is no event of ours all the same.
   *
   * @param data empty where it cannot be read
   */
  public record Identity(String source, String id, Optional<String> traceparent, ObjectNode data) {}

  private KafkaBinding() {}

  /**
   * Whom to answer, where a record registers a model and only what it says of it cannot be read.
   */
  public static Optional<Identity> identity(
      Map<String, byte[]> headers, Optional<byte[]> value, long maxBytes) {
    Map<String, byte[]> own = inOneSpelling(headers);
    Optional<ObjectNode> tree = value.filter(v -> v.length <= maxBytes).flatMap(KafkaBinding::tree);
    boolean binary = own.keySet().stream().anyMatch(h -> h.startsWith(PREFIX));
    Function<String, Optional<String>> attributes =
        binary
            ? name -> text(own, PREFIX + name)
            : name -> tree.flatMap(event -> attribute(event, name));
    Optional<ObjectNode> data =
        binary ? tree : tree.map(t -> t.get("data")).flatMap(KafkaBinding::object);
    try {
      if (known(orHeader(attributes, own)) != EventType.REGISTERED) {
        return Optional.empty();
      }
      return Optional.of(
          new Identity(
              required(attributes, "source"),
              required(attributes, "id"),
              traceparent(orHeader(attributes, own).apply(TRACEPARENT)),
              data.orElseGet(JsonNodeFactory.instance::objectNode)));
    } catch (MalformedEventException e) {
      return Optional.empty();
    }
  }

  private static Optional<ObjectNode> tree(byte[] bytes) {
    try {
      return object(EventJson.parse(bytes));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<ObjectNode> object(JsonNode node) {
    return node instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
  }

  /**
   * Reads a record.
   *
   * @param headers by name; of a repeated header the last
   * @param value empty for a tombstone
   * @param maxBytes a larger value is not looked at
   * @param plainId the id of an event that came as plain JSON: deterministic, so that a redelivery
   *     is the same event
   */
  public static CloudEvent read(
      Map<String, byte[]> headers, Optional<byte[]> value, long maxBytes, String plainId)
      throws MalformedEventException {
    return understood(inOneSpelling(headers), value, maxBytes, plainId);
  }

  /** Names of headers as producers spell them: {@code CE-Id}, {@code Content-Type}; no nulls. */
  private static Map<String, byte[]> inOneSpelling(Map<String, byte[]> headers) {
    Map<String, byte[]> one = new HashMap<>();
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          String own = lower.startsWith("ce-") ? PREFIX + lower.substring(PREFIX.length()) : lower;
          if (value != null && (own.equals(name) || !headers.containsKey(own))) {
            one.put(own, value);
          }
        });
    return one;
  }

  private static CloudEvent understood(
      Map<String, byte[]> headers, Optional<byte[]> value, long maxBytes, String plainId)
      throws MalformedEventException {
    byte[] bytes =
        value.orElseThrow(() -> new MalformedEventException(Reason.TOMBSTONE, "no value"));
    if (bytes.length > maxBytes) {
      throw new MalformedEventException(
          Reason.TOO_LARGE, bytes.length + " bytes; at most " + maxBytes + " are read");
    }
    String contentType =
        text(headers, CONTENT_TYPE).orElse(JSON).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (contentType.startsWith("application/cloudevents") && !contentType.equals(STRUCTURED)) {
      throw new MalformedEventException(
          Reason.CONTENT_TYPE,
          "content-type: " + contentType + "; only " + STRUCTURED + " is read");
    }
    if (contentType.equals(STRUCTURED)) {
      return structured(headers, object(bytes));
    }
    if (headers.keySet().stream().anyMatch(h -> h.startsWith(PREFIX))) {
      if (!contentType.equals(JSON) && !contentType.endsWith("+json")) {
        throw new MalformedEventException(
            Reason.CONTENT_TYPE, "content-type: " + contentType + "; only " + JSON + " is read");
      }
      // The attributes first: the type of an event says more than how its data is broken.
      Function<String, Optional<String>> attributes =
          orHeader(name -> text(headers, PREFIX + name), headers);
      known(attributes);
      return event(attributes, Optional.of(object(bytes)));
    }
    ObjectNode plain = object(bytes);
    if (plain.has("specversion") && plain.has("type")) {
      // In structured mode, by a producer that calls it JSON.
      return structured(headers, plain);
    }
    return new CloudEvent(
        plainId,
        "urn:secateur:plain",
        EventType.REGISTERED,
        Optional.empty(),
        Optional.empty(),
        traceparent(text(headers, TRACEPARENT)),
        AsMeant.of(plain));
  }

  private static CloudEvent structured(Map<String, byte[]> headers, ObjectNode event)
      throws MalformedEventException {
    return event(
        orHeader(name -> attribute(event, name), headers), Optional.ofNullable(event.get("data")));
  }

  /** Kafka's own instrumentation puts the trace's parent into a header without a prefix. */
  private static Function<String, Optional<String>> orHeader(
      Function<String, Optional<String>> attributes, Map<String, byte[]> headers) {
    return name ->
        name.equals(TRACEPARENT)
            ? attributes.apply(name).or(() -> text(headers, TRACEPARENT))
            : attributes.apply(name);
  }

  /** Binary mode: what Kafka's own tools can read and filter. */
  public static Encoded binary(CloudEvent event) {
    Map<String, byte[]> headers = new LinkedHashMap<>();
    attributes(event).forEach((name, value) -> headers.put(PREFIX + name, utf8(value)));
    headers.put(CONTENT_TYPE, utf8(JSON));
    return new Encoded(headers, EventJson.bytes(event.data()));
  }

  /** Structured mode: one JSON document, as the outbox keeps it. */
  public static Encoded structured(CloudEvent event) {
    return new Encoded(STRUCTURED_HEADERS, EventJson.bytes(tree(event)));
  }

  private static ObjectNode tree(CloudEvent event) {
    ObjectNode tree = event.data().objectNode();
    attributes(event).forEach(tree::put);
    tree.put("datacontenttype", JSON);
    tree.set("data", event.data());
    return tree;
  }

  private static Map<String, String> attributes(CloudEvent event) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("specversion", SPEC_VERSION);
    attributes.put("id", event.id());
    attributes.put("source", event.source());
    attributes.put("type", event.type().type());
    event.subject().ifPresent(subject -> attributes.put("subject", subject));
    event.time().ifPresent(time -> attributes.put("time", time.toString()));
    event.traceparent().ifPresent(parent -> attributes.put(TRACEPARENT, parent));
    return attributes;
  }

  private static EventType known(Function<String, Optional<String>> attributes)
      throws MalformedEventException {
    String version = required(attributes, "specversion");
    if (!version.equals(SPEC_VERSION)) {
      throw new MalformedEventException(
          Reason.SPEC_VERSION, "specversion: must be " + SPEC_VERSION + ", not " + shown(version));
    }
    String type = required(attributes, "type");
    return EventType.of(type)
        .orElseThrow(
            () -> new MalformedEventException(Reason.UNKNOWN_TYPE, "type: " + shown(type)));
  }

  private static CloudEvent event(
      Function<String, Optional<String>> attributes, Optional<JsonNode> data)
      throws MalformedEventException {
    EventType type = known(attributes);
    String id = required(attributes, "id");
    String source = required(attributes, "source");
    Optional<Instant> time = Optional.empty();
    if (attributes.apply("time").isPresent()) {
      time = Optional.of(instant(attributes.apply("time").get()));
    }
    if (!(data.orElse(null) instanceof ObjectNode object)) {
      throw new MalformedEventException(Reason.INVALID_DATA, "data: must be a JSON object");
    }
    return new CloudEvent(
        id,
        source,
        type,
        attributes.apply("subject"),
        time,
        traceparent(attributes.apply(TRACEPARENT)),
        type.isTakenIn() ? AsMeant.of(object) : object);
  }

  /** One that is not valid is as none: W3C Trace Context, section 4.3. */
  private static Optional<String> traceparent(Optional<String> text) {
    return text.filter(t -> t.length() <= LONGEST_TRACEPARENT);
  }

  private static Instant instant(String time) throws MalformedEventException {
    try {
      return OffsetDateTime.parse(time).toInstant();
    } catch (DateTimeException e) {
      throw new MalformedEventException(
          Reason.ATTRIBUTE, "time: must be an RFC 3339 timestamp, not " + shown(time));
    }
  }

  private static String required(Function<String, Optional<String>> attributes, String name)
      throws MalformedEventException {
    String value =
        attributes
            .apply(name)
            .filter(v -> !v.isEmpty())
            .orElseThrow(
                () -> new MalformedEventException(Reason.ATTRIBUTE, name + ": is required"));
    if (value.length() > LONGEST_ATTRIBUTE) {
      throw new MalformedEventException(
          Reason.ATTRIBUTE,
          name + ": has " + value.length() + " characters; at most " + LONGEST_ATTRIBUTE);
    }
    return value;
  }

  private static Optional<String> attribute(ObjectNode event, String name) {
    return Optional.ofNullable(event.get(name)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }

  private static ObjectNode object(byte[] bytes) throws MalformedEventException {
    if (isFramed(bytes)) {
      throw new MalformedEventException(
          Reason.BROKEN_JSON,
          "begins as a schema registry's serializer frames it (a zero and schema id "
              + ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt()
              + "): send the JSON alone, with a string or byte-array serializer");
    }
    JsonNode tree;
    try {
      tree = EventJson.parse(bytes);
    } catch (IOException e) {
      String message =
          e instanceof com.fasterxml.jackson.core.JsonProcessingException j
              ? j.getOriginalMessage() + place(j)
              : e.getMessage();
      throw new MalformedEventException(Reason.BROKEN_JSON, message);
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    if (tree.isMissingNode()) {
      throw new MalformedEventException(Reason.BROKEN_JSON, "the value is empty");
    }
    throw new MalformedEventException(Reason.INVALID_DATA, "/: must be a JSON object");
  }

  /** A magic byte of zero and four bytes of a schema's id; no JSON begins so. */
  private static boolean isFramed(byte[] bytes) {
    return bytes.length > FRAME && bytes[0] == 0;
  }

  private static String place(com.fasterxml.jackson.core.JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  private static Optional<String> text(Map<String, byte[]> headers, String name) {
    return Optional.ofNullable(headers.get(name))
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  /** A stranger's text, short enough for a header and a log line. */
  private static String shown(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "…";
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
