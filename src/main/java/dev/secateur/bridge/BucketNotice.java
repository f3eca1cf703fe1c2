package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.EventJson;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A store's word that a file was put into a bucket.
 *
 * @param key as it is, no longer encoded
 * @param version of the object, in a bucket that keeps versions
 * @param state the store's word for these very bytes: its entity tag
 * @param metadata of the object without {@code x-amz-meta-}, where the notice has it; keys in small
 *     letters
 */
record BucketNotice(
    String bucket,
    String key,
    Optional<String> version,
    String state,
    Optional<Map<String, String>> metadata) {
  private static final String METADATA = "x-amz-meta-";

  /**
   * Reads what MinIO and S3 send ({@code Records}, keys encoded as in a form), and what S3 sends
   * through EventBridge ({@code detail}, keys as they are). All else, and what was not put, is no
   * notice.
   *
   * @throws IOException if it is no JSON
   */
  static List<BucketNotice> read(byte[] value) throws IOException {
    JsonNode notice = EventJson.parse(value);
    List<BucketNotice> notices = new ArrayList<>();
    if (notice.path("detail-type").asText().equals("Object Created")) {
      JsonNode detail = notice.path("detail");
      add(notices, detail, detail.at("/object/key").asText(), "version-id", "etag");
    }
    for (JsonNode record : notice.path("Records")) {
      if (record.path("eventName").asText().replaceFirst("^s3:", "").startsWith("ObjectCreated:")) {
        JsonNode s3 = record.path("s3");
        add(notices, s3, decoded(s3.at("/object/key").asText()), "versionId", "eTag");
      }
    }
    return notices;
  }

  private static String decoded(String key) {
    try {
      return URLDecoder.decode(key, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key;
    }
  }

  private static void add(
      List<BucketNotice> notices, JsonNode s3, String key, String version, String state) {
    JsonNode object = s3.path("object");
    String bucket = s3.at("/bucket/name").asText();
    if (bucket.isEmpty() || key.isEmpty()) {
      return;
    }
    notices.add(
        new BucketNotice(
            bucket,
            key,
            Optional.of(object.path(version).asText())
                .filter(v -> !v.isEmpty() && !v.equals("null")),
            object.path(state).asText(),
            Optional.of(object.path("userMetadata"))
                .filter(JsonNode::isObject)
                .map(BucketNotice::metadata)));
  }

  private static Map<String, String> metadata(JsonNode all) {
    Map<String, String> own = new HashMap<>();
    for (var entry : all.properties()) {
      String key = entry.getKey().toLowerCase(Locale.ROOT);
      if (key.startsWith(METADATA)) {
        own.put(key.substring(METADATA.length()), entry.getValue().asText());
      }
    }
    return own;
  }

  String address() {
    return "s3://" + bucket + "/" + key + version.map(v -> "?versionId=" + v).orElse("");
  }
}
