package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.Ports;
import dev.secateur.demo.Subprocess;
import dev.secateur.demo.ToolCache;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A real MLflow as a process, where {@code .ci/tools} has installed it, and its REST API. */
final class MlflowServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Path directory;
  private final List<String> options;
  private final Map<String, String> environment;
  private final int port;
  private Subprocess process;

  private MlflowServer(
      Path directory, List<String> options, Map<String, String> environment, int port)
      throws IOException {
    this.directory = directory;
    this.options = options;
    this.environment = environment;
    this.port = port;
    this.process = launch();
  }

  static Path python() {
    return ToolCache.DIRECTORY.resolve("mlflow/bin/python");
  }

  static boolean isThere() {
    return Files.isExecutable(python());
  }

  /** One that serves artifacts itself, out of a directory. */
  static MlflowServer proxied(Path directory) throws IOException {
    return start(directory, Map.of(), "--artifacts-destination", directory + "/artifacts");
  }

  /** One whose artifacts are in a store that its clients write to. */
  static MlflowServer direct(Path directory, String s3, String root) throws IOException {
    return start(directory, store(s3), "--no-serve-artifacts", "--default-artifact-root", root);
  }

  private static Map<String, String> store(String s3) {
    return Map.of(
        "MLFLOW_S3_ENDPOINT_URL",
        s3,
        "AWS_ACCESS_KEY_ID",
        LocalStore.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY",
        LocalStore.SECRET_KEY,
        "AWS_DEFAULT_REGION",
        "us-east-1");
  }

  private static MlflowServer start(
      Path directory, Map<String, String> environment, String... options) throws IOException {
    Files.createDirectories(directory);
    Map<String, String> all = new HashMap<>(environment);
    all.put("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
    all.put("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    all.put("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https");
    all.put("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true");
    all.put("MLFLOW_WEBHOOK_CACHE_TTL", "1");
    all.put("MLFLOW_DISABLE_TELEMETRY", "true");
    return new MlflowServer(directory, List.of(options), all, Ports.free());
  }

  private Subprocess launch() throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(python().toString(), "-m", "mlflow", "server", "--host", "127.0.0.1"));
    command.addAll(List.of("--port", String.valueOf(port), "--workers", "1"));
    command.addAll(List.of("--backend-store-uri", "sqlite:///" + directory + "/mlflow.db"));
    command.addAll(options);
    return Subprocess.start(directory.resolve("mlflow.log"), environment, command);
  }

  int port() {
    return port;
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  MlflowServer awaitReady() {
    process.await("MLflow", Platform.LONG, this::answers);
    return this;
  }

  private boolean answers() {
    try {
      return send(HttpRequest.newBuilder(URI.create(address() + "/health"))).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Kills it, and the processes that it started. */
  void leave() {
    ProcessHandle.of(process.pid())
        .ifPresent(parent -> parent.descendants().forEach(ProcessHandle::destroyForcibly));
    process.close();
  }

  void comeBack() throws IOException {
    process = launch();
    awaitReady();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return HTTP.send(request.build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  JsonNode get(String path, Map<String, String> query) throws IOException {
    String parameters =
        query.entrySet().stream()
            .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return json(
        HttpRequest.newBuilder(URI.create(address() + "/api/2.0/" + path + "?" + parameters)));
  }

  JsonNode post(String path, ObjectNode body) throws IOException {
    return send("POST", path, body);
  }

  JsonNode send(String method, String path, ObjectNode body) throws IOException {
    return json(
        HttpRequest.newBuilder(URI.create(address() + "/api/2.0/" + path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body.toString())));
  }

  private static JsonNode json(HttpRequest.Builder request) throws IOException {
    HttpResponse<String> response = send(request);
    if (response.statusCode() != 200) {
      throw new IOException(response.uri() + ": " + response.statusCode() + " " + response.body());
    }
    return response.body().isEmpty() ? object() : JSON.readTree(response.body());
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode pairs(Map<String, String> tags) {
    ArrayNode pairs = JsonNodeFactory.instance.arrayNode();
    tags.forEach((key, value) -> pairs.addObject().put("key", key).put("value", value));
    return pairs;
  }

  String experiment(String name) throws IOException {
    return post("mlflow/experiments/create", object().put("name", name))
        .path("experiment_id")
        .asText();
  }

  String run(String experiment) throws IOException {
    ObjectNode run = object().put("experiment_id", experiment).put("start_time", 1);
    return post("mlflow/runs/create", run).at("/run/info/run_id").asText();
  }

  /** A logged model without files, as MLflow tells of it. */
  JsonNode loggedModel(String experiment, String run) throws IOException {
    ObjectNode model =
        object().put("experiment_id", experiment).put("name", "model").put("source_run_id", run);
    JsonNode info = post("mlflow/logged-models", model).at("/model/info");
    String id = info.path("model_id").asText();
    send(
        "PATCH",
        "mlflow/logged-models/" + id,
        object().put("model_id", id).put("status", "LOGGED_MODEL_READY"));
    return info;
  }

  /** Puts a file among the artifacts that it serves. */
  void upload(String location, String name, byte[] bytes) throws IOException {
    String path = location.replaceFirst("^mlflow-artifacts:/", "") + "/" + name;
    json(
        HttpRequest.newBuilder(
                URI.create(address() + "/api/2.0/mlflow-artifacts/artifacts/" + path))
            .PUT(BodyPublishers.ofByteArray(bytes)));
  }

  /** Registers a version; returns its number. */
  String register(String name, String source, String run, Map<String, String> tags)
      throws IOException {
    try {
      post("mlflow/registered-models/create", object().put("name", name));
    } catch (IOException e) {
      if (!e.getMessage().contains("RESOURCE_ALREADY_EXISTS")) {
        throw e;
      }
    }
    ObjectNode version = object().put("name", name).put("source", source).put("run_id", run);
    if (source.startsWith("models:/")) {
      version.put("model_id", source.substring("models:/".length()));
    }
    version.set("tags", pairs(tags));
    return post("mlflow/model-versions/create", version).at("/model_version/version").asText();
  }

  /** A version's tags, those of {@code secateur.} without that. */
  Map<String, String> tags(String name, String version) {
    try {
      JsonNode found = get("mlflow/model-versions/get", Map.of("name", name, "version", version));
      Map<String, String> tags = new HashMap<>();
      found
          .at("/model_version/tags")
          .forEach(
              tag ->
                  tags.put(
                      tag.path("key").asText().replaceFirst("^secateur\\.", ""),
                      tag.path("value").asText()));
      return tags;
    } catch (IOException e) {
      return Map.of();
    }
  }

  /** All versions of a model. */
  List<JsonNode> versions(String name) throws IOException {
    List<JsonNode> versions = new ArrayList<>();
    get("mlflow/model-versions/search", Map.of("max_results", "1000"))
        .path("model_versions")
        .forEach(
            version -> {
              if (version.path("name").asText().equals(name)) {
                versions.add(version);
              }
            });
    return versions;
  }

  /** Runs below another. */
  List<JsonNode> children(String experiment, String run) throws IOException {
    ObjectNode search = object().put("filter", "tags.`mlflow.parentRunId` = '" + run + "'");
    search.putArray("experiment_ids").add(experiment);
    List<JsonNode> runs = new ArrayList<>();
    post("mlflow/runs/search", search).path("runs").forEach(runs::add);
    return runs;
  }

  /** Downloads with MLflow's own client; the files' directory. */
  Path download(String uri, Optional<String> s3) throws Exception {
    Path target = Files.createTempDirectory(directory, "download");
    Map<String, String> variables = new HashMap<>(s3.map(MlflowServer::store).orElse(Map.of()));
    variables.put("MLFLOW_TRACKING_URI", address());
    Subprocess client =
        Subprocess.start(
            directory.resolve("client.log"),
            variables,
            List.of(
                python().toString(),
                "-c",
                "import mlflow.artifacts, sys;"
                    + " mlflow.artifacts.download_artifacts(sys.argv[1], dst_path=sys.argv[2])",
                uri,
                target.toString()));
    if (client.exitCode(Platform.LONG) != 0) {
      throw new AssertionError(client.output());
    }
    return target;
  }

  @Override
  public void close() {
    leave();
  }
}
