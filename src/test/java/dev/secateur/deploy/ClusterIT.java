package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The chart on a cluster of one real node, where {@link KubernetesIT} has an API server alone: the
 * short form of {@code bench/cluster}, whose log is {@code target/cluster.log}.
 */
@Execution(ExecutionMode.CONCURRENT)
final class ClusterIT {
  @Test
  void theChartInstallsIsTestedDrainsUpgradesAndLeavesNothingButTheStore() {
    assumeTrue(System.getProperty("user.name").equals("root"), "a cluster's node needs root");
    List.of("kube", "pause", "etcd", "containerd", "helm", "minio", "mc").forEach(Tool::named);
    WorkerImage.build();
    Tool.Result scenario = Tool.ours("bench/cluster").run(Map.of(), List.of("--short"));
    System.out.print(scenario.out());
    assertThat(scenario.succeeded().out()).contains("uninstall leaves nothing but the store");
  }
}
