package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One layer applied to each step along the first dimension after the batch, with the same weights.
 * The steps are cut apart and joined again; where the layer works on the last dimension alone, that
 * is not needed.
 */
final class TimeDistributed {
  private static final int MOST_STEPS = 512;
  private static final Set<String> ELEMENTWISE =
      Set.of("Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "Rescaling");

  private TimeDistributed() {}

  static String lower(LayerContext layer) {
    JsonNode wrapped = layer.options().get("layer");
    String type = wrapped.path("class_name").asText();
    ObjectNode config = (ObjectNode) wrapped.path("config");
    Shape x = layer.shape();
    if (x.rank() < 3) {
      throw Refusal.config(layer.path(), "needs at least two dimensions beside the batch");
    }
    // A layer as activation may have weights of a step's shape, or an axis counted within a step.
    if (ELEMENTWISE.contains(type) && !config.path("activation").isObject()) {
      return LayerTypes.lower(layer.wrapped(type, config, layer.input()));
    }
    if (x.dim(1) > MOST_STEPS) {
      throw Refusal.limit(layer.path(), x.dim(1) + " steps in TimeDistributed");
    }
    List<String> steps = new ArrayList<>();
    for (int t = 0; t < x.dim(1); t++) {
      String in = step(layer, x, t);
      String out = LayerTypes.lower(layer.wrapped(type, config, in));
      List<Integer> row = new ArrayList<>(List.of(1));
      row.addAll(layer.sample(out));
      steps.add(layer.reshape(out, row.stream().mapToInt(i -> i).toArray()));
    }
    return steps.size() == 1 ? steps.get(0) : layer.add(new Op.Concat(1), steps);
  }

  private static String step(LayerContext layer, Shape x, int t) {
    List<Integer> begin = new ArrayList<>(java.util.Collections.nCopies(x.rank(), 0));
    List<Integer> end = new ArrayList<>(x.dims());
    begin.set(1, t);
    end.set(1, t + 1);
    String cut = ShapeLayers.sliced(layer, layer.input(), begin, end);
    int[] sample = x.dims().subList(2, x.rank()).stream().mapToInt(i -> i).toArray();
    return layer.reshape(cut, sample);
  }
}
