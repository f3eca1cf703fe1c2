package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of MLflow 3's REST API as the bridge uses, in memory, with the answers that 3.17.2 gave,
 * and with what a real one cannot be made to do: to break off at any request.
 */
final class StubMlflow implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern FILTER = Pattern.compile("tags\\.`([^`]+)` (=|!=) '([^']*)'");

  static {
    // Without it each answer waits for the client's delayed acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** How a request breaks. */
  enum Break {
    /** It does nothing. */
    BEFORE,
    /** It is done, and its answer is lost. */
    AFTER
  }

  private final HttpServer server;
  final Map<String, ObjectNode> models = new TreeMap<>();
  final List<ObjectNode> versions = new ArrayList<>();
  final List<ObjectNode> runs = new ArrayList<>();
  final List<ObjectNode> logged = new ArrayList<>();
  final Map<String, byte[]> artifacts = new TreeMap<>();
  final List<String> filters = new ArrayList<>();
  final List<String> requests = new ArrayList<>();

  /** Requests whose path and body fit are refused. */
  Predicate<String> refused = request -> false;

  boolean away;
  private int breakAt = -1;
  private Break how = Break.BEFORE;

  private record Answer(int status, byte[] body) {}

  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Answer answer;

    Refused(int status, String code) {
      this.answer = answer(status, object().put("error_code", code).put("message", code));
    }
  }

  StubMlflow() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The request that comes after {@code more} others breaks off. */
  synchronized void breakAfter(int more, Break how) {
    breakAt = requests.size() + more;
    this.how = how;
  }

  synchronized boolean hasBroken() {
    return breakAt >= 0 && requests.size() > breakAt;
  }

  private synchronized void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      if (path.equals("/health")) {
        send(exchange, new Answer(away ? 503 : 200, new byte[0]));
        return;
      }
      int number = requests.size();
      requests.add(exchange.getRequestMethod() + " " + path);
      if (away || number == breakAt && how == Break.BEFORE) {
        send(exchange, new Answer(503, "later".getBytes(StandardCharsets.UTF_8)));
        return;
      }
      Answer answer = answer(exchange, path, body);
      send(exchange, number == breakAt ? new Answer(503, new byte[0]) : answer);
    }
  }

  private Answer answer(HttpExchange exchange, String path, byte[] body) throws IOException {
    String text = new String(body, StandardCharsets.UTF_8);
    try {
      if (refused.test(path + " " + text)) {
        throw new Refused(400, "INVALID_PARAMETER_VALUE");
      }
      Map<String, String> query = query(exchange.getRequestURI());
      if (path.startsWith("/api/2.0/mlflow-artifacts/artifacts")) {
        return artifact(exchange.getRequestMethod(), path, query, body);
      }
      JsonNode json = body.length == 0 ? object() : JSON.readTree(body);
      return answer(200, answer(path.replace("/api/2.0/mlflow/", ""), query, json));
    } catch (Refused e) {
      return e.answer;
    }
  }

  private Answer artifact(String method, String path, Map<String, String> query, byte[] body)
      throws Refused {
    String file = path.replaceFirst("/api/2.0/mlflow-artifacts/artifacts/?", "");
    if (method.equals("PUT")) {
      artifacts.put(file, body);
      return answer(200, object());
    }
    if (!file.isEmpty()) {
      if (!artifacts.containsKey(file)) {
        throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
      }
      return new Answer(200, artifacts.get(file));
    }
    String directory = query.get("path").replaceFirst("/*$", "/");
    Map<String, ObjectNode> entries = new TreeMap<>();
    for (String name : artifacts.keySet()) {
      if (name.startsWith(directory)) {
        String rest = name.substring(directory.length());
        String first = rest.replaceFirst("/.*", "");
        entries.put(first, object().put("path", first).put("is_dir", rest.contains("/")));
      }
    }
    ObjectNode listing = object();
    entries.values().forEach(listing.putArray("files")::add);
    return answer(200, listing);
  }

  private ObjectNode answer(String path, Map<String, String> query, JsonNode body) throws Refused {
    switch (path) {
      case "model-versions/search":
        ObjectNode found = object();
        matching(versions, query.get("filter")).forEach(found.putArray("model_versions")::add);
        return found;
      case "model-versions/get":
        return wrapped("model_version", version(query.get("name"), query.get("version")));
      case "model-versions/get-download-uri":
        ObjectNode version = version(query.get("name"), query.get("version"));
        return object().put("artifact_uri", version.path("source").asText());
      case "model-versions/set-tag":
        set(version(body.path("name").asText(), body.path("version").asText()), body);
        return object();
      case "model-versions/delete-tag":
        removeTag(version(body.path("name").asText(), body.path("version").asText()), body);
        return object();
      case "model-versions/create":
        return wrapped("model_version", create(body));
      case "registered-models/get":
        return wrapped("registered_model", model(query.get("name")));
      case "registered-models/create":
        if (models.containsKey(body.path("name").asText())) {
          throw new Refused(400, "RESOURCE_ALREADY_EXISTS");
        }
        models.put(body.path("name").asText(), body.deepCopy());
        return object();
      case "registered-models/alias":
        model(body.path("name").asText())
            .withArray("/aliases")
            .removeAll()
            .addObject()
            .put("alias", body.path("alias").asText())
            .put("version", body.path("version").asText());
        return object();
      case "runs/get":
        return wrapped("run", byId(runs, "run_id", query.get("run_id")));
      case "runs/create":
        return wrapped("run", run(body));
      case "runs/search":
        ObjectNode all = object();
        matching(runs, body.path("filter").asText()).forEach(all.putArray("runs")::add);
        return all;
      case "runs/log-batch":
        ObjectNode run = byId(runs, "run_id", body.path("run_id").asText());
        for (JsonNode metric : body.path("metrics")) {
          run.withObject("/data/metrics").set(metric.path("key").asText(), metric.get("value"));
        }
        for (JsonNode param : body.path("params")) {
          run.withObject("/data/params").set(param.path("key").asText(), param.get("value"));
        }
        return object();
      case "runs/update":
        byId(runs, "run_id", body.path("run_id").asText())
            .withObject("/info")
            .set("status", body.get("status"));
        return object();
      case "experiments/get-by-name":
        return wrapped("experiment", object().put("experiment_id", "9"));
      case "logged-models/search":
        ObjectNode some = object();
        matching(logged, body.path("filter").asText()).forEach(some.putArray("models")::add);
        return some;
      case "logged-models":
        return wrapped("model", loggedModel(body));
      default:
        if (path.startsWith("logged-models/")) {
          return object();
        }
        throw new Refused(404, "ENDPOINT_NOT_FOUND");
    }
  }

  private List<ObjectNode> matching(List<ObjectNode> entities, String filter) {
    filters.add(filter);
    Matcher parts = FILTER.matcher(filter);
    if (!parts.matches()) {
      throw new IllegalArgumentException(filter);
    }
    return entities.stream()
        .filter(
            entity -> {
              Map<String, String> tags = ModelVersion.tags(entity);
              tags.putAll(ModelVersion.tags(entity.path("info")));
              String value = tags.get(parts.group(1));
              return value != null && value.equals(parts.group(3)) == parts.group(2).equals("=");
            })
        .toList();
  }

  private ObjectNode version(String name, String number) throws Refused {
    for (ObjectNode version : versions) {
      if (version.path("name").asText().equals(name)
          && version.path("version").asText().equals(number)) {
        return version;
      }
    }
    throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
  }

  private ObjectNode model(String name) throws Refused {
    if (!models.containsKey(name)) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
    }
    return models.get(name);
  }

  private static ObjectNode byId(List<ObjectNode> entities, String field, String id)
      throws Refused {
    for (ObjectNode entity : entities) {
      if (entity.path("info").path(field).asText().equals(id)) {
        return entity;
      }
    }
    throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
  }

  private ObjectNode create(JsonNode body) throws Refused {
    String name = body.path("name").asText();
    model(name);
    long number = 1 + versions.stream().filter(v -> v.path("name").asText().equals(name)).count();
    ObjectNode version = body.deepCopy();
    version.put("version", String.valueOf(number));
    versions.add(version);
    return version;
  }

  private ObjectNode run(JsonNode body) {
    String id = "run" + runs.size();
    ObjectNode run = object();
    run.putObject("info")
        .put("run_id", id)
        .put("experiment_id", body.path("experiment_id").asText())
        .put("status", "RUNNING")
        .put("artifact_uri", "mlflow-artifacts:/1/" + id + "/artifacts");
    run.set("tags", body.path("tags").deepCopy());
    run.putObject("data");
    runs.add(run);
    return run;
  }

  private ObjectNode loggedModel(JsonNode body) {
    String id = "m-" + logged.size();
    ObjectNode model = object();
    model
        .putObject("info")
        .put("model_id", id)
        .put("artifact_uri", "mlflow-artifacts:/1/models/" + id + "/artifacts")
        .set("tags", body.path("tags").deepCopy());
    logged.add(model);
    return model;
  }

  private static void set(ObjectNode entity, JsonNode tag) {
    removeTag(entity, tag);
    entity
        .withArray("/tags")
        .addObject()
        .put("key", tag.path("key").asText())
        .put("value", tag.path("value").asText());
  }

  private static void removeTag(ObjectNode entity, JsonNode tag) {
    ArrayNode left = JsonNodeFactory.instance.arrayNode();
    for (JsonNode one : entity.path("tags")) {
      if (!one.path("key").equals(tag.path("key"))) {
        left.add(one);
      }
    }
    entity.set("tags", left);
  }

  /** Registers a version that a run has made. */
  synchronized ModelVersion register(String name, String source, Map<String, String> tags)
      throws Exception {
    models.computeIfAbsent(name, n -> object().put("name", n));
    ObjectNode body = object().put("name", name).put("source", source);
    body.put("run_id", run(object().put("experiment_id", "1")).at("/info/run_id").asText());
    body.set("tags", Registry.pairs(new LinkedHashMap<>(tags)));
    return ModelVersion.of(create(body));
  }

  /** The owner's doing. */
  synchronized void tag(ModelVersion version, String key, String value) throws Exception {
    set(version(version.name(), version.version()), object().put("key", key).put("value", value));
  }

  synchronized Map<String, String> tags(ModelVersion version) throws Exception {
    return ModelVersion.tags(version(version.name(), version.version()));
  }

  synchronized List<ObjectNode> versionsOf(String name) {
    return versions.stream().filter(v -> v.path("name").asText().equals(name)).toList();
  }

  private static ObjectNode wrapped(String name, ObjectNode entity) {
    ObjectNode answer = object();
    answer.set(name, entity);
    return answer;
  }

  private static Answer answer(int status, ObjectNode body) {
    return new Answer(status, body.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    exchange.sendResponseHeaders(
        answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
    if (answer.body().length > 0) {
      exchange.getResponseBody().write(answer.body());
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    if (uri.getRawQuery() != null) {
      for (String part : uri.getRawQuery().split("&")) {
        String[] sides = part.split("=", 2);
        query.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
