package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code helm} makes of the chart, without a cluster; {@link KubernetesIT} asks one. */
final class HelmChartIT {
  private static final String DEFAULT = "1.34.0";

  static List<Path> values() {
    return Chart.values();
  }

  @ParameterizedTest
  @MethodSource("values")
  void lintFindsNothing(Path values) {
    Tool.named("helm")
        .run(
            "lint", "--strict", "--kube-version", DEFAULT, "-f", values.toString(), "helm/secateur")
        .succeeded();
  }

  @ParameterizedTest
  @MethodSource("values")
  void everyManifestFitsTheSchemasOfEveryKubernetesVersion(Path values, @TempDir Path temp)
      throws IOException {
    String custom = customResourceSchemas(temp.resolve("crds"));
    String kubernetes =
        Tool.unpacked("kubernetes-validate")
            + "/kubernetes_validate/kubernetes-json-schema/"
            + "{{.NormalizedKubernetesVersion}}-local{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json";
    for (String version : Chart.KUBERNETES_VERSIONS) {
      Path manifests = temp.resolve("manifests.yaml");
      String rendered = Chart.render(Chart.DIRECTORY, version, values, List.of()).succeeded().out();
      Files.writeString(manifests, rendered);
      Tool.Result checked =
          Tool.named("kubeconform")
              .run(
                  "-strict",
                  "-summary",
                  "-kubernetes-version",
                  version,
                  "-schema-location",
                  kubernetes,
                  "-schema-location",
                  custom,
                  manifests.toString())
              .succeeded();
      assertThat(checked.out())
          .contains(Yaml.documents(rendered).size() + " resources found")
          .contains("Skipped: 0");
    }
  }

  @Test
  void theDefaultRenderIsTheOneReviewed() throws IOException {
    Path golden = Path.of("src/test/resources/helm/default.yaml");
    String rendered =
        Chart.render(Chart.DIRECTORY, DEFAULT, Chart.values("default"), List.of())
            .succeeded()
            .out();
    if (Boolean.getBoolean("secateur.golden.write")) {
      Files.writeString(golden, rendered);
    }
    assertThat(rendered).isEqualTo(Files.readString(golden));
  }

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "default | kafka.bootstrapServers= | kafka.bootstrapServers is needed",
        "default | store.endpoint= | store.endpoint is needed",
        "keda | autoscaling.hpa.enabled=true | autoscaling.keda and autoscaling.hpa cannot both be"
            + " enabled",
        "scaledjob | autoscaling.keda.enabled=true | workload.kind ScaledJob scales by itself",
        "scaledjob | autoscaling.hpa.enabled=true | workload.kind ScaledJob scales by itself",
        "keda | metrics.serviceMonitor.enabled=true | metrics.podMonitor and metrics.serviceMonitor"
            + " cannot both",
        "hpa | service.enabled=false | metrics.serviceMonitor needs service.enabled",
        "default | terminationGracePeriodSeconds=69 | must be at least drain.timeoutSeconds (60) +"
            + " 10",
        "default | drain.timeoutSeconds=81 | terminationGracePeriodSeconds (90) must be at least",
        "scaledjob | workload.scaledJob.activeDeadlineSeconds=14400 | must be above"
            + " jobs.deadlineSeconds (14400)",
        "default | store.existingSecret= | store.credentials static needs store.existingSecret",
        "scaledjob | store.existingSecret= | store.credentials file needs store.existingSecret",
        "scaledjob | store.ca.secretName=x | store.ca: a Secret or a ConfigMap, not both",
        "keda | kafka.ca.configMapName=x | kafka.ca: a Secret or a ConfigMap, not both",
        "default | bridge.enabled=true | bridge.enabled needs bridge.mlflow.uri or"
            + " bridge.buckets.topic",
        "default | config.secateur\\.store\\.secret-key=hunter2 | would put a secret into a"
            + " ConfigMap",
        "default | kafka.properties.ssl\\.truststore\\.password=hunter2 | would put a secret into a"
            + " ConfigMap",
        "keda | kafka.properties.sasl\\.mechanism=OAUTHBEARER |"
            + " autoscaling.keda.authenticationRef is needed where sasl.mechanism is OAUTHBEARER",
        "hpa | serviceAccount.name= | serviceAccount.name is needed where serviceAccount.create is"
            + " false",
      })
  void whatCannotWorkIsRefusedWithTheReason(String values, String setting, String reason) {
    Tool.Result refused =
        Chart.render(Chart.DIRECTORY, DEFAULT, Chart.values(values), List.of(setting));
    assertThat(refused.exit()).as(refused.out()).isNotZero();
    assertThat(refused.err()).contains(reason);
  }

  @Test
  void everyRefusalOfTheTemplatesIsTriedAbove() throws Exception {
    String templates = Files.readString(Chart.DIRECTORY.resolve("templates/_secateur.tpl"));
    Matcher refusal =
        Pattern.compile("(?:fail|required) (?:\\(printf )?\"([^\"%]{12})").matcher(templates);
    String cases =
        String.join(
            "\n",
            getClass()
                .getDeclaredMethod(
                    "whatCannotWorkIsRefusedWithTheReason",
                    String.class,
                    String.class,
                    String.class)
                .getAnnotation(CsvSource.class)
                .value());
    int refusals = 0;
    while (refusal.find()) {
      refusals++;
      assertThat(cases).contains(refusal.group(1));
    }
    assertThat(refusals).isGreaterThan(10);
  }

  @ParameterizedTest
  @CsvSource({
    "kafka.bootstrapServer=kafka:9092, bootstrapServer",
    "kafka.bootstrapServers=kafka, bootstrapServers",
    "workload.kind=StatefulSet, kind",
    "autoscaling.keda.minReplicas=2, minReplicas",
    "store.endpoint=minio:9000, endpoint",
    "image.digest=sha256:12, digest",
    "metrics.podMonitor.interval=30, interval",
  })
  void aMisspeltValueIsRefusedByTheSchema(String setting, String place) {
    Tool.Result refused =
        Chart.render(Chart.DIRECTORY, DEFAULT, Chart.values("default"), List.of(setting));
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains("values don't meet the specifications").contains(place);
  }

  /** KEDA starts no worker while the topics are missing, and workers create them. */
  @ParameterizedTest
  @CsvSource({
    "scaledjob, kafka.topics.create=true, 1",
    "scaledjob, kafka.topics.create=false, 0",
    "keda, kafka.topics.create=true, 0",
  })
  void whereNobodyElseWouldCreateTheTopicsOneWorkerIsStarted(
      String values, String setting, int jobs) {
    List<JsonNode> started =
        manifests(values, List.of(setting)).stream()
            .filter(manifest -> manifest.get("kind").asText().equals("Job"))
            .toList();
    assertThat(started).hasSize(jobs);
    for (JsonNode job : started) {
      assertThat(job.at("/metadata/annotations/helm.sh~1hook").asText()).isEqualTo("post-install");
      assertThat(job.at("/spec/template/spec/containers/0/env").toString())
          .contains("SECATEUR_DRAIN_WHEN_IDLE");
    }
  }

  /** KEDA's scaler knows the broker's security by words of its own. */
  @ParameterizedTest
  @CsvSource({
    "keda, SASL_SSL, SCRAM-SHA-512, enable, scram_sha512",
    "keda, SASL_PLAINTEXT, SCRAM-SHA-256, '', scram_sha256",
    "keda, SASL_SSL, PLAIN, enable, plaintext",
    "keda, SSL, PLAIN, enable, ''",
    "keda, PLAINTEXT, PLAIN, '', ''",
    "scaledjob, SASL_SSL, PLAIN, enable, plaintext",
  })
  void kedaAsksTheBrokerAsTheWorkersDo(
      String values, String protocol, String mechanism, String tls, String sasl) {
    List<JsonNode> manifests =
        manifests(
            values,
            List.of(
                "kafka.existingSecret=login",
                "kafka.ca.secretName=authority",
                "kafka.properties.security\\.protocol=" + protocol,
                "kafka.properties.sasl\\.mechanism=" + mechanism));
    JsonNode authentication = only(manifests, "TriggerAuthentication");
    assertThat(authentication.at("/spec/secretTargetRef").findValuesAsText("parameter"))
        .containsExactly("username", "password", "ca");
    assertThat(authentication.at("/spec/secretTargetRef").findValuesAsText("name"))
        .containsExactly("login", "login", "authority");
    JsonNode triggers =
        only(manifests, values.equals("keda") ? "ScaledObject" : "ScaledJob").at("/spec/triggers");
    assertThat(triggers).hasSize(2);
    for (JsonNode trigger : triggers) {
      assertThat(trigger.at("/metadata/tls").asText()).isEqualTo(tls);
      assertThat(trigger.at("/metadata/sasl").asText()).isEqualTo(sasl);
      assertThat(trigger.at("/authenticationRef/name"))
          .isEqualTo(authentication.at("/metadata/name"));
    }
  }

  @Test
  void aTriggerAuthenticationOfOnesOwnIsTaken() {
    List<JsonNode> manifests =
        manifests(
            "keda",
            List.of(
                "autoscaling.keda.authenticationRef=mine",
                "autoscaling.keda.metadata.sasl=oauthbearer",
                "kafka.properties.sasl\\.mechanism=OAUTHBEARER"));
    assertThat(manifests).noneMatch(m -> m.get("kind").asText().equals("TriggerAuthentication"));
    JsonNode trigger = only(manifests, "ScaledObject").at("/spec/triggers/0");
    assertThat(trigger.at("/authenticationRef/name").asText()).isEqualTo("mine");
    assertThat(trigger.at("/metadata/sasl").asText()).isEqualTo("oauthbearer");
  }

  @Test
  void thePackagedChartRendersTheSame(@TempDir Path temp) throws IOException {
    Tool.named("helm").run("package", "helm/secateur", "-d", temp.toString()).succeeded();
    try (Stream<Path> files = Files.list(temp)) {
      Path archive = files.findFirst().orElseThrow();
      assertThat(Chart.render(archive, DEFAULT, Chart.values("keda"), List.of()).succeeded().out())
          .isEqualTo(
              Chart.render(Chart.DIRECTORY, DEFAULT, Chart.values("keda"), List.of())
                  .succeeded()
                  .out());
    }
  }

  @Test
  void rulesAndDashboardsAreThoseOfDeploy() throws IOException {
    List<JsonNode> manifests = manifests("keda", List.of());
    JsonNode deployed = Yaml.read(Path.of("deploy/prometheus/rules.yml"));
    TreeSet<String> alerts = new TreeSet<>(deployed.findValuesAsText("alert"));
    TreeSet<String> installed =
        new TreeSet<>(only(manifests, "PrometheusRule").findValuesAsText("alert"));
    assertThat(alerts).contains("SecateurNoWorker");
    alerts.remove("SecateurNoWorker"); // these values let workers go to zero
    assertThat(installed).isEqualTo(alerts);
    assertThat(only(manifests, "PrometheusRule").findValuesAsText("expr"))
        .containsAll(
            Stream.of(deployed.findValuesAsText("expr"))
                .flatMap(List::stream)
                .filter(expression -> !expression.startsWith("absent("))
                .toList());

    ObjectMapper json = new ObjectMapper();
    List<JsonNode> dashboards =
        manifests.stream()
            .filter(
                manifest -> manifest.at("/metadata/labels/grafana_dashboard").asText().equals("1"))
            .toList();
    assertThat(dashboards).hasSize(2);
    for (JsonNode dashboard : dashboards) {
      String key = dashboard.get("data").fieldNames().next();
      assertThat(json.readTree(dashboard.get("data").get(key).asText()))
          .isEqualTo(
              json.readTree(
                  Files.readString(
                      Path.of("deploy/grafana/dashboards", key.replace("secateur-", "")))));
    }
  }

  @Test
  void runbooksLeadToTheBaseGiven() {
    assertThat(only(manifests("keda", List.of()), "PrometheusRule").findValuesAsText("runbook_url"))
        .isNotEmpty()
        .allMatch(url -> url.startsWith("https://runbooks.example/docs/operations.md#secateur"));
  }

  /**
   * What authenticates a worker and whom it trusts holds for the commands, which read variables.
   */
  @ParameterizedTest
  @CsvSource({
    "keda, KAFKA_SECURITY_PROTOCOL, SASL_SSL",
    "keda, KAFKA_SASL_JAAS_CONFIG, $(SECATEUR_KAFKA_JAAS_CONFIG)",
    "keda, KAFKA_SSL_TRUSTSTORE_TYPE, PEM",
    "keda, KAFKA_SSL_TRUSTSTORE_LOCATION, /etc/secateur/kafka-ca/ca.crt",
    "keda, SECATEUR_STORE_CREDENTIALS, web-identity",
    "scaledjob, SECATEUR_STORE_CREDENTIALS_FILE, /etc/secateur/store/credentials",
    "scaledjob, SECATEUR_STORE_CA_FILE, /etc/secateur/store-ca/ca.crt",
  })
  void theReleasesTestReachesWhatItsWorkersReach(String values, String name, String value) {
    JsonNode container = only(manifests(values, List.of()), "Pod").at("/spec/containers/0");
    int place = variable(container, name);
    assertThat(container.at("/env/" + place + "/value").asText()).isEqualTo(value);
    Matcher secret = Pattern.compile("\\$\\((\\w+)\\)").matcher(value);
    if (secret.matches()) { // Kubernetes knows those alone that stand before
      assertThat(variable(container, secret.group(1))).isBetween(0, place - 1);
    }
    if (value.startsWith("/")) {
      assertThat(container.get("volumeMounts").findValuesAsText("mountPath"))
          .contains(Path.of(value).getParent().toString());
    }
  }

  /** Its place in a container's {@code env}, -1 where it is not there. */
  private static int variable(JsonNode container, String name) {
    List<String> names = new ArrayList<>();
    container.get("env").forEach(variable -> names.add(variable.get("name").asText()));
    return names.indexOf(name);
  }

  @Test
  void aChangedSettingRestartsTheWorkers() {
    String before = checksum(List.of());
    assertThat(checksum(List.of())).isEqualTo(before);
    assertThat(checksum(List.of("jobs.maxAttempts=4"))).isNotEqualTo(before);
  }

  @Test
  void aDigestWinsOverATag() {
    assertThat(manifests("hpa", List.of("image.tag=1.2.3")).toString())
        .contains("registry.example/ml/secateur@sha256:0123")
        .doesNotContain("1.2.3");
  }

  @ParameterizedTest
  @MethodSource("values")
  void noContainerMayMoreThanItNeeds(Path values) {
    String rendered = Chart.render(Chart.DIRECTORY, DEFAULT, values, List.of()).succeeded().out();
    List<JsonNode> pods = Yaml.documents(rendered).stream().flatMap(HelmChartIT::podSpecs).toList();
    assertThat(pods).hasSizeGreaterThanOrEqualTo(2);
    for (JsonNode pod : pods) {
      assertThat(pod.get("automountServiceAccountToken").asBoolean(true)).isFalse();
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      for (JsonNode container : pod.get("containers")) {
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.at("/securityContext/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(container.at("/resources/limits/memory").isMissingNode()).isFalse();
      }
    }
  }

  @Test
  void theValuesTableIsTheOneGenerated() throws IOException {
    Tool.Result generated =
        Tool.named("helm-docs")
            .run("--chart-search-root", "helm", "--skip-version-footer", "--dry-run")
            .succeeded();
    assertThat(generated.out().strip())
        .isEqualTo(Files.readString(Chart.DIRECTORY.resolve("README.md")).strip());
  }

  private static String checksum(List<String> settings) {
    return only(manifests("default", settings), "Deployment")
        .at("/spec/template/metadata/annotations/checksum~1config")
        .asText();
  }

  private static List<JsonNode> manifests(String values, List<String> settings) {
    return Yaml.documents(
        Chart.render(Chart.DIRECTORY, DEFAULT, Chart.values(values), settings).succeeded().out());
  }

  private static JsonNode only(List<JsonNode> manifests, String kind) {
    return manifests.stream()
        .filter(manifest -> manifest.get("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<JsonNode> podSpecs(JsonNode manifest) {
    return switch (manifest.get("kind").asText()) {
      case "Pod" -> Stream.of(manifest.get("spec"));
      case "Deployment" -> Stream.of(manifest.at("/spec/template/spec"));
      case "ScaledJob" -> Stream.of(manifest.at("/spec/jobTargetRef/template/spec"));
      default -> Stream.of();
    };
  }

  /** Writes the schemas inside the custom resource definitions where kubeconform looks for them. */
  private static String customResourceSchemas(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (Stream<Path> files = Files.list(Tool.unpacked("crds"))) {
      for (Path file : files.toList()) {
        for (JsonNode definition : Yaml.documents(Files.readString(file))) {
          String kind =
              definition.at("/spec/names/kind").asText().toLowerCase(java.util.Locale.ROOT);
          for (JsonNode version : definition.at("/spec/versions")) {
            Files.writeString(
                directory.resolve(kind + "_" + version.get("name").asText() + ".json"),
                new ObjectMapper().writeValueAsString(version.at("/schema/openAPIV3Schema")));
          }
        }
      }
    }
    return directory + "/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";
  }
}
