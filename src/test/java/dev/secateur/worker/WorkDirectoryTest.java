package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkDirectoryTest {
  @TempDir Path parent;

  @Test
  void whatADeadProcessLeftIsClearedAndWhatALivingOneHoldsIsNot() throws Exception {
    Path abandoned = Files.createDirectories(parent.resolve("work-abandoned/job/inputs"));
    Files.writeString(abandoned.resolve("model.h5.part"), "half of it");
    Path other = Files.createDirectories(parent.resolve("objects"));

    WorkDirectory first = WorkDirectory.open(parent);
    Files.writeString(first.path().resolve("file"), "in use");
    assertThat(parent.resolve("work-abandoned")).doesNotExist();
    assertThat(parent.resolve("work-abandoned.lock")).doesNotExist();
    assertThat(other).exists();

    WorkDirectory second = WorkDirectory.open(parent);
    assertThat(first.path().resolve("file")).exists();

    // As when its process ends.
    first.lock().close();
    WorkDirectory third = WorkDirectory.open(parent);
    assertThat(first.path()).doesNotExist();
    assertThat(second.path()).exists();
    assertThat(third.path()).exists();
  }
}
