package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.cli.Run;
import dev.secateur.demo.Minio;
import dev.secateur.demo.Ports;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.store.ObjectUri;
import io.minio.admin.MinioAdminClient;
import io.minio.admin.UserInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code secateur doctor} on servers that are sound, and on each ailment. */
final class DoctorIT {
  private static Run doctor(Platform platform, Map<String, String> settings) {
    return doctor(platform, settings, platform.kafka, platform.s3, platform.state.toString());
  }

  private static Run doctor(
      Platform platform, Map<String, String> settings, String kafka, String s3, String state) {
    Map<String, String> environment = new HashMap<>(WorkerProcess.SECRETS);
    environment.put("SECATEUR_TOPICS_REGISTERED", platform.registered());
    environment.put("SECATEUR_TOPICS_PROGRESS", platform.name + "-progress");
    environment.put("SECATEUR_TOPICS_COMPRESSED", platform.name + "-compressed");
    environment.put("SECATEUR_TOPICS_DEAD_LETTERS", platform.deadLetters());
    environment.put("SECATEUR_TOPICS_DOORBELL", platform.doorbell());
    environment.putAll(settings);
    return Run.in(
        environment, List.of("doctor", "--kafka", kafka, "--store", s3, "--state-uri", state));
  }

  private static String[] lines(Run run) {
    return run.out().lines().toArray(String[]::new);
  }

  @Test
  void allIsWellAndNothingIsLeftBehind() throws Exception {
    try (Platform platform = new Platform("well", 3)) {
      Run run = doctor(platform, Map.of());
      assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
      assertThat(lines(run)).hasSize(11).allMatch(line -> line.startsWith("ok "));
      assertThat(run.out())
          .contains(
              "with 3 partitions",
              "both of well",
              "secateur-doorbell, which",
              "models, which",
              "creates once");
      assertThat(platform.store.list(platform.state)).isEmpty();
    }
  }

  @Test
  void whatIsMissingIsNamedWithItsRemedy() throws Exception {
    try (Platform platform = new Platform("ill", 1)) {
      Run run =
          doctor(
              platform,
              Map.of(
                  "SECATEUR_TOPICS_DEAD_LETTERS", "nowhere",
                  "SECATEUR_TOPICS_DOORBELL", "no-doorbell",
                  "SECATEUR_STORE_READ_BUCKETS", "models,no-such-bucket"));
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.out())
          .containsPattern("FAIL +topics +no-doorbell, nowhere: missing.*create them")
          .containsPattern("FAIL +bucket +.*no-such-bucket.*: create the bucket")
          .containsPattern("ok +bucket +models")
          .containsPattern("ok +state ");
    }
  }

  @Test
  void serversThatDoNotAnswerAreNamed() throws Exception {
    try (Platform platform = new Platform("away", 1)) {
      int nobody = Ports.free();
      Run run =
          doctor(
              platform,
              Map.of("SECATEUR_STORE_RETRIES", "1"),
              "127.0.0.1:" + nobody,
              "http://127.0.0.1:" + nobody,
              platform.state.toString());
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.out())
          .containsPattern("FAIL +broker +.*check --kafka")
          .containsPattern("FAIL +state +.*check SECATEUR_STORE_ENDPOINT")
          .doesNotContain("topics");
    }
  }

  @Test
  void theRightsOfComposesPolicyAreEnoughAndOthersAreNot(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(Minio.isThere(), "no MinIO: run .ci/tools minio");
    try (Minio minio = Minio.start(directory, LocalServers.BUCKETS);
        Platform platform =
            new Platform("rights", 1, LocalServers.get().kafka, minio.endpoint(), directory)) {
      MinioAdminClient admin =
          MinioAdminClient.builder()
              .endpoint(minio.endpoint())
              .credentials(Minio.ACCESS_KEY, Minio.SECRET_KEY)
              .build();
      admin.addCannedPolicy("worker", Files.readString(Path.of("deploy/compose/policy.json")));
      admin.addUser("worker", UserInfo.Status.ENABLED, "worker-secret", "", List.of());
      admin.setPolicy("worker", false, "worker");
      admin.addUser("reader", UserInfo.Status.ENABLED, "reader-secret", "", List.of());
      admin.setPolicy("reader", false, "readonly");
      Run well =
          doctor(
              platform, keys("worker"), platform.kafka, platform.s3, "s3://artifacts/.secateur/");
      assertThat(well.exitCode()).as(well.out()).isZero();
      assertThat(well.out())
          .containsPattern("ok +bucket +models, which may be listed; nothing is in it")
          .containsPattern("ok +clock +");
      byte[] content = "report".getBytes(StandardCharsets.UTF_8);
      platform.store.write(ObjectUri.of("s3://models/shapes.h5"), content);
      platform.store.write(ObjectUri.of("s3://artifacts/shapes/report.json"), content);
      assertThat(
              doctor(
                      platform,
                      keys("worker"),
                      platform.kafka,
                      platform.s3,
                      "s3://artifacts/.secateur/")
                  .out())
          .containsPattern("ok +bucket +models, which may be listed and read")
          .containsPattern("ok +bucket +artifacts, which may be listed, read and written to");
      assertThat(platform.store.read(ObjectUri.of("s3://artifacts/shapes/report.json"), 100))
          .contains(content);
      admin.addCannedPolicy(
          "inside",
          Files.readString(Path.of("deploy/compose/policy.json"))
              .replace("\"arn:aws:s3:::artifacts/*\"", "\"arn:aws:s3:::artifacts/.secateur/*\""));
      admin.addUser("inside", UserInfo.Status.ENABLED, "inside-secret", "", List.of());
      admin.setPolicy("inside", false, "inside");
      assertThat(
              doctor(
                      platform,
                      keys("inside"),
                      platform.kafka,
                      platform.s3,
                      "s3://artifacts/.secateur/")
                  .out())
          .containsPattern("ok +state +")
          .containsPattern("FAIL +bucket +.*policy.json");
      // The policy's state is elsewhere: there nothing may be deleted.
      assertThat(doctor(platform, keys("worker")).out())
          .containsPattern("FAIL +state +.*policy.json");
      assertThat(doctor(platform, keys("reader")).out())
          .containsPattern("FAIL +state +.*policy.json");
    }
  }

  private static Map<String, String> keys(String user) {
    return Map.of("SECATEUR_STORE_ACCESS_KEY", user, "SECATEUR_STORE_SECRET_KEY", user + "-secret");
  }
}
