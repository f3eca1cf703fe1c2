package dev.secateur.deploy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The image, built from {@code deploy/Dockerfile} on bases that {@code .ci/tools} makes of Debian's
 * packages; layers that are there already are not built again. Tests that run beside each other
 * build it one after the other.
 */
final class WorkerImage {
  static final String NAME = "localhost/secateur:test";

  private static final String OURS = "label=org.opencontainers.image.title=Secateur";

  private static boolean built;

  private WorkerImage() {}

  /**
   * Once for all tests of a run; skips the test where the tools or the bases are not there. What
   * the run before left behind is deleted, and so are this one's stages: else each run takes two
   * gigabytes of the disk for good.
   */
  static synchronized void build() {
    if (built) {
      return;
    }
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
                "--tag=" + NAME,
                "--file=deploy/Dockerfile",
                "."))
        .succeeded();
    // External: a build that was killed leaves the container in which it was at a step.
    podman.run("image", "prune", "--force", "--external", "--filter=" + OURS).succeeded();
    built = true;
  }

  /** The layers and stages of builds that no image with a name needs. */
  static String leftovers() {
    return Tool.named("podman")
        .run("images", "--quiet", "--filter=dangling=true", "--filter=" + OURS)
        .succeeded()
        .out();
  }
}
