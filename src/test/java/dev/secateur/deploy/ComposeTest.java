package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That {@code docker-compose.yml} agrees with the application's own configuration, and with itself.
 */
final class ComposeTest {
  private static final Path FILE = Path.of("docker-compose.yml");
  private static final JsonNode SERVICES = Yaml.read(FILE).get("services");
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| `([a-z.-]+)` \\| `([A-Z_]+)` \\| (?:`([^`]*)`)? ?\\|", Pattern.MULTILINE);

  @Test
  void everyImageIsPinned() {
    for (JsonNode service : SERVICES) {
      assertThat(service.get("image").asText())
          .matches("[a-z/]+:[A-Za-z]*\\.?v?[0-9].*")
          .doesNotContain("latest");
    }
    assertThat(SERVICES.at("/worker/image").asText())
        .isEqualTo(
            "secateur/secateur:"
                + Yaml.read(Path.of("helm/secateur/Chart.yaml")).get("appVersion").asText());
  }

  @Test
  void portsAreOnTheLoopbackOnly() {
    assertThat(SERVICES.findValues("ports")).isNotEmpty();
    for (JsonNode ports : SERVICES.findValues("ports")) {
      ports.forEach(port -> assertThat(port.asText()).startsWith("127.0.0.1:"));
    }
  }

  @Test
  void everyServiceIsLimitedAndHasNoCapabilities() {
    for (JsonNode service : SERVICES) {
      JsonNode merged = merged(service);
      assertThat(merged.toString())
          .contains("mem_limit")
          .contains("cpus")
          .contains("no-new-privileges")
          .contains("max-size");
    }
  }

  /** Of a volume without a name each `up` leaves one more. */
  @Test
  void everyVolumeHasItsName() {
    TreeSet<String> named = new TreeSet<>();
    Yaml.read(FILE).get("volumes").fieldNames().forEachRemaining(named::add);
    for (JsonNode volumes : SERVICES.findValues("volumes")) {
      for (JsonNode volume : volumes) {
        String source = volume.asText().split(":")[0];
        assertThat(source.startsWith("./") || named.contains(source)).as(volume.asText()).isTrue();
      }
    }
    // What the images declare as volumes, each covered by one of the service.
    for (Map.Entry<String, List<String>> declared :
        Map.of(
                "kafka", List.of("/etc/kafka/secrets", "/mnt/shared/config", "/var/lib/kafka/data"),
                "topics",
                    List.of("/etc/kafka/secrets", "/mnt/shared/config", "/var/lib/kafka/data"),
                "minio", List.of("/data"),
                "worker", List.of("/tmp", "/var/cache/secateur"),
                "prometheus", List.of("/prometheus"))
            .entrySet()) {
      JsonNode service = SERVICES.get(declared.getKey());
      String mounts = service.path("volumes") + " " + service.path("tmpfs");
      assertThat(declared.getValue()).as(declared.getKey()).allMatch(mounts::contains);
    }
  }

  /** An artifact that was handed out stays until its owner deletes it. */
  @Test
  void workersMayDeleteTheirStateAlone() throws IOException {
    String state = defaults(1).get("secateur.state.uri").replace("s3://", "arn:aws:s3:::") + "*";
    for (JsonNode statement : Yaml.read(Path.of("deploy/compose/policy.json")).get("Statement")) {
      if (statement.get("Action").toString().contains("Delete")) {
        assertThat(statement.get("Resource")).hasSize(1);
        assertThat(statement.at("/Resource/0").asText()).isEqualTo(state);
      }
    }
  }

  @Test
  void thereIsNoPasswordInTheFile() throws IOException {
    Map<String, String> example =
        Files.readAllLines(Path.of(".env.example")).stream()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split("=", 2))
            .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    assertThat(example.values()).containsOnly("");
    Matcher variables = Pattern.compile("\\$\\{(\\w+)[^}]*}").matcher(Files.readString(FILE));
    TreeSet<String> used = new TreeSet<>();
    while (variables.find()) {
      assertThat(variables.group()).contains(":?");
      used.add(variables.group(1));
    }
    assertThat(used).isEqualTo(new TreeSet<>(example.keySet()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"worker", "bridge"})
  void theVariablesAreKeysOfTheApplication(String service) throws IOException {
    Map<String, String> keys = defaults(2);
    SERVICES
        .at("/" + service + "/environment")
        .fieldNames()
        .forEachRemaining(
            variable -> {
              if (!variable.equals("KAFKA_BOOTSTRAP_SERVERS")) {
                assertThat(keys).containsKey(variable);
              }
            });
  }

  /** Whoever has no MLflow starts none of it. */
  @Test
  void theBridgeIsAnOption() {
    assertThat(SERVICES.at("/bridge/profiles")).isNotEmpty();
    assertThat(SERVICES.at("/bridge/image")).isEqualTo(SERVICES.at("/worker/image"));
    for (String shared : new String[] {"KAFKA_BOOTSTRAP_SERVERS", "SECATEUR_STORE_ENDPOINT"}) {
      assertThat(SERVICES.at("/bridge/environment").get(shared))
          .isEqualTo(SERVICES.at("/worker/environment").get(shared));
    }
  }

  @Test
  void topicsAndBucketsAreThoseThatTheWorkersUse() throws IOException {
    Map<String, String> keys = defaults(1);
    JsonNode topics = SERVICES.at("/topics/environment");
    assertThat(topics.get("REGISTERED").asText()).isEqualTo(keys.get("secateur.topics.registered"));
    assertThat(topics.get("PROGRESS").asText()).isEqualTo(keys.get("secateur.topics.progress"));
    assertThat(topics.get("COMPRESSED").asText()).isEqualTo(keys.get("secateur.topics.compressed"));
    assertThat(topics.get("DEAD_LETTERS").asText())
        .isEqualTo(keys.get("secateur.topics.dead-letters"));
    assertThat(topics.get("PARTITIONS").asText()).isEqualTo(keys.get("secateur.kafka.partitions"));

    JsonNode worker = SERVICES.at("/worker/environment");
    TreeSet<String> buckets = new TreeSet<>();
    for (String key :
        new String[] {"SECATEUR_STORE_READ_BUCKETS", "SECATEUR_STORE_WRITE_BUCKETS"}) {
      buckets.addAll(List.of(worker.get(key).asText().split(",")));
    }
    assertThat(SERVICES.at("/buckets/environment/BUCKETS").asText().split(" "))
        .containsExactlyInAnyOrderElementsOf(buckets);
    String policy = Files.readString(Path.of("deploy/compose/policy.json"));
    buckets.forEach(bucket -> assertThat(policy).contains("arn:aws:s3:::" + bucket + "/*"));
  }

  @Test
  void addressesLeadToServicesAndTheirPorts() throws IOException {
    JsonNode worker = SERVICES.at("/worker/environment");
    assertThat(SERVICES.at("/kafka/environment/KAFKA_ADVERTISED_LISTENERS").asText())
        .contains("INTERNAL://" + worker.get("KAFKA_BOOTSTRAP_SERVERS").asText())
        .contains("EXTERNAL://localhost:9092");
    assertThat(SERVICES.at("/topics/environment/BOOTSTRAP"))
        .isEqualTo(worker.get("KAFKA_BOOTSTRAP_SERVERS"));
    assertThat(worker.get("SECATEUR_STORE_ENDPOINT").asText()).isEqualTo("http://minio:9000");
    JsonNode scrape =
        Yaml.read(Path.of("deploy/prometheus/prometheus.yml")).at("/scrape_configs/0");
    assertThat(SERVICES.has(scrape.at("/dns_sd_configs/0/names/0").asText())).isTrue();
    assertThat(scrape.at("/dns_sd_configs/0/port").asInt()).isEqualTo(8080);
    assertThat(
            Yaml.read(Path.of("deploy/grafana/provisioning/datasources/prometheus.yml"))
                .at("/datasources/0/url")
                .asText())
        .isEqualTo("http://prometheus:9090");
  }

  @Test
  void everyMountedFileExistsAndIsReadOnly() {
    int mounts = 0;
    for (JsonNode volumes : SERVICES.findValues("volumes")) {
      for (JsonNode volume : volumes) {
        if (volume.asText().startsWith("./")) {
          mounts++;
          assertThat(Path.of(volume.asText().split(":")[0])).exists();
          assertThat(volume.asText()).endsWith(":ro");
        }
      }
    }
    assertThat(mounts).isGreaterThan(5);
  }

  @Test
  void workersDrainBeforeTheyAreKilled() throws IOException {
    assertThat(seconds(SERVICES.at("/worker/stop_grace_period").asText()))
        .isGreaterThanOrEqualTo(seconds(defaults(1).get("secateur.drain.timeout")) + 10);
  }

  @Test
  void dependenciesAreWaitedForByTheirHealthOrTheirEnd() {
    for (JsonNode service : SERVICES) {
      service
          .path("depends_on")
          .properties()
          .forEach(
              dependency -> {
                JsonNode target = SERVICES.get(dependency.getKey());
                assertThat(target).as(dependency.getKey()).isNotNull();
                if (dependency.getValue().get("condition").asText().equals("service_healthy")) {
                  assertThat(target.has("healthcheck")).isTrue();
                }
              });
    }
  }

  @Test
  void composeItselfTakesTheFile() throws IOException {
    Path environment = Files.createTempFile("compose", ".env");
    Files.writeString(
        environment, Files.readString(Path.of(".env.example")).replaceAll("(?m)=$", "=abcdefgh"));
    Tool compose = Tool.named("docker-compose");
    compose.run("--env-file", environment.toString(), "config", "--quiet").succeeded();
    Tool.Result refused = compose.run("--env-file", ".env.example", "config", "--quiet");
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains("is missing a value");
    Files.delete(environment);
  }

  /** Keys (1) or environment variables (2) of the documented configuration, with their defaults. */
  private static Map<String, String> defaults(int column) throws IOException {
    Matcher rows = ROW.matcher(Files.readString(Path.of("docs/configuration.md")));
    Map<String, String> defaults = new TreeMap<>();
    while (rows.find()) {
      defaults.put(rows.group(column), rows.group(3) == null ? "" : rows.group(3));
    }
    assertThat(defaults).hasSizeGreaterThan(20);
    return defaults;
  }

  private static int seconds(String duration) {
    return Integer.parseInt(duration.replace("s", ""));
  }

  /** A service with what its merge key names. */
  private static JsonNode merged(JsonNode service) {
    String text = service.toString();
    JsonNode root = Yaml.read(FILE);
    return Yaml.MAPPER
        .createArrayNode()
        .add(service)
        .add(
            text.contains("small")
                ? root.get("x-limits")
                : com.fasterxml.jackson.databind.node.NullNode.instance)
        .add(
            text.contains("restricted")
                ? root.get("x-restricted")
                : com.fasterxml.jackson.databind.node.NullNode.instance);
  }
}
