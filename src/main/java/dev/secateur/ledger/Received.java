package dev.secateur.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The record that an order came with, whole, so that a dead letter can be written of it later.
 *
 * @param key empty where it had none
 * @param value never a tombstone's: what has no value is no order
 */
public record Received(
    String topic,
    int partition,
    long offset,
    Optional<byte[]> key,
    byte[] value,
    List<Header> headers) {

  /**
   * @param value empty where it is null
   */
  public record Header(String name, Optional<byte[]> value) {}

  public Received {
    headers = List.copyOf(headers);
  }

  /** Topic, partition and offset in one word. */
  public String position() {
    return topic + "-" + partition + "-" + offset;
  }

  ObjectNode json() {
    ObjectNode json = Document.fresh();
    json.put("topic", topic).put("partition", partition).put("offset", offset);
    key.ifPresent(k -> json.put("key", k));
    json.put("value", value);
    ArrayNode array = json.putArray("headers");
    for (Header header : headers) {
      ObjectNode one = array.addObject().put("name", header.name());
      header.value().ifPresent(v -> one.put("value", v));
    }
    return json;
  }

  static Received of(Document document) {
    List<Header> headers = new ArrayList<>();
    for (JsonNode header : document.list("headers")) {
      headers.add(new Header(header.path("name").asText(), binary(document, header.get("value"))));
    }
    return new Received(
        document.text("topic"),
        document.count("partition"),
        document.number("offset"),
        binary(document, document.json().get("key")),
        document.bytes("value"),
        headers);
  }

  private static Optional<byte[]> binary(Document document, JsonNode value) {
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(value.binaryValue());
    } catch (IOException e) {
      throw new UnreadableException(document.key() + ": holds no Base64", false);
    }
  }
}
