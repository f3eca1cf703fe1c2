package dev.secateur.keras;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingConfigsTest {
  private static Optional<TrainingConfig> config(String loss) {
    try {
      return TrainingConfigs.of(
          new ObjectMapper().readTree("{\"loss\": " + loss.replace('\'', '"') + "}"));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'mse' | mse | false",
        "'MSE' | mse | false",
        "'SparseCategoricalCrossentropy' | sparse_categorical_crossentropy | false",
        "{'class_name': 'function', 'config': 'mean_absolute_error'} | mean_absolute_error | false",
        "{'module': 'builtins', 'class_name': 'function', 'config': 'mse', 'registered_name':"
            + " 'function'} | mse | false",
        "{'class_name': 'BinaryCrossentropy', 'config': {'reduction': 'auto', 'name':"
            + " 'binary_crossentropy', 'from_logits': true, 'label_smoothing': 0.0, 'axis': -1}}"
            + " | binary_crossentropy | true",
        "{'module': 'keras.losses', 'class_name': 'CategoricalCrossentropy', 'config': {'name':"
            + " 'x', 'from_logits': false}, 'registered_name': null}"
            + " | categorical_crossentropy | false",
        "{'class_name': 'LossFunctionWrapper', 'config': {'fn': 'binary_crossentropy',"
            + " 'from_logits': true}} | binary_crossentropy | true",
        "['mae'] | mae | false",
      })
  void oneLossIsThatOfTheOnlyOutput(String loss, String name, boolean logits) {
    TrainingConfig.Loss read = config(loss).orElseThrow().loss("y", 0, 1).orElseThrow();
    assertThat(read.name()).isEqualTo(name);
    assertThat(read.fromLogits()).isEqualTo(logits);
  }

  @Test
  void lossesOfSeveralOutputsAreByPlaceOrByName() {
    TrainingConfig list =
        config("['mse', null, {'class_name': 'Huber', 'config': {}}]").orElseThrow();
    assertThat(list.loss("a", 0, 3).map(TrainingConfig.Loss::name)).contains("mse");
    assertThat(list.loss("b", 1, 3)).isEmpty();
    assertThat(list.loss("c", 2, 3).map(TrainingConfig.Loss::name)).contains("huber");
    TrainingConfig named =
        config(
                "{'age': 'mse', 'face': {'class_name': 'BinaryCrossentropy', 'config':"
                    + " {'from_logits': true}}}")
            .orElseThrow();
    assertThat(named.loss("face", 0, 2).orElseThrow().fromLogits()).isTrue();
    assertThat(named.loss("age", 1, 2).map(TrainingConfig.Loss::name)).contains("mse");
    assertThat(named.loss("other", 0, 2)).isEmpty();
    TrainingConfig all = config("'mse'").orElseThrow();
    assertThat(all.loss("second", 1, 2).map(TrainingConfig.Loss::name)).contains("mse");
  }

  @Test
  void noLossIsNoConfig() {
    assertThat(config("null")).isEmpty();
    assertThat(config("[]")).isEmpty();
    assertThat(config("{}")).isEmpty();
  }
}
