package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The chart on a real API server, with the custom resources of KEDA and of the Prometheus operator,
 * in namespaces that enforce Pod Security "restricted".
 */
final class KubernetesIT {
  @TempDir static Path directory;
  private static ApiServer api;

  static List<Path> values() {
    return Chart.values();
  }

  @BeforeAll
  static void start() throws IOException, GeneralSecurityException {
    Tool.named("helm");
    Path definitions = Tool.unpacked("crds");
    api = ApiServer.start(directory);
    try (Stream<Path> files = Files.list(definitions)) {
      for (Path file : files.toList()) {
        for (JsonNode definition : Yaml.documents(Files.readString(file))) {
          api.apply(
              "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                  + definition.at("/metadata/name").asText(),
              definition);
        }
      }
    }
    await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () ->
                Stream.of("/apis/keda.sh/v1alpha1", "/apis/monitoring.coreos.com/v1")
                    .allMatch(path -> api.get(path).isPresent()));
  }

  @AfterAll
  static void stop() {
    Optional.ofNullable(api).ifPresent(ApiServer::close);
  }

  @ParameterizedTest
  @MethodSource("values")
  void installsUpgradesAndLeavesNothingBehind(Path values) {
    String namespace = namespace(values, "lifecycle");
    helm("install", "release", "helm/secateur", "-n", namespace, "-f", values.toString());
    List<JsonNode> installed = objects(namespace);
    assertThat(installed).hasSameSizeAs(manifests(namespace)).hasSizeGreaterThanOrEqualTo(5);

    helm(
        "upgrade",
        "release",
        "helm/secateur",
        "-n",
        namespace,
        "-f",
        values.toString(),
        "--set",
        "jobs.maxAttempts=5");
    assertThat(objects(namespace).toString())
        .contains("secateur.jobs.max-attempts=5")
        .isNotEqualTo(installed.toString());

    helm("uninstall", "release", "-n", namespace);
    assertThat(objects(namespace)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("values")
  void theServerTakesEachManifestAsItIs(Path values) {
    String namespace = namespace(values, "strict");
    List<JsonNode> manifests =
        Yaml.documents(
            Chart.render(Chart.DIRECTORY, "1.34.0", values, List.of()).succeeded().out());
    for (JsonNode manifest : manifests) {
      if (manifest.get("kind").asText().equals("Pod")) {
        continue; // its service account does not exist yet; the next test posts it
      }
      ApiServer.Answer answer = api.dryRun(collection(namespace, manifest), manifest);
      assertThat(answer.status()).as(answer.object().toPrettyString()).isEqualTo(201);
      assertThat(answer.warnings()).isEmpty();
      assertThat(dropped(manifest, answer.object(), "")).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("values")
  void restrictedPodSecurityAdmitsThePods(Path values) {
    String namespace = namespace(values, "pods");
    helm("install", "release", "helm/secateur", "-n", namespace, "-f", values.toString());
    List<JsonNode> pods =
        Stream.concat(
                manifests(namespace).stream(),
                Yaml.documents(helm("get", "hooks", "release", "-n", namespace).out()).stream())
            .flatMap(manifest -> pod(manifest).stream())
            .toList();
    // A worker, the one of `helm test`, and the bridge where there is one.
    boolean bridge = Yaml.read(values).at("/bridge/enabled").asBoolean();
    assertThat(pods).hasSize(bridge ? 3 : 2);
    for (JsonNode pod : pods) {
      ApiServer.Answer answer = api.dryRun("/api/v1/namespaces/" + namespace + "/pods", pod);
      assertThat(answer.status()).as(answer.object().toPrettyString()).isEqualTo(201);
      assertThat(answer.warnings()).isEmpty();
      assertThat(dropped(pod, answer.object(), "")).isEmpty();
    }
  }

  @Test
  void theNamespacesRefuseWhatIsNotRestricted() {
    String namespace = namespace(Chart.values("default"), "refusing");
    helm(
        "install",
        "release",
        "helm/secateur",
        "-n",
        namespace,
        "-f",
        Chart.values("default").toString());
    ObjectNode pod =
        (ObjectNode)
            manifests(namespace).stream().flatMap(m -> pod(m).stream()).findFirst().orElseThrow();
    ((ObjectNode) pod.at("/spec/containers/0/securityContext"))
        .put("allowPrivilegeEscalation", true);
    ApiServer.Answer answer = api.dryRun("/api/v1/namespaces/" + namespace + "/pods", pod);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.object().toString()).contains("violates PodSecurity").contains("restricted");
  }

  /** A pod as the controllers would make it of a workload's template. */
  private static Optional<JsonNode> pod(JsonNode manifest) {
    JsonNode template =
        switch (manifest.get("kind").asText()) {
          case "Pod" -> manifest;
          case "Deployment" -> manifest.at("/spec/template");
          case "ScaledJob" -> manifest.at("/spec/jobTargetRef/template");
          default -> null;
        };
    return Optional.ofNullable(template)
        .map(
            found -> {
              ObjectNode pod = found.deepCopy();
              pod.put("apiVersion", "v1").put("kind", "Pod");
              ((ObjectNode) pod.get("metadata")).put("name", "pod");
              return pod;
            });
  }

  private static List<JsonNode> manifests(String namespace) {
    return Yaml.documents(helm("get", "manifest", "release", "-n", namespace).out());
  }

  /** Everything of the release that the server has stored, secrets of helm itself left out. */
  private static List<JsonNode> objects(String namespace) {
    List<JsonNode> objects = new ArrayList<>();
    for (String collection :
        List.of(
            "/api/v1/namespaces/%s/configmaps",
            "/api/v1/namespaces/%s/services",
            "/api/v1/namespaces/%s/serviceaccounts",
            "/api/v1/namespaces/%s/pods",
            "/apis/apps/v1/namespaces/%s/deployments",
            "/apis/policy/v1/namespaces/%s/poddisruptionbudgets",
            "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies",
            "/apis/autoscaling/v2/namespaces/%s/horizontalpodautoscalers",
            "/apis/keda.sh/v1alpha1/namespaces/%s/scaledobjects",
            "/apis/keda.sh/v1alpha1/namespaces/%s/scaledjobs",
            "/apis/keda.sh/v1alpha1/namespaces/%s/triggerauthentications",
            "/apis/monitoring.coreos.com/v1/namespaces/%s/podmonitors",
            "/apis/monitoring.coreos.com/v1/namespaces/%s/servicemonitors",
            "/apis/monitoring.coreos.com/v1/namespaces/%s/prometheusrules")) {
      api.get(collection.formatted(namespace)).orElseThrow().get("items").forEach(objects::add);
    }
    objects.removeIf(
        object ->
            !object.at("/metadata/labels/app.kubernetes.io~1managed-by").asText().equals("Helm"));
    return objects;
  }

  /** A namespace that enforces Pod Security "restricted", warns about it and audits it. */
  private static String namespace(Path values, String purpose) {
    String name = values.getFileName().toString().replace("-values.yaml", "") + "-" + purpose;
    ObjectNode namespace = Yaml.MAPPER.createObjectNode();
    namespace.put("apiVersion", "v1").put("kind", "Namespace");
    ObjectNode metadata = namespace.putObject("metadata").put("name", name);
    ObjectNode labels = metadata.putObject("labels");
    Stream.of("enforce", "warn", "audit")
        .forEach(mode -> labels.put("pod-security.kubernetes.io/" + mode, "restricted"));
    api.apply("/api/v1/namespaces/" + name, namespace);
    // A controller would make this one; a pod is not admitted without its service account.
    ObjectNode account = Yaml.MAPPER.createObjectNode();
    account.put("apiVersion", "v1").put("kind", "ServiceAccount");
    account.putObject("metadata").put("name", "default");
    api.apply("/api/v1/namespaces/" + name + "/serviceaccounts/default", account);
    // What a platform's policies name as priority class must exist.
    ObjectNode priority = Yaml.MAPPER.createObjectNode();
    priority.put("apiVersion", "scheduling.k8s.io/v1").put("kind", "PriorityClass").put("value", 1);
    priority.putObject("metadata").put("name", "batch");
    api.apply("/apis/scheduling.k8s.io/v1/priorityclasses/batch", priority);
    // And so must the runtime that runs containers on a GPU.
    ObjectNode runtime = Yaml.MAPPER.createObjectNode();
    runtime.put("apiVersion", "node.k8s.io/v1").put("kind", "RuntimeClass");
    runtime.put("handler", "nvidia").putObject("metadata").put("name", "nvidia");
    api.apply("/apis/node.k8s.io/v1/runtimeclasses/nvidia", runtime);
    return name;
  }

  private static Tool.Result helm(String... arguments) {
    Tool.Result result =
        Tool.named("helm")
            .run(Map.of("KUBECONFIG", api.kubeconfig().toString()), List.of(arguments))
            .succeeded();
    // client-go prints what the server warns about as W0102 15:04:05 … warnings.go.
    assertThat(result.err()).doesNotContainIgnoringCase("warning");
    return result;
  }

  private static String collection(String namespace, JsonNode manifest) {
    String version = manifest.get("apiVersion").asText();
    String kind = manifest.get("kind").asText().toLowerCase(java.util.Locale.ROOT);
    return (version.contains("/") ? "/apis/" : "/api/")
        + version
        + "/namespaces/"
        + namespace
        + "/"
        + (kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ie" : kind)
        + "s";
  }

  /** The places in {@code sent} that {@code stored} lacks or has changed. */
  private static List<String> dropped(JsonNode sent, JsonNode stored, String place) {
    List<String> places = new ArrayList<>();
    if (sent.isObject()) {
      sent.fields()
          .forEachRemaining(
              field ->
                  places.addAll(
                      dropped(
                          field.getValue(),
                          stored.path(field.getKey()),
                          place + "/" + field.getKey())));
    } else if (sent.isArray()) {
      for (int i = 0; i < sent.size(); i++) {
        places.addAll(dropped(sent.get(i), stored.path(i), place + "/" + i));
      }
    } else if (!sent.asText().equals(stored.asText()) && !sent.isNull()) {
      places.add(place + ": " + sent + " became " + stored);
    }
    return places;
  }
}
