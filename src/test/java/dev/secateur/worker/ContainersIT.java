package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.Containers;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Where a Docker engine answers, {@link LocalServers} are Kafka and MinIO in containers, and all
 * tests of the worker run on them; elsewhere this one is reported as skipped.
 */
@Tag("docker")
final class ContainersIT {
  @Test
  void aRegisteredModelBecomesArtifactsOnContainers() throws Exception {
    Assumptions.assumeTrue(Containers.areThere(), "no Docker engine answers here");
    assertThat(LocalServers.get().areContainers()).isTrue();
    try (Platform platform = new Platform("containers", 2)) {
      platform.worker("containers-1").awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      assertThat(platform.awaitResults(1).values())
          .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
    }
  }
}
