package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.architecture.CallOrder.Use;
import dev.secateur.keras.layer.ActivationFunctions;
import dev.secateur.keras.layer.Axes;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.layer.LayerTypes;
import dev.secateur.keras.layer.Refusals;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.Numbers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One model being rewritten, call by call in the order in which they depend on each other. Of each
 * value it is known where its channels are; a call gets each operand as it needs it, by a Permute
 * where that is not how it is. A layer that is called several times is rewritten for its first
 * call, and the operands of the others are made to fit.
 */
final class ChannelsFirstModel {
  /** Where a value's channels are. */
  private enum Channels {
    /** As the file means. */
    GIVEN,
    /** Last instead of first. */
    LAST,
    /** A flattened image whose channels were last instead of first. */
    FLATTENED_LAST
  }

  /**
   * @param ref in the rewritten model
   * @param rank with the batch; 0: not known
   * @param by the layer that flattened it
   */
  private record Value(Ref ref, Channels channels, int rank, Optional<String> by) {
    Value(Ref ref, Channels channels, int rank) {
      this(ref, channels, rank, Optional.empty());
    }

    boolean isLast() {
      return channels == Channels.LAST;
    }
  }

  /** A layer being rewritten. */
  private static final class Draft {
    private String type;
    private ObjectNode config;
    private Optional<ModelSpec> model;
    private final Call[] calls;

    /** How the first call takes its operands, and of how many dimensions. */
    private Optional<Channels> channels = Optional.empty();

    private int rank;

    private final List<LayerSpec> before = new ArrayList<>();
    private final List<LayerSpec> after = new ArrayList<>();

    Draft(LayerSpec layer) {
      type = layer.type();
      config = layer.config();
      model = layer.model();
      calls = layer.calls().toArray(Call[]::new);
    }

    LayerSpec done(String name) {
      return new LayerSpec(name, type, config, Arrays.asList(calls), model);
    }
  }

  private final Dialect dialect;
  private final String path;
  private final List<ChannelsLast.Stored> stored;
  private final ModelSpec spec;
  private final ImageInputs images;
  private final Map<String, ChannelsFirstModel> models = new HashMap<>();
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private final Map<Ref, Value> values = new HashMap<>();
  private final Map<Ref, Ref> permuted = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private List<Value> outputs = List.of();

  /**
   * @param path of the model in those around it
   * @param stored takes the weights whose axes stand in the file in another order
   */
  private ChannelsFirstModel(
      Dialect dialect,
      String path,
      List<ChannelsLast.Stored> stored,
      ModelSpec spec,
      ImageInputs images) {
    this.dialect = dialect;
    this.path = path;
    this.stored = stored;
    this.spec = spec;
    this.images = images;
  }

  static ChannelsLast rewritten(ModelSpec spec, Dialect dialect) {
    List<ChannelsLast.Stored> stored = new ArrayList<>();
    ChannelsFirstModel model =
        new ChannelsFirstModel(dialect, "", stored, spec, new ImageInputs(spec));
    ModelSpec last = model.rewrite();
    return new ChannelsLast(
        last, last(spec.inputs().stream().map(model::value).toList()), last(model.outputs), stored);
  }

  private static Set<Integer> last(List<Value> values) {
    return IntStream.range(0, values.size())
        .filter(i -> values.get(i).isLast())
        .boxed()
        .collect(Collectors.toUnmodifiableSet());
  }

  private ModelSpec rewrite() {
    for (LayerSpec layer : spec.layers()) {
      names.add(layer.name());
      drafts.put(layer.name(), new Draft(layer));
    }
    spec.inputs().stream().filter(ref -> drafts.containsKey(ref.layer())).forEach(this::input);
    CallOrder.of(spec, path).forEach(this::call);
    outputs = spec.outputs().stream().map(this::value).toList();
    List<LayerSpec> layers = new ArrayList<>();
    drafts.forEach(
        (name, draft) -> {
          layers.addAll(draft.before);
          layers.add(draft.done(name));
          layers.addAll(draft.after);
        });
    return new ModelSpec(
        spec.name(),
        spec.sequential(),
        layers,
        spec.inputs(),
        outputs.stream().map(Value::ref).toList(),
        spec.inputNames(),
        spec.outputNames());
  }

  private void input(Ref ref) {
    Draft draft = drafts.get(ref.layer());
    Optional<Integer> rank = images.rank(ref);
    if (rank.isPresent()) {
      draft.config = ChannelsLast.input(draft.config);
    }
    int stated = Numbers.unwrapped(draft.config.path("batch_input_shape")).size();
    Channels channels = rank.isPresent() ? Channels.LAST : Channels.GIVEN;
    values.put(ref, new Value(ref, channels, rank.orElse(stated)));
  }

  /** What stands for a value of the file's model. */
  private Value value(Ref ref) {
    return values.getOrDefault(ref, new Value(ref, Channels.GIVEN, 0));
  }

  private void call(Use use) {
    LayerSpec layer = use.layer();
    if (layer.model().isPresent()) {
      model(use);
    } else if (layer.isOperation()) {
      operation(use);
    } else if (layer.type().equals("Permute")) {
      permute(use);
    } else if (layer.type().equals("Reshape")) {
      reshape(use);
    } else if (layer.type().equals("TimeDistributed")) {
      timeDistributed(use);
    } else {
      switch (MovedLayer.axes(layer)) {
        case ALIKE -> alike(use);
        case BY_FORMAT -> byFormat(use);
        case NUMBERED -> numbered(use);
        case AS_GIVEN -> asGiven(use);
      }
    }
  }

  private Draft draft(Use use) {
    return drafts.get(use.layer().name());
  }

  private List<Value> operands(Use use) {
    return use.call().refs().stream().map(this::value).toList();
  }

  private String place(Use use) {
    return LayerSpec.place(path, use.layer().name());
  }

  /** Says what a call gives. */
  private void gives(Use use, Channels channels, int rank) {
    values.put(use.output(), new Value(use.output(), channels, rank));
  }

  /** Gives a call its operands with their channels where it takes them. */
  private void takes(Use use, Channels channels, int rank) {
    List<Ref> refs = use.call().refs();
    Map<Ref, Ref> changed = new HashMap<>();
    for (Ref ref : refs) {
      changed.put(ref, as(value(ref), channels, rank, use));
    }
    draft(use).calls[use.index()] = use.call().with(changed::get);
  }

  /** A value with its channels there, by a Permute before the layer that needs it so. */
  private Ref as(Value value, Channels channels, int rank, Use use) {
    if (value.channels() == channels || value.channels() == Channels.FLATTENED_LAST) {
      return value.ref();
    }
    Ref known = permuted.get(value.ref());
    if (known != null) {
      return known;
    }
    boolean last = channels == Channels.LAST;
    AxisOrder order = new AxisOrder(last ? rank : value.rank());
    Ref result =
        permute(value.ref(), last ? order.toLast() : order.toFirst(), draft(use).before, last);
    permuted.put(value.ref(), result);
    return result;
  }

  private Ref permute(Ref from, List<Integer> dims, List<LayerSpec> into, boolean last) {
    String name = unique(from.layer() + (last ? "_channels_last" : "_channels_first"));
    into.add(
        new LayerSpec(
            name, "Permute", MovedLayer.permute(dims), List.of(Call.of(from)), Optional.empty()));
    return new Ref(name, 0, 0);
  }

  private String unique(String name) {
    String unique = name;
    for (int i = 1; !names.add(unique); i++) {
      unique = name + "_" + i;
    }
    return unique;
  }

  /** How the layer's first call took its operands; this one, if it is the first. */
  private Channels settled(Use use, Channels now, int rank) {
    Draft draft = draft(use);
    if (draft.channels.isEmpty()) {
      draft.channels = Optional.of(now);
      draft.rank = rank;
    }
    return draft.channels.get();
  }

  /** The rank of operands that are images alike, some of them with channels last. */
  private static Optional<Integer> images(List<Value> operands) {
    boolean alike = operands.stream().map(Value::rank).distinct().count() == 1;
    return alike && operands.stream().anyMatch(Value::isLast)
        ? Optional.of(operands.get(0).rank())
        : Optional.empty();
  }

  private static int highest(List<Value> operands) {
    boolean known = operands.stream().allMatch(v -> v.rank() > 0);
    return known ? operands.stream().mapToInt(Value::rank).max().orElse(0) : 0;
  }

  private void asGiven(Use use) {
    if (use.layer().type().equals("Rescaling") && dialect.major() >= 3) {
      operands(use).stream()
          .filter(Value::isLast)
          .findFirst()
          .ifPresent(
              v -> {
                throw Refusals.channelsFirst(
                    place(use), "a scale of several numbers, whose axis is Keras' setting,");
              });
    }
    List<Value> operands = operands(use);
    if (isFlattened(operands)) { // a dense layer
      stored.add(new ChannelsLast.Flattened(place(use), operands.get(0).by().orElseThrow()));
    }
    takes(use, Channels.GIVEN, 0);
    int rank =
        switch (use.layer().type()) {
          case "Dot" -> 0;
          case "RepeatVector" -> 3;
          default -> highest(operands);
        };
    gives(use, Channels.GIVEN, rank);
  }

  private static boolean isFlattened(List<Value> operands) {
    return operands.size() == 1 && operands.get(0).channels() == Channels.FLATTENED_LAST;
  }

  private void alike(Use use) {
    List<Value> operands = operands(use);
    if (isFlattened(operands)) {
      takes(use, Channels.FLATTENED_LAST, 2);
      values.put(
          use.output(), new Value(use.output(), Channels.FLATTENED_LAST, 2, operands.get(0).by()));
      return;
    }
    Optional<Integer> rank = images(operands);
    Channels channels = rank.isPresent() ? Channels.LAST : Channels.GIVEN;
    takes(use, channels, rank.orElse(0));
    gives(use, channels, rank.orElse(highest(operands)));
    if (ChannelsLast.isFirst(use.layer().config())) { // augmentation
      draft(use).config = MovedLayer.channelsLast(use.layer());
    }
    if (rank.isPresent() && draft(use).config.path("noise_shape").isContainerNode()) {
      draft(use).config = MovedLayer.withNoise(use.layer(), new AxisOrder(rank.get()));
    }
  }

  private void operation(Use use) {
    if (MovedLayer.isElementwiseOperation(use.layer())) {
      alike(use);
    } else {
      takes(use, Channels.GIVEN, 0);
    }
  }

  private void numbered(Use use) {
    LayerSpec layer = use.layer();
    List<Value> operands = operands(use);
    if (isFlattened(operands)) { // a batch normalisation
      stored.add(new ChannelsLast.Flattened(place(use), operands.get(0).by().orElseThrow()));
      alike(use);
      return;
    }
    Optional<Integer> rank = images(operands);
    Channels now = rank.isPresent() ? Channels.LAST : Channels.GIVEN;
    Channels channels = settled(use, now, rank.orElse(highest(operands)));
    int all = draft(use).rank;
    takes(use, channels, all);
    gives(use, channels, all);
    if (channels == Channels.LAST && draft(use).config == layer.config()) {
      AxisOrder order = new AxisOrder(all);
      draft(use).config = MovedLayer.numberedAnew(layer, order);
      MovedLayer.stored(layer, order)
          .ifPresent(axes -> stored.add(new ChannelsLast.Permuted(place(use), axes)));
    }
  }

  private void byFormat(Use use) {
    LayerSpec layer = use.layer();
    if (layer.type().equals("Flatten")) {
      flatten(use);
      return;
    }
    boolean first = ChannelsLast.isFirst(layer.config());
    Channels channels = first ? Channels.LAST : Channels.GIVEN;
    int rank = MovedLayer.rank(layer);
    takes(use, channels, rank);
    boolean global = layer.type().startsWith("Global");
    boolean keeps = !global || layer.config().path("keepdims").asBoolean(false);
    gives(use, keeps ? channels : Channels.GIVEN, keeps ? rank : 2);
    if (!first) {
      return;
    }
    Draft draft = draft(use);
    if (draft.config == layer.config()) { // its first call
      draft.config = MovedLayer.channelsLast(layer);
      ofKeras1(layer, place(use));
    }
    if (!ActivationFunctions.isElementwise(layer.config())) {
      activationApart(use, rank);
    }
  }

  private void ofKeras1(LayerSpec layer, String place) {
    if (dialect.major() == 1) {
      MovedLayer.ofKeras1(layer)
          .ifPresent(axes -> stored.add(new ChannelsLast.Permuted(place, axes)));
    }
  }

  /** A softmax over the last axis, which it still means, after the layer that had it. */
  private void activationApart(Use use, int rank) {
    Draft draft = draft(use);
    JsonNode activation = use.layer().config().get("activation");
    if (activation.path("config").isObject()) {
      throw Refusals.channelsFirst(place(use), "its activation, a layer that minds the axes,");
    }
    draft.config.put("activation", "linear");
    Ref given = permute(use.output(), new AxisOrder(rank).toFirst(), draft.after, false);
    String name = unique(use.layer().name() + "_activation");
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.set("activation", activation);
    draft.after.add(
        new LayerSpec(name, "Activation", config, List.of(Call.of(given)), Optional.empty()));
    values.put(use.output(), new Value(new Ref(name, 0, 0), Channels.GIVEN, rank));
  }

  /**
   * Since Keras 2.2 it moves the channels to the end before it flattens, if it knows that they come
   * first; else it flattens the image as it is.
   */
  private void flatten(Use use) {
    Value image = value(use.call().refs().get(0));
    boolean first = ChannelsLast.isFirst(use.layer().config());
    if (first && image.channels() == Channels.GIVEN && image.rank() == 0) {
      throw Refusals.channelsFirst(place(use), "flattening a value of unknown rank");
    }
    if (first) {
      draft(use).config = MovedLayer.channelsLast(use.layer());
    }
    boolean last = first && image.rank() > 2;
    flatten(use, image, last);
  }

  /**
   * @param last whether the channels are to be last in what is flattened
   */
  private void flatten(Use use, Value image, boolean last) {
    boolean dense =
        image.isLast() && !last && use.layer().calls().size() == 1 && isForDense(use.output());
    if (dense) {
      takes(use, Channels.LAST, image.rank());
      values.put(
          use.output(),
          new Value(use.output(), Channels.FLATTENED_LAST, 2, Optional.of(place(use))));
    } else {
      takes(use, last ? Channels.LAST : Channels.GIVEN, image.rank());
      gives(use, Channels.GIVEN, 2);
    }
  }

  /**
   * Whether a flattened image reaches, number by number, dense layers alone, each by one way: then
   * their rows can be moved instead of the image.
   */
  private boolean isForDense(Ref flattened) {
    List<Use> readers = images.readers(flattened);
    return !readers.isEmpty()
        && !spec.outputs().contains(flattened)
        && readers.stream().allMatch(this::isForDense);
  }

  private boolean isForDense(Use reader) {
    LayerSpec layer = reader.layer();
    if (layer.calls().size() != 1
        || layer.model().isPresent()
        || layer.isOperation()
        || reader.call().refs().size() != 1) {
      return false;
    }
    if (layer.type().equals("Dense")) {
      return true;
    }
    boolean features =
        layer.type().equals("BatchNormalization")
            && List.of(List.of(1), List.of(-1)).contains(MovedLayer.numbered(layer));
    boolean passes = features || MovedLayer.axes(layer) == Axes.ALIKE;
    return passes && isForDense(reader.output());
  }

  private void permute(Use use) {
    List<Integer> dims = MovedLayer.dims(use.layer());
    Value operand = value(use.call().refs().get(0));
    int rank = dims.size() + 1;
    if (rank < 3) {
      asGiven(use);
      return;
    }
    AxisOrder order = new AxisOrder(rank);
    boolean back = dims.equals(order.toFirst());
    boolean image = operand.isLast() && operand.rank() == rank;
    Channels channels = settled(use, image ? Channels.LAST : Channels.GIVEN, rank);
    takes(use, channels, rank);
    Draft draft = draft(use);
    if (channels == Channels.GIVEN) {
      // One that puts the channels first leaves them last instead.
      gives(use, back ? Channels.LAST : Channels.GIVEN, rank);
      if (back) {
        nothing(draft);
      }
    } else if (dims.equals(order.toLast())) {
      gives(use, Channels.GIVEN, rank); // they are last already
      nothing(draft);
    } else {
      gives(use, Channels.GIVEN, rank);
      draft.config = MovedLayer.permute(dims.stream().map(order::moved).toList());
    }
  }

  private static void nothing(Draft draft) {
    draft.type = "Activation";
    draft.config = MovedLayer.nothing();
  }

  private void reshape(Use use) {
    List<Integer> target = MovedLayer.target(use.layer());
    Value operand = value(use.call().refs().get(0));
    if (target.size() == 1) {
      flatten(use, operand, false);
      return;
    }
    takes(use, Channels.GIVEN, 0);
    if (MovedLayer.isColumn(target)) {
      List<Integer> row = new ArrayList<>(target);
      row.add(row.remove(0));
      draft(use).config = MovedLayer.reshape(use.layer(), row);
      gives(use, Channels.LAST, target.size() + 1);
    } else {
      gives(use, Channels.GIVEN, target.size() + 1);
    }
  }

  /** A wrapped layer gets its channels last by a wrapped Permute before and after it. */
  private void timeDistributed(Use use) {
    JsonNode wrapped = use.layer().config().path("layer");
    JsonNode config = wrapped.path("config");
    if (!ChannelsLast.isFirst(config)) {
      asGiven(use);
      return;
    }
    String type = wrapped.path("class_name").asText();
    LayerSpec inner =
        new LayerSpec(use.layer().name(), type, (ObjectNode) config, List.of(), Optional.empty());
    boolean supported =
        LayerTypes.supports(type)
            && MovedLayer.axes(inner) == Axes.BY_FORMAT
            && ActivationFunctions.isElementwise(config);
    if (!supported || use.layer().calls().size() != 1) {
      throw Refusals.channelsFirst(place(use), "what TimeDistributed does with " + type);
    }
    Draft draft = draft(use);
    AxisOrder order = new AxisOrder(MovedLayer.rank(inner));
    Ref operand = as(value(use.call().refs().get(0)), Channels.GIVEN, 0, use);
    Ref last = wrappedPermute(operand, order.toLast(), draft.before, "_channels_last");
    draft.calls[use.index()] = Call.of(last);
    draft.config = use.layer().config().deepCopy();
    ((ObjectNode) draft.config.get("layer")).set("config", MovedLayer.channelsLast(inner));
    ofKeras1(inner, place(use));
    boolean image = !type.equals("Flatten") && !type.startsWith("Global");
    if (image) {
      Ref first = wrappedPermute(use.output(), order.toFirst(), draft.after, "_channels_first");
      values.put(use.output(), new Value(first, Channels.GIVEN, order.rank() + 1));
    } else {
      gives(use, Channels.GIVEN, 3);
    }
  }

  private Ref wrappedPermute(Ref from, List<Integer> dims, List<LayerSpec> into, String suffix) {
    String name = unique(from.layer() + suffix);
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    ObjectNode layer = config.putObject("layer");
    layer.put("class_name", "Permute");
    layer.set("config", MovedLayer.permute(dims).put("name", name + "_step"));
    into.add(
        new LayerSpec(name, "TimeDistributed", config, List.of(Call.of(from)), Optional.empty()));
    return new Ref(name, 0, 0);
  }

  private void model(Use use) {
    LayerSpec layer = use.layer();
    ModelSpec given = layer.model().orElseThrow();
    ChannelsFirstModel inner = models.get(layer.name());
    if (inner == null) {
      inner = new ChannelsFirstModel(dialect, place(use), stored, given, images.within(layer));
      draft(use).model = Optional.of(inner.rewrite());
      models.put(layer.name(), inner);
    }
    List<Ref> operands = new ArrayList<>();
    List<Ref> refs = use.call().refs();
    for (int i = 0; i < refs.size(); i++) {
      Ref input = given.inputs().get(Math.min(i, given.inputs().size() - 1));
      Value taken = inner.value(input);
      operands.add(as(value(refs.get(i)), taken.channels(), taken.rank(), use));
    }
    Iterator<Ref> inOrder = operands.iterator();
    draft(use).calls[use.index()] = use.call().with(ref -> inOrder.next());
    for (int i = 0; i < inner.outputs.size(); i++) {
      Ref output = new Ref(layer.name(), use.index(), i);
      Value made = inner.outputs.get(i);
      values.put(output, new Value(output, made.channels(), made.rank()));
    }
  }
}
