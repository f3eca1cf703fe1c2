package dev.secateur.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A name that nobody gave must not lead out of the place that names lead to. */
final class ModelNameTest {
  @ParameterizedTest
  @CsvSource({
    "s3://models/resnet8.h5, resnet8",
    "s3://models/a/my model (1).keras, my-model--1-",
    "s3://models/...h5, model",
    "s3://models/.secateur.h5, secateur",
    "s3://models/-x.h5, x",
    "s3://models/a/, model"
  })
  void aNameThatIsNotGivenIsTheFilesHeldToThePattern(String uri, String name) {
    assertThat(
            new ModelRegistered.Model(
                    Optional.empty(), Optional.empty(), uri, Optional.empty(), Optional.empty())
                .resolvedName())
        .isEqualTo(name)
        .matches("[A-Za-z0-9][A-Za-z0-9._-]*");
  }
}
