package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The image, built from {@code deploy/Dockerfile} on bases that {@code .ci/tools} makes of Debian's
 * packages, and run as a cluster with policies would run it.
 */
final class ImageIT {
  private static final String IMAGE = "localhost/secateur:test";
  private static final long MEGABYTE = 1_000_000;

  @BeforeAll
  static void build() {
    Tool podman = Tool.named("podman");
    Tool buildah = Tool.named("buildah");
    assumeTrue(
        podman.run("image", "exists", "localhost/maven:bookworm").exit() == 0,
        "no base images: run .ci/tools containers");
    buildah
        .run(
            Map.of(),
            List.of(
                "--runtime=runc",
                "bud",
                "--isolation=chroot",
                "--network=host",
                "--format=docker",
                "--layers",
                "--volume=" + Path.of(System.getProperty("user.home"), ".m2") + ":/root/.m2",
                "--build-arg=BUILD_IMAGE=localhost/maven:bookworm",
                "--build-arg=RUNTIME_IMAGE=localhost/debian:bookworm-slim",
                "--build-arg=MAVEN_OPTIONS=-o",
                "--tag=" + IMAGE,
                "--file=deploy/Dockerfile",
                "."))
        .succeeded();
  }

  @Test
  void itIsSmallAndSaysWhatItIs() {
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
    assertThat(image.toString()).contains("/q/health/ready");
    assertThat(configuration.get("Volumes").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("/tmp", "/var/cache/secateur");
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

  @Test
  void itHasNoTestServersInIt() {
    Tool.Result jars = run("find", List.of("/opt/secateur", "-name", "*.jar"));
    assertThat(jars.succeeded().out())
        .contains("kafka-clients")
        .doesNotContain("s3proxy")
        .doesNotContain("kafka-test-common")
        .doesNotContain("junit");
  }

  private static Tool.Result run(String... command) {
    return run("", Arrays.asList(command));
  }

  private static Tool.Result run(String entrypoint, List<String> command) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--runtime=runc",
                "run",
                "--rm",
                "--ulimit=nofile=20000:20000",
                "--ulimit=nproc=9000:9000",
                "--no-healthcheck",
                "--read-only",
                "--read-only-tmpfs=false",
                "--tmpfs=/tmp:rw,size=512m",
                "--cap-drop=all",
                "--security-opt=no-new-privileges",
                "--network=none",
                "--memory=3g"));
    if (!entrypoint.isEmpty()) {
      arguments.add("--entrypoint=" + entrypoint);
    }
    arguments.add(IMAGE);
    arguments.addAll(command);
    return Tool.named("podman").run(Map.of(), arguments);
  }
}
