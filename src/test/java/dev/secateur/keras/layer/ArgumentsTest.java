package dev.secateur.keras.layer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.GraphException;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.Options;
import dev.secateur.keras.weights.WeightSlots;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No argument is ignored: changed, it changes the graph, or is refused, or is one that its class
 * declares harmless. {@code arguments.json} has the arguments of every class that is read, with
 * values as real Keras configures them (tf_keras 2.18, Keras 3.15).
 */
class ArgumentsTest {
  private static final Set<String> HARMLESS = Set.of("name", "trainable", "dtype", "seed");
  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(Shape.UNKNOWN, 10, 12, 4),
          Shape.of(Shape.UNKNOWN, 10, 4),
          Shape.of(Shape.UNKNOWN, 8));

  /** A class as a version of Keras configures it. */
  record Configured(int major, String type, ObjectNode config) {
    @Override
    public String toString() {
      return type + " of Keras " + major;
    }
  }

  static List<Configured> all() throws IOException {
    List<Configured> all = new ArrayList<>();
    try (InputStream in = ArgumentsTest.class.getResourceAsStream("/keras/arguments.json")) {
      JsonNode versions = new JsonMapper().readTree(in);
      versions
          .fields()
          .forEachRemaining(
              v ->
                  v.getValue()
                      .fields()
                      .forEachRemaining(
                          c ->
                              all.add(
                                  new Configured(
                                      Integer.parseInt(v.getKey()),
                                      c.getKey(),
                                      sensible((ObjectNode) c.getValue())))));
    }
    return all;
  }

  /** Four channels in four groups and the like, so that the layer can be built at all. */
  private static ObjectNode sensible(ObjectNode config) {
    if (config.has("target_shape")) {
      config.putArray("target_shape").add(-1).add(2);
    }
    if (config.has("dims")) {
      config.putArray("dims").add(2).add(1).add(3);
    }
    if (config.has("groups") && !config.has("filters")) {
      config.put("groups", config.has("epsilon") ? 2 : 1);
    }
    return config;
  }

  /**
   * The graph as text: nodes, and weights with their values and penalties; or absent if refused.
   */
  private static Optional<String> graph(Configured layer, ObjectNode config) {
    for (Shape shape : SHAPES) {
      try {
        return Optional.of(lowered(layer, config, shape));
      } catch (Refusal | GraphException | ArithmeticException e) {
        // perhaps it takes another number of dimensions
      }
    }
    return Optional.empty();
  }

  private static String lowered(Configured layer, ObjectNode config, Shape shape) {
    Dialect dialect = new Dialect(layer.major(), 15);
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    item.put("class_name", layer.type());
    item.put("module", "keras.layers");
    item.set("config", config.deepCopy().put("trainable", true));
    Reasons reasons = new Reasons();
    LayerSpec spec = dialect.layer("layer", "layer", item, reasons);
    reasons.check();
    GraphBuilder builder = new GraphBuilder("model");
    List<String> inputs = new ArrayList<>(List.of(builder.input("a", shape)));
    if (MergeLayers.TYPES.stream().anyMatch(t -> t.name().equals(spec.type()))) {
      inputs.add(builder.input("b", shape));
    }
    WeightSlots slots = new WeightSlots(1 << 20);
    String output =
        LayerTypes.lower(
            new LayerContext(
                builder,
                slots,
                dialect,
                "layer",
                spec.type(),
                new Options("layer", spec.config()),
                inputs,
                true,
                Optional.empty(),
                ""));
    builder.output("y", output);
    Graph graph = builder.build();
    Map<String, String> weights = new TreeMap<>();
    graph.weights().forEach((n, w) -> weights.put(n, text(w)));
    return graph.nodes() + " " + weights + " " + output;
  }

  private static String text(Weight weight) {
    return weight.value().shape()
        + Arrays.toString(weight.value().values())
        + weight.l1()
        + " "
        + weight.l2();
  }

  private static JsonNode changed(String key, JsonNode value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (key.equals("data_format")) {
      return json.textNode("channels_first");
    }
    if (key.endsWith("_regularizer")) {
      ObjectNode regularizer = json.objectNode().put("class_name", "OrthogonalRegularizer");
      regularizer.putObject("config").put("factor", 0.1);
      return regularizer;
    }
    if (value.isBoolean()) {
      return json.booleanNode(!value.asBoolean());
    }
    if (value.isIntegralNumber()) {
      return json.numberNode(value.asInt() + 1);
    }
    if (value.isNumber()) {
      return json.numberNode(value.asDouble() + 0.5);
    }
    if (value.isArray()) {
      ArrayNode array = json.arrayNode();
      value.forEach(v -> array.add(changed("", v)));
      return array;
    }
    return value.isTextual() ? json.textNode("something_else") : json.numberNode(3);
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyArgumentIsReadOrRefusedOrDeclaredHarmless(Configured layer) {
    Optional<String> plain = graph(layer, layer.config());
    assertThat(plain).as("as Keras configures it").isPresent();
    LayerType type = LayerTypes.find(layer.type()).orElseThrow();
    List<String> ignored = new ArrayList<>();
    layer
        .config()
        .fields()
        .forEachRemaining(
            argument -> {
              String key = argument.getKey();
              ObjectNode other = layer.config().deepCopy();
              other.set(key, changed(key, argument.getValue()));
              boolean harmless =
                  HARMLESS.contains(key)
                      || type.harmless().contains(key)
                      || key.endsWith("_initializer")
                      || key.endsWith("_constraint");
              if (!harmless && graph(layer, other).equals(plain)) {
                ignored.add(key);
              }
            });
    if (layer.type().equals("RandomCrop") && layer.major() == 3) {
      ignored.removeAll(List.of("height", "width")); // at inference it does nothing
    }
    if (layer.type().equals("RandomGaussianBlur")) {
      ignored.remove("sigma"); // has another name here
    }
    assertThat(ignored).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("all")
  void anArgumentThatIsUnknownIsRefused(Configured layer) {
    assertThat(graph(layer, layer.config().deepCopy().put("surprise", 1))).isEmpty();
  }

  @Test
  void everyClassThatIsReadIsTested() throws IOException {
    Set<String> tested = new java.util.TreeSet<>();
    all().forEach(c -> tested.add(c.type()));
    List<String> untested = new ArrayList<>(LayerTypes.names());
    untested.removeAll(tested);
    // The first two hold layers and shapes; the others are of Keras 1 and of keras.applications.
    assertThat(untested)
        .containsExactlyInAnyOrder(
            "TimeDistributed",
            "InputLayer",
            "Merge",
            "LayerScale",
            "StochasticDepth",
            "RandomPosterization");
    assertThat(Collections.disjoint(tested, untested)).isTrue();
  }
}
