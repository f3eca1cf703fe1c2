package dev.secateur.keras.write;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KerasOrderTest {
  private static Ref ref(String layer, int call) {
    return new Ref(layer, call, 0);
  }

  /** A layer whose n-th call reads the n-th of {@code operands}. */
  private static WrittenLayer layer(String name, Ref... operands) {
    return new WrittenLayer(
        name,
        "Dense",
        JsonNodeFactory.instance.objectNode(),
        Stream.of(operands).map(List::of).toList(),
        List.of(),
        Optional.empty());
  }

  private static List<String> order(List<WrittenLayer> layers, Ref... outputs) {
    return KerasOrder.of(layers, List.of(outputs)).stream().map(WrittenLayer::name).toList();
  }

  @Test
  void aBranchThatBecameLongerComesFirst() {
    List<WrittenLayer> layers =
        List.of(
            layer("x"),
            layer("short", ref("x", 0)),
            layer("long", ref("x", 0)),
            layer("long_activation", ref("long", 0)),
            new WrittenLayer(
                "add",
                "Add",
                JsonNodeFactory.instance.objectNode(),
                List.of(List.of(ref("short", 0), ref("long_activation", 0))),
                List.of(),
                Optional.empty()));
    assertThat(order(layers, ref("add", 0)))
        .containsExactly("x", "long", "short", "long_activation", "add");
  }

  @Test
  void ofEqualDepthTheOneThatTheOutputsMeetFirst() {
    List<WrittenLayer> layers =
        List.of(layer("x"), layer("first", ref("x", 0)), layer("second", ref("x", 0)));
    assertThat(order(layers, ref("second", 0), ref("first", 0)))
        .containsExactly("x", "second", "first");
  }

  @Test
  void aSharedLayerStandsWhereItIsCalledFirst() {
    List<WrittenLayer> layers =
        List.of(
            layer("x"),
            layer("head", ref("shared", 1)),
            layer("between", ref("shared", 0)),
            layer("shared", ref("x", 0), ref("between", 0)));
    assertThat(order(layers, ref("head", 0))).containsExactly("x", "shared", "between", "head");
  }
}
