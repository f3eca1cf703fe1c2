package dev.secateur.keras.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.secateur.graph.Shape;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelsLastTest {
  private static final Dialect KERAS2 = new Dialect(2, 15);
  private static final String FIRST = "'data_format': 'channels_first'";
  private static final String CONV = "'filters': 4, 'kernel_size': 3, " + FIRST;

  private static String layer(String type, String name, String config) {
    return "{'class_name': '%s', 'config': {'name': '%s'%s}}"
        .formatted(type, name, config.isEmpty() ? "" : ", " + config);
  }

  private static ModelSpec sequential(String... layers) {
    return sequential(KERAS2, "[null, 3, 8, 10]", layers);
  }

  private static ModelSpec sequential(Dialect dialect, String shape, String... layers) {
    String input = layer("InputLayer", "in", "'batch_input_shape': " + shape);
    String json =
        "{'class_name': 'Sequential', 'config': {'name': 'm', 'layers': [%s, %s]}}"
            .formatted(input, String.join(", ", layers));
    return parsed(dialect, json);
  }

  private static ModelSpec parsed(Dialect dialect, String json) {
    try {
      JsonNode config = new JsonMapper().readTree(json.replace('\'', '"'));
      Reasons reasons = new Reasons();
      ModelSpec model = new ArchitectureParser(dialect, java.util.Map.of(), reasons).parse(config);
      reasons.check();
      return model;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ChannelsLast moved(String... layers) {
    return ChannelsLast.of(sequential(layers), KERAS2);
  }

  private static List<String> types(ChannelsLast moved) {
    return moved.model().layers().stream().map(LayerSpec::type).toList();
  }

  private static LayerSpec named(ChannelsLast moved, String name) {
    return moved.model().layers().stream()
        .filter(l -> l.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void axesComeBackFromWhereTheyGo(int rank) {
    AxisOrder order = new AxisOrder(rank);
    IntStream.range(0, rank)
        .forEach(axis -> assertThat(order.given(order.moved(axis))).isEqualTo(axis));
    assertThat(order.moved(1)).isEqualTo(rank - 1);
    assertThat(order.moved(-1)).isEqualTo(rank - 2);
  }

  @Test
  void aModelWithItsChannelsLastIsNotTouched() {
    ModelSpec model = sequential(layer("Conv2D", "c", "'filters': 4, 'kernel_size': 3"));
    assertThat(ChannelsLast.of(model, KERAS2).model()).isSameAs(model);
  }

  @Test
  void aPlainNetworkNeedsNoPermute() {
    ChannelsLast moved =
        moved(
            layer("Conv2D", "c", CONV),
            layer("BatchNormalization", "b", "'axis': [1]"),
            layer("ReLU", "r", ""),
            layer("MaxPooling2D", "p", FIRST),
            layer("Flatten", "f", ""),
            layer("Dropout", "d", "'rate': 0.5"),
            layer("Dense", "head", "'units': 7"));
    assertThat(types(moved)).doesNotContain("Permute");
    assertThat(moved.inputs()).containsExactly(0);
    assertThat(moved.outputs()).isEmpty();
    assertThat(named(moved, "in").config().get("batch_input_shape").toString())
        .isEqualTo("[null,8,10,3]");
    assertThat(named(moved, "b").config().get("axis").asInt()).isEqualTo(3);
    assertThat(moved.stored()).containsExactly(new ChannelsLast.Flattened("head", "f"));
  }

  @Test
  void whatTakesTheAxesInTheirOrderGetsThemSo() {
    ChannelsLast moved =
        moved(
            layer("Conv2D", "c", CONV),
            layer("Dense", "d", "'units': 7"),
            layer("Conv2D", "e", CONV));
    assertThat(types(moved))
        .containsExactly("InputLayer", "Conv2D", "Permute", "Dense", "Permute", "Conv2D");
    assertThat(moved.outputs()).containsExactly(0);
  }

  @Test
  void aPermuteOfTheFileThatMovesTheChannelsIsNoneAnyMore() {
    ModelSpec model =
        sequential(
            KERAS2,
            "[null, 8, 10, 3]",
            layer("Permute", "in_front", "'dims': [3, 1, 2]"),
            layer("Conv2D", "c", CONV),
            layer("Permute", "back", "'dims': [2, 3, 1]"));
    ChannelsLast moved = ChannelsLast.of(model, KERAS2);
    assertThat(types(moved)).containsExactly("InputLayer", "Activation", "Conv2D", "Activation");
    assertThat(moved.inputs()).isEmpty();
    assertThat(moved.outputs()).isEmpty();
  }

  @Test
  void aSoftmaxThatIsAnActivationStaysOverTheLastAxisOfTheFile() {
    ChannelsLast moved = moved(layer("Conv2D", "c", CONV + ", 'activation': 'softmax'"));
    assertThat(types(moved)).containsExactly("InputLayer", "Conv2D", "Permute", "Activation");
    assertThat(named(moved, "c").config().get("activation").asText()).isEqualTo("linear");
    assertThat(moved.outputs()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"Conv2D, '2,3,1,0'", "Conv2DTranspose, '2,3,0,1'"})
  void kernelsOfKeras1LieInTheOrderOfTheImages(String type, String axes) {
    Dialect keras1 = new Dialect(1, 2);
    ModelSpec model = sequential(keras1, "[null, 3, 8, 10]", layer(type, "c", CONV));
    List<Integer> order = java.util.Arrays.stream(axes.split(",")).map(Integer::valueOf).toList();
    assertThat(ChannelsLast.of(model, keras1).stored())
        .containsExactly(new ChannelsLast.Permuted("c", order));
    assertThat(ChannelsLast.of(model, KERAS2).stored()).isEmpty();
  }

  @Test
  void aShapeThatIsGivenIsTheModelsOrThatOfAnImage() {
    ChannelsLast moved =
        ChannelsLast.of(
            sequential(KERAS2, "[null, 3, null, null]", layer("Conv2D", "c", CONV)), KERAS2);
    Shape last = Shape.of(-1, 8, 10, 3);
    assertThat(moved.shape(Shape.of(-1, 3, 8, 10))).isEqualTo(last);
    assertThat(moved.shape(last)).isEqualTo(last);
  }

  @Test
  void anActivationThatMindsTheAxesIsRefusedByTheLayersName() {
    String softmax = layer("Softmax", "s", "'axis': 1");
    Refusal refusal =
        catchThrowableOfType(
            Refusal.class,
            () -> moved(layer("Conv2D", "conv", CONV + ", 'activation': " + softmax)));
    assertThat(refusal.reasons())
        .allSatisfy(
            r -> {
              assertThat(r.kind()).isEqualTo(Kind.CHANNELS_FIRST);
              assertThat(r.place()).isEqualTo("conv");
            });
  }
}
