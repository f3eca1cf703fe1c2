package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.event.EventJson;
import dev.secateur.event.ModelRegistered;
import dev.secateur.plan.Plan;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.StoredInputs.Input;
import dev.secateur.worker.StoredInputs.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class JobKeyTest {
  private static final ObjectUri OUTPUT = ObjectUri.of("s3://artifacts/");

  private static ModelRegistered event(String version) throws Exception {
    String json =
        """
        {"model": {"name": "a", "version": "%s", "uri": "s3://models/a.h5"},
         "datasets": {"train": {"uri": "s3://datasets/a.npz"}}}
        """
            .formatted(version);
    return ModelRegistered.read(EventJson.parse(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static StoredInputs inputs(String etag, Duration age) {
    return new StoredInputs(
        Map.of(
            Role.MODEL, input("s3://models/a.h5", etag, age),
            Role.TRAIN, input("s3://datasets/a.npz", "t", age)));
  }

  private static Input input(String uri, String etag, Duration age) {
    return new Input(new StoredObject(ObjectUri.of(uri), 10, etag, age), Optional.empty());
  }

  @Test
  void theSameWorkOnTheSameBytesIsTheSameJobAtAnyTime() throws Exception {
    JobKey key = JobKey.of(event("1"), inputs("m", Duration.ZERO), Plan.DEFAULT, OUTPUT, "");
    assertThat(key.value()).matches("[0-9a-f]{64}");
    assertThat(JobKey.of(event("1"), inputs("m", Duration.ofDays(1)), Plan.DEFAULT, OUTPUT, ""))
        .isEqualTo(key);
  }

  @Test
  void anotherVersionBytesOutputOrReplayIsAnotherJob() throws Exception {
    Set<JobKey> keys = new LinkedHashSet<>();
    StoredInputs inputs = inputs("m", Duration.ZERO);
    keys.add(JobKey.of(event("1"), inputs, Plan.DEFAULT, OUTPUT, ""));
    keys.add(JobKey.of(event("2"), inputs, Plan.DEFAULT, OUTPUT, ""));
    keys.add(JobKey.of(event("1"), inputs("n", Duration.ZERO), Plan.DEFAULT, OUTPUT, ""));
    keys.add(JobKey.of(event("1"), inputs, Plan.DEFAULT, ObjectUri.of("s3://artifacts/b/"), ""));
    keys.add(JobKey.of(event("1"), inputs, Plan.DEFAULT, OUTPUT, "model-registered-0-7"));
    assertThat(keys).hasSize(5);
  }
}
