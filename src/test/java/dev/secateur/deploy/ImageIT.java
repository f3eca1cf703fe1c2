package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.LocalBroker;
import dev.secateur.demo.Minio;
import dev.secateur.demo.Ports;
import io.minio.admin.MinioAdminClient;
import io.minio.admin.UserInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.record.CompressionType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image, built from {@code deploy/Dockerfile} on bases that {@code .ci/tools} makes of Debian's
 * packages, and run as a cluster with policies would run it.
 */
final class ImageIT {
  private static final String IMAGE = WorkerImage.NAME;
  private static final long MEGABYTE = 1_000_000;

  /** The chart's grace period. */
  private static final int GRACE_SECONDS =
      Yaml.read(Chart.DIRECTORY.resolve("values.yaml"))
          .get("terminationGracePeriodSeconds")
          .asInt();

  /** As a cluster with policies would run it. */
  private static final List<String> RESTRICTED =
      List.of(
          "--ulimit=nofile=20000:20000",
          "--ulimit=nproc=9000:9000",
          "--read-only",
          "--read-only-tmpfs=false",
          "--cap-drop=all",
          "--security-opt=no-new-privileges");

  @BeforeAll
  static void build() {
    WorkerImage.build();
  }

  @Test
  void itIsSmallAndSaysWhatItIs() throws IOException {
    JsonNode image =
        Yaml.documents(
                Tool.named("podman")
                    .run("image", "inspect", IMAGE, "--format", "{{json .}}")
                    .succeeded()
                    .out())
            .get(0);
    assertThat(image.get("Size").asLong()).isLessThan(900 * MEGABYTE);
    JsonNode configuration = image.get("Config");
    assertThat(configuration.get("User").asText()).isEqualTo("10001:10001");
    assertThat(configuration.get("StopSignal").asText()).isEqualTo("SIGTERM");
    assertThat(configuration.get("Labels").fieldNames())
        .toIterable()
        .contains(
            "org.opencontainers.image.title",
            "org.opencontainers.image.version",
            "org.opencontainers.image.licenses");
    // Images in the OCI's format, which buildah makes, carry no health check; Docker's do.
    assertThat(Files.readString(Path.of("deploy/Dockerfile")))
        .containsPattern("HEALTHCHECK(?s:.*)/q/health ");
    assertThat(configuration.get("Volumes").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("/tmp", "/var/cache/secateur");
  }

  @Test
  void itsBuildLeavesNothingBehindButIt() {
    assertThat(WorkerImage.build()).isEmpty();
  }

  /**
   * An archive that does not fit is passed over in silence, and the start is as slow as without.
   */
  @Test
  void itsClassArchiveFitsItsJavaAndItsJars() {
    String application = "/opt/secateur/target/quarkus-app/";
    assertThat(
            run(
                    "/opt/java/bin/java",
                    List.of(
                        "-Xshare:on",
                        "-XX:SharedArchiveFile=" + application + "worker.jsa",
                        "-cp",
                        application + "quarkus-run.jar",
                        "-version"))
                .succeeded()
                .err())
        .contains("sharing");
  }

  /** Which a start that nobody answers does not load: {@code deploy/Answers.java}. */
  @Test
  void itsClassArchiveHasWhatServersAnswerWith() {
    String application = "/opt/secateur/target/quarkus-app/";
    String answer = "org.apache.kafka.common.message.FindCoordinatorResponseData";
    assertThat(
            run(
                    "/opt/java/bin/java",
                    List.of(
                        "-XX:SharedArchiveFile=" + application + "worker.jsa",
                        "-Xlog:class+load",
                        "-cp",
                        application + "quarkus-run.jar",
                        answer))
                .out())
        .contains(answer + " source: shared objects file (top)");
  }

  @Test
  void itDoesAJobWithNoRightsAndNothingToWriteButTmp() {
    Tool.Result job =
        run(
            "compress",
            "examples/shapes.h5",
            "--train",
            "examples/shapes.npz",
            "--epochs",
            "1",
            "--max-accuracy-drop",
            "1",
            "--out",
            "/tmp/out",
            "--json");
    assertThat(job.succeeded().out()).contains("\"accepted\"").contains("int8.tflite");
  }

  /** {@code deploy/Licences.java} and {@code THIRD-PARTY.txt}: nothing is in it without a word. */
  @Test
  void itHasTheLicencesOfEveryJarAndEveryNativeLibraryInIt() {
    String licences =
        run("cat", List.of("/opt/secateur/licences/THIRD-PARTY.txt")).succeeded().out();
    List<String> known =
        Pattern.compile("\\(([^:()\\s]+):([^:()\\s]+):(\\S+) - ")
            .matcher(licences)
            .results()
            .map(m -> m.group(1) + "." + m.group(2) + "-" + m.group(3))
            .toList();
    assertThat(list("/opt/secateur/target/quarkus-app/lib/main"))
        .isNotEmpty()
        .allSatisfy(jar -> assertThat(known).anyMatch(jar::startsWith));
    String natives = run("cat", List.of("/opt/secateur/licences/NATIVES.txt")).succeeded().out();
    assertThat(list("/opt/secateur/native"))
        .isNotEmpty()
        .allSatisfy(
            library -> assertThat(natives).contains(library.substring(0, library.indexOf(".so"))));
  }

  private static List<String> list(String directory) {
    return run("find", List.of(directory, "-type", "f", "-printf", "%f\\n"))
        .succeeded()
        .out()
        .lines()
        .toList();
  }

  @Test
  void itHasNoTestServersInIt() {
    Tool.Result jars = run("find", List.of("/opt/secateur", "-name", "*.jar"));
    assertThat(jars.succeeded().out())
        .contains("kafka-clients")
        .doesNotContain("s3proxy")
        .doesNotContain("kafka-test-common")
        .doesNotContain("junit");
  }

  /**
   * The worker as the chart and {@code docker-compose.yml} start it: the chart's limits and grace
   * period, a {@code /tmp} in which nothing may be executed, as Docker's, and a key that may do
   * what compose's policy says.
   */
  @Test
  void itsWorkerAnswersRecordsOfEveryCompressionAndDrainsToAnExitOfZero(@TempDir Path directory)
      throws Exception {
    assumeTrue(Minio.isThere(), "no MinIO: run .ci/tools minio");
    String worker = WorkerImage.CONTAINER + ProcessHandle.current().pid();
    try (LocalBroker broker = LocalBroker.start(directory.resolve("kafka"), Ports.free());
        Minio minio = Minio.start(directory.resolve("s3"), "models", "datasets", "artifacts");
        Records records = new Records(broker.address())) {
      addWorkersUser(minio);
      start(worker, broker, minio);
      await("healthy", () -> podman("healthcheck", "run", worker).exit() == 0);
      assertThat(inside(worker, "id", "-u").strip()).isEqualTo("10001");

      String id = publish(broker, minio, "--epochs", "40", "--max-accuracy-drop", "0.03");
      client(broker, minio, "watch", id).succeeded();

      ConsumerRecord<byte[], byte[]> registered = records.await("model-registered", r -> true);
      Set<String> sent = new HashSet<>();
      for (CompressionType compression : CompressionType.values()) {
        sent.add(records.sendAgain(registered, compression));
      }
      for (String again : sent) {
        records.await("model-compressed", r -> Records.header(r, "secateur-answers").equals(again));
      }
      // All of it was unpacked when the image was built: links to it are no copies.
      assertThat(inside(worker, "find", "/tmp", "-type", "f", "-name", "*.so*")).isEmpty();

      publish(broker, minio, "--epochs", "4000", "--name", "long");
      records.await(
          "model-compression-progress",
          r -> Records.key(r).equals("long") && Records.value(r).contains("\"fine-tune\""));
      podman("stop", "--time=" + GRACE_SECONDS, worker).succeeded();
      assertThat(podman("logs", worker).succeeded().toString())
          .contains("drained")
          .doesNotContain("did not stop in time");
      assertThat(podman("inspect", "--format={{.State.ExitCode}}", worker).out().strip())
          .isEqualTo("0");
    } finally {
      podman("rm", "--force", "--volumes", "--time=0", worker);
    }
  }

  /** With the rights that {@code docker-compose.yml} gives the workers. */
  private static void addWorkersUser(Minio minio) throws Exception {
    MinioAdminClient admin =
        MinioAdminClient.builder()
            .endpoint(minio.endpoint())
            .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
            .build();
    admin.addCannedPolicy("worker", Files.readString(Path.of("deploy/compose/policy.json")));
    admin.addUser("worker", UserInfo.Status.ENABLED, "worker-secret", "", List.of());
    admin.setPolicy("worker", false, "worker");
  }

  private static void start(String name, LocalBroker broker, Minio minio) throws Exception {
    JsonNode values = Yaml.read(Chart.DIRECTORY.resolve("values.yaml"));
    JsonNode limits = values.at("/resources/limits");
    List<String> arguments = new ArrayList<>(List.of("run", "--detach", "--name=" + name));
    arguments.addAll(RESTRICTED);
    arguments.addAll(
        List.of(
            "--network=host",
            "--cpus=" + limits.get("cpu").asText(),
            "--memory=" + limits.get("memory").asText().replace("Gi", "g"),
            "--tmpfs=/tmp:rw,noexec,nosuid,nodev,mode=1777,size=1g",
            // Asked by hand: there is no systemd to ask it.
            "--health-interval=disable",
            "--env=QUARKUS_HTTP_HOST=127.0.0.1",
            "--env=QUARKUS_HTTP_PORT=" + Ports.free(),
            "--env=SECATEUR_KAFKA_CREATE_TOPICS=true"));
    arguments.addAll(environment(broker, minio, "worker", "worker-secret"));
    arguments.add(IMAGE);
    podman(arguments.toArray(String[]::new)).succeeded();
  }

  /** Registers the example, as README.md does; returns the event's id. */
  private static String publish(LocalBroker broker, Minio minio, String... more) {
    List<String> command = new ArrayList<>(List.of("publish", "--model", "examples/shapes.h5"));
    command.addAll(List.of("--train", "examples/shapes.npz"));
    command.addAll(List.of(more));
    return client(broker, minio, command.toArray(String[]::new)).succeeded().out().strip();
  }

  /** A command of the image, with the store's root user. */
  private static Tool.Result client(LocalBroker broker, Minio minio, String... command) {
    List<String> arguments = new ArrayList<>(List.of("run", "--rm", "--no-healthcheck"));
    arguments.addAll(RESTRICTED);
    arguments.addAll(List.of("--network=host", "--tmpfs=/tmp:rw,size=512m"));
    arguments.addAll(environment(broker, minio, Minio.ACCESS_KEY, Minio.SECRET_KEY));
    arguments.add(IMAGE);
    arguments.addAll(List.of(command));
    return podman(arguments.toArray(String[]::new));
  }

  private static List<String> environment(
      LocalBroker broker, Minio minio, String accessKey, String secretKey) {
    return List.of(
        "--env=KAFKA_BOOTSTRAP_SERVERS=" + broker.address(),
        "--env=SECATEUR_STORE_ENDPOINT=" + minio.endpoint(),
        "--env=SECATEUR_STORE_ACCESS_KEY=" + accessKey,
        "--env=SECATEUR_STORE_SECRET_KEY=" + secretKey);
  }

  private static String inside(String container, String... command) {
    List<String> arguments = new ArrayList<>(List.of("exec", container));
    arguments.addAll(List.of(command));
    return podman(arguments.toArray(String[]::new)).succeeded().out();
  }

  private static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what).atMost(Duration.ofMinutes(5)).until(condition);
  }

  private static Tool.Result podman(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--runtime=runc"));
    all.addAll(List.of(arguments));
    return Tool.named("podman").run(Map.of(), all);
  }

  private static Tool.Result run(String... command) {
    return run("", Arrays.asList(command));
  }

  private static Tool.Result run(String entrypoint, List<String> command) {
    List<String> arguments = new ArrayList<>(List.of("run", "--rm", "--no-healthcheck"));
    arguments.addAll(RESTRICTED);
    arguments.addAll(List.of("--tmpfs=/tmp:rw,size=512m", "--network=none", "--memory=3g"));
    if (!entrypoint.isEmpty()) {
      arguments.add("--entrypoint=" + entrypoint);
    }
    arguments.add(IMAGE);
    arguments.addAll(command);
    return podman(arguments.toArray(String[]::new));
  }
}
