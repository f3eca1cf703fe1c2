package dev.secateur.deploy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The image, built from {@code deploy/Dockerfile} on bases that {@code .ci/tools} makes of Debian's
 * packages; the last stage's layers that are there already are not built again.
 */
final class WorkerImage {
  static final String NAME = "localhost/secateur:test";

  /** Begins the name of each container that outlives a command. */
  static final String CONTAINER = "secateur-worker-";

  private static final String OURS = "label=org.opencontainers.image.title=Secateur";

  private static Optional<Set<String>> leftovers = Optional.empty();

  private WorkerImage() {}

  /**
   * Once for all tests of a run; skips the test where the tools or the bases are not there. What
   * the run before left behind is deleted, the containers of a killed one too, and so are this
   * one's stages: else each run takes two gigabytes of the disk for good.
   *
   * @return the images without a name that are there since
   */
  static synchronized Set<String> build() {
    if (leftovers.isEmpty()) {
      leftovers = Optional.of(built());
    }
    return leftovers.get();
  }

  private static Set<String> built() {
    Tool podman = Tool.named("podman");
    Tool buildah = Tool.named("buildah");
    assumeTrue(
        podman.run("image", "exists", "localhost/maven:bookworm").exit() == 0,
        "no base images: run .ci/tools containers");
    Set<String> before = nameless(podman);
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
    podman.run("rm", "--force", "--volumes", "--time=0", "--filter=name=^" + CONTAINER).succeeded();
    // External: a build that was killed leaves the container in which it was at a step.
    podman.run("image", "prune", "--force", "--external", "--filter=" + OURS).succeeded();
    Set<String> left = nameless(podman);
    left.removeAll(before);
    return left;
  }

  private static Set<String> nameless(Tool podman) {
    return podman
        .run("images", "--quiet", "--no-trunc", "--filter=dangling=true")
        .succeeded()
        .out()
        .lines()
        .collect(Collectors.toCollection(HashSet::new));
  }
}
