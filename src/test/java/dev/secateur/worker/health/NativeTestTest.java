package dev.secateur.worker.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class NativeTestTest {
  /** As on a machine on which the libraries take more than four of the test's heaps. */
  @Test
  void howMuchMemoryTheLibrariesTakeIsNoFaultOfTheirs() throws Exception {
    assertThat(NativeTest.inOwnProcess(List.of("-Dorg.bytedeco.javacpp.maxPhysicalBytes=1048576")))
        .isEmpty();
  }

  @Test
  void librariesThatAreNotThereAreNamed() throws Exception {
    assertThat(NativeTest.inOwnProcess(List.of("-Dorg.bytedeco.javacpp.platform=linux-none")))
        .hasValueSatisfying(trouble -> assertThat(trouble).contains("self-test ended with 1"));
  }
}
