package dev.secateur.keras.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.GraphException;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.Options;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No operation passes over an argument: it means something, is the default, or is refused. */
class OperationArgumentsTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Ref X = new Ref("x", 0, 0);

  /** Arguments of which one set fits each operation that needs any. */
  private static final List<String> ARGUMENTS =
      List.of(
          "{}",
          "{'y': 0.7}",
          "{'y': 0.7, 'x': -0.2}",
          "{'dtype': 'int32'}",
          "{'axis': 1, 'keepdims': true}",
          "{'axis': 1}",
          "{'axis1': 1, 'axis2': 3}",
          "{'source': 1, 'destination': 3}",
          "{'perm': [0, 2, 3, 1]}",
          "{'shape': [-1, 2, 18, 4]}",
          "{'shape': [-1, 6, 6, 4]}",
          "{'block_size': 2}",
          "{'b': [[1, 2], [3, 4], [5, 6], [7, 9]], 'axes': 1}",
          "{'b': [[1, 2], [3, 4], [5, 6], [7, 9]]}",
          "{'pool_size': 2, 'strides': 1, 'padding': 'same'}",
          "{'ksize': 2, 'strides': 1, 'padding': 'SAME'}",
          "{'pad_width': [[0, 0], [1, 2], [0, 1], [0, 0]], 'constant_values': 2}",
          "{'multiples': [1, 2, 1, 3]}",
          "{'repeats': 2, 'axis': 1}",
          "{'shift': 2, 'axis': 1}",
          "{'indices': [2, 0, 3], 'axis': 3}",
          "{'size': [9, 11]}",
          "{'slice_spec': [{'start': null, 'stop': null, 'step': null}, {'start': 1, 'stop': 5,"
              + " 'step': 2}]}",
          "{'begin': [0, 1], 'end': [0, 4], 'strides': [1, 2], 'begin_mask': 1, 'end_mask': 1}",
          "{'begin': [0, 1, 2, 0], 'size': [-1, 3, -1, 4]}",
          "{'num_or_size_splits': 2, 'axis': 3}",
          "{'x_min': -0.3, 'x_max': 0.4}",
          "{'delta': 0.3}",
          "{'contrast_factor': 1.7}",
          "{'central_fraction': 0.6}",
          "{'offset_height': 1, 'offset_width': 2, 'target_height': 4, 'target_width': 3}",
          "{'offset_height': 1, 'offset_width': 2, 'target_height': 9, 'target_width': 10}",
          "{'target_height': 4, 'target_width': 9}",
          "{'top_cropping': 1, 'left_cropping': 2, 'target_height': 4, 'target_width': 3}",
          "{'top_padding': 1, 'left_padding': 2, 'target_height': 9, 'target_width': 10}",
          "{'k': 1, 'axes': [1, 2]}",
          "{'subscripts': 'bhwc,cd->bhwd'}");

  /** A way to call an operation that works. */
  record Case(String operation, List<Argument> positional, ObjectNode named, Shape input) {
    @Override
    public String toString() {
      return operation + " " + named;
    }
  }

  static Stream<Case> cases() {
    return Operations.names().stream().map(OperationArgumentsTest::working);
  }

  private static Case working(String operation) {
    List<List<Argument>> positions =
        List.of(
            List.of(X),
            List.of(new Items(List.of(X, X))),
            List.of(X, new Constant(matrix())),
            List.of(X, X));
    for (String text : ARGUMENTS) {
      ObjectNode named = object(text);
      for (List<Argument> positional : positions) {
        for (Shape input :
            List.of(Shape.of(-1, 6, 6, 4), Shape.of(-1, 6, 6, 3), Shape.of(-1, 6, 6, 1))) {
          Case one = new Case(operation, positional, named, input);
          if (succeeds(one, named, true)) {
            return one;
          }
        }
      }
    }
    throw new AssertionError("no arguments fit " + operation);
  }

  private static JsonNode matrix() {
    return object("{'b': [[1, 2], [3, 4], [5, 6], [7, 9]]}").get("b");
  }

  private static ObjectNode object(String text) {
    try {
      return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static boolean succeeds(Case one, ObjectNode named, boolean inCall) {
    try {
      lower(one, named, inCall);
      return true;
    } catch (Refusal | GraphException | ArithmeticException e) {
      return false;
    }
  }

  /** The network of one operation, with the arguments in the call or in the configuration. */
  private static Graph lower(Case one, ObjectNode named, boolean inCall) {
    GraphBuilder graph = new GraphBuilder("test");
    String x = graph.input("x", one.input());
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    Map<String, Argument> arguments = new LinkedHashMap<>();
    if (inCall) {
      named.fields().forEachRemaining(e -> arguments.put(e.getKey(), new Constant(e.getValue())));
    } else {
      config.setAll(named);
    }
    LayerContext context =
        new LayerContext(
            graph,
            new WeightSlots(1 << 20),
            new Dialect(3, 0),
            "op",
            "op:" + one.operation(),
            new Options("op", config),
            List.of(x),
            true,
            Optional.empty(),
            "");
    Call call = new Call(one.positional(), arguments);
    Operations.Result result =
        Operations.lower(OperationCall.of(context, one.operation(), call, Map.of(X, x)));
    for (int i = 0; i < result.outputs().size(); i++) {
      graph.output("y" + i, result.outputs().get(i));
    }
    return graph.build();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anUnknownArgumentIsRefusedByItsName(Case one) {
    for (boolean inCall : new boolean[] {true, false}) {
      if (succeeds(one, one.named(), inCall)) {
        ObjectNode more = one.named().deepCopy().put("mystery", 7);
        assertThatThrownBy(() -> lower(one, more, inCall))
            .isInstanceOf(Refusal.class)
            .hasMessageContaining("mystery");
      }
    }
    List<Argument> longer = new ArrayList<>(one.positional());
    longer.addAll(
        java.util.Collections.nCopies(9, new Constant(JSON.getNodeFactory().numberNode(7))));
    Case many = new Case(one.operation(), longer, one.named(), one.input());
    assertThat(succeeds(many, one.named(), true)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anotherValueOfAnArgumentChangesTheNetworkOrIsRefused(Case one) {
    String before = described(lower(one, one.named(), true));
    one.named()
        .fields()
        .forEachRemaining(
            e -> {
              ObjectNode changed = one.named().deepCopy();
              changed.set(e.getKey(), other(e.getValue()));
              String after = "refused";
              try {
                after = described(lower(one, changed, true));
              } catch (Refusal | GraphException | ArithmeticException refused) {
                // That is one of the two answers.
              }
              assertThat(after).as("with %s", changed).isNotEqualTo(before);
            });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void channelsFirstIsRefused(Case one) {
    ObjectNode changed = one.named().deepCopy().put("data_format", "NCHW");
    assertThatThrownBy(() -> lower(one, changed, true)).isInstanceOf(Refusal.class);
  }

  private static JsonNode other(JsonNode value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (value.isBoolean()) {
      return json.booleanNode(!value.asBoolean());
    }
    if (value.isInt()) {
      return json.numberNode(value.asInt() + 1);
    }
    if (value.isNumber()) {
      return json.numberNode(value.asDouble() + 0.125);
    }
    if (value.isArray()) {
      ArrayNode list = value.deepCopy();
      list.set(list.size() - 1, other(list.get(list.size() - 1)));
      return list;
    }
    if (value.isObject()) {
      ObjectNode slice = value.deepCopy();
      slice.put("start", 2);
      return slice;
    }
    return json.textNode("other");
  }

  private static String described(Graph graph) {
    StringBuilder text = new StringBuilder(graph.nodes() + " " + graph.outputs());
    for (Weight weight : graph.weights().values()) {
      Tensor value = weight.value();
      text.append(weight.name()).append(value.shape()).append(Arrays.toString(value.values()));
    }
    return text.toString();
  }
}
