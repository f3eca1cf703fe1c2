package dev.secateur.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.plan.FineTuning.Recipe;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A plan as JSON: {@code schemas/plan.v1.json} says what it may hold, Jackson binds it to the
 * records. What is absent, null or {@code auto} takes the recipe's default.
 *
 * <p>A document is either the plan itself, or the data of a registered event: there {@code
 * preprocessing} and {@code acceptance} stand beside {@code plan}, and the number of samples that
 * calibrate under {@code datasets/representative}. A part that is given in both places must be the
 * same in both.
 */
final class PlanDocument {
  private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new Jdk8Module());
  private static final JsonSchema SCHEMA = JsonSchema.of("plan.v1.json");
  private static final String AUTO = "auto";
  private static final String SAMPLES = "samples";
  private static final String PRUNING = "pruning";
  private static final String FINE_TUNING = "fineTuning";
  private static final String ACCEPTANCE = "acceptance";
  private static final String CHANNELS = "channels";

  /** The fields of {@code pruning} that say when. */
  private static final List<String> SCHEDULE =
      List.of("schedule", "initialSparsity", "beginStep", "endStep", "frequency");

  /** The plan's own fields; what an absent or null value means is the default's to say. */
  private final ObjectNode plan = JsonNodeFactory.instance.objectNode();

  /** Where the parts that do not stand in the plan were found, as JSON pointers. */
  private final Map<String, String> elsewhere = new HashMap<>();

  private final String root;

  private PlanDocument(JsonNode document) {
    boolean event = document.has("plan") || document.has("datasets") || document.has("model");
    root = event ? "/plan" : "";
    JsonNode itself = event ? document.path("plan") : document;
    if (!itself.isObject() && !itself.isMissingNode() && !itself.isNull()) {
      throw new PlanException(root.isEmpty() ? "/" : root, "must be a JSON object");
    }
    itself.properties().forEach(part -> plan.set(part.getKey(), part.getValue().deepCopy()));
    if (event) {
      take("preprocessing", "/preprocessing", document.path("preprocessing"));
      take("acceptance", "/acceptance", document.path("acceptance"));
      JsonNode samples = document.at("/datasets/representative").path(SAMPLES);
      if (!samples.isMissingNode()) {
        ObjectNode representative = JsonNodeFactory.instance.objectNode();
        representative.set(SAMPLES, samples);
        take("representative", "/datasets/representative", representative);
      }
    }
    removeDefaults(plan);
  }

  private void take(String part, String path, JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    if (plan.has(part) && !plan.get(part).equals(value)) {
      throw new PlanException(path, "differs from " + root + "/" + part + " (leave one out)");
    }
    plan.set(part, value.deepCopy());
    elsewhere.put(part, path);
  }

  private static void removeDefaults(ObjectNode object) {
    object.properties().removeIf(f -> f.getValue().isNull());
    object.forEach(
        value -> {
          if (value instanceof ObjectNode child) {
            removeDefaults(child);
          }
        });
  }

  /**
   * @throws PlanException naming the path of each wrong field, as it stands in {@code document}
   */
  static Plan read(JsonNode document) {
    PlanDocument read = new PlanDocument(document);
    List<JsonSchema.Violation> violations = SCHEMA.violations(read.plan);
    if (!violations.isEmpty()) {
      throw new PlanException(
          read.path(violations.get(0).path()),
          violations.get(0).demand()
              + violations.stream()
                  .skip(1)
                  .map(v -> "; " + read.path(v.path()) + ": " + v.demand())
                  .collect(Collectors.joining()));
    }
    return read.bound();
  }

  private Plan bound() {
    try {
      Recipe recipe = named("/fineTuning/recipe", Recipe.class).orElse(Recipe.RECOMMENDED);
      Pruning usual =
          named("/pruning/method", Pruning.Method.class)
              .or(() -> scheduled(recipe))
              .map(method -> Pruning.of(recipe, method))
              .orElseGet(() -> Pruning.of(recipe));
      if (plan.path(PRUNING).has(CHANNELS)) {
        spellOutChannels();
        usual = usual.withoutZeros();
      }
      if (plan.at("/pruning/pattern").asText().equals(new ZeroPattern.TwoOfFour().toString())) {
        usual = usual.halved();
      }
      ObjectNode complete = MAPPER.valueToTree(Plan.of(recipe));
      if (plan.has("search")) {
        complete.set("search", MAPPER.valueToTree(Search.DEFAULT));
      }
      complete.set(PRUNING, overlaid(MAPPER.valueToTree(usual), PRUNING));
      Pruning pruning = pruning(complete.get(PRUNING));
      complete.set(
          FINE_TUNING,
          MAPPER.valueToTree(
              FineTuning.of(
                  recipe,
                  pruning,
                  plan.at("/fineTuning/epochs").asInt(FineTuning.of(recipe).epochs()),
                  plan.at("/fineTuning/distill").asBoolean(FineTuning.of(recipe).distill()))));
      overlay(complete, plan);
      Plan bound = MAPPER.treeToValue(complete, Plan.class);
      refuseSchedule(bound);
      return bound;
    } catch (JsonMappingException e) {
      String path =
          e.getPath().stream().map(r -> "/" + r.getFieldName()).collect(Collectors.joining());
      String[] problem = problem(e).split(": ", 2);
      throw problem.length == 2
          ? new PlanException(path(path + "/" + problem[0]), problem[1])
          : new PlanException(path(path), problem[0]);
    } catch (JsonProcessingException e) {
      throw new PlanException("/", e.getOriginalMessage());
    }
  }

  private static Pruning pruning(JsonNode json) throws JsonProcessingException {
    try {
      return MAPPER.treeToValue(json, Pruning.class);
    } catch (JsonMappingException e) {
      e.prependPath(Plan.class, PRUNING);
      throw e;
    }
  }

  /** In the one form that is written. Here {@code auto} is a share, not a default. */
  private void spellOutChannels() throws JsonProcessingException {
    ObjectNode pruning = (ObjectNode) plan.get(PRUNING);
    pruning.set(
        CHANNELS,
        MAPPER.valueToTree(MAPPER.treeToValue(pruning.get(CHANNELS), ChannelTarget.class)));
  }

  private <T> Optional<T> named(String path, Class<T> type) throws JsonProcessingException {
    JsonNode value = plan.at(path);
    return value.isMissingNode() ? Optional.empty() : Optional.of(MAPPER.treeToValue(value, type));
  }

  /** A schedule is magnitude pruning's: whoever gives one to a recipe that trains means that. */
  private Optional<Pruning.Method> scheduled(Recipe recipe) {
    boolean given = SCHEDULE.stream().anyMatch(plan.path(PRUNING)::has);
    return given && recipe == Recipe.RECOMMENDED
        ? Optional.of(Pruning.Method.MAGNITUDE)
        : Optional.empty();
  }

  private ObjectNode overlaid(ObjectNode defaults, String part) {
    if (plan.get(part) instanceof ObjectNode given) {
      overlay(defaults, given);
    }
    return defaults;
  }

  /** A reconstruction prunes at once: a schedule beside it would be ignored. */
  private void refuseSchedule(Plan bound) {
    if (bound.pruning().method() != Pruning.Method.RECONSTRUCT) {
      return;
    }
    for (String field : SCHEDULE) {
      if (plan.path(PRUNING).has(field)) {
        throw new PlanException(
            path("/" + PRUNING + "/" + field),
            "belongs to the method magnitude; reconstruct prunes at once (leave it out)");
      }
    }
  }

  /** A record's complaint is {@code field: problem}. */
  private static String problem(JsonMappingException e) {
    return e.getCause() instanceof IllegalArgumentException complaint
        ? complaint.getMessage()
        : e.getOriginalMessage();
  }

  private static void overlay(ObjectNode base, ObjectNode over) {
    for (Map.Entry<String, JsonNode> field : over.properties()) {
      if (base.get(field.getKey()) instanceof ObjectNode child
          && field.getValue() instanceof ObjectNode value) {
        overlay(child, value);
      } else if (field.getValue().isTextual() && field.getValue().asText().equals(AUTO)) {
        base.putNull(field.getKey());
      } else {
        base.set(field.getKey(), field.getValue());
      }
    }
  }

  /** From a path in the plan to the one in the document. */
  private String path(String inPlan) {
    if (inPlan.length() <= 1) {
      return root.isEmpty() ? "/" : root;
    }
    int end = inPlan.indexOf('/', 1);
    String part = inPlan.substring(1, end < 0 ? inPlan.length() : end);
    String rest = end < 0 ? "" : inPlan.substring(end);
    return elsewhere.getOrDefault(part, root + "/" + part) + rest;
  }

  /** Every field; what is left to the run reads {@code auto}. */
  static ObjectNode write(Plan plan) {
    ObjectNode json = MAPPER.valueToTree(plan);
    unsaid(plan.quantization(), (ObjectNode) json.get("quantization"));
    if (plan.pruning().method() == Pruning.Method.RECONSTRUCT) {
      ((ObjectNode) json.get(PRUNING)).remove(SCHEDULE);
    }
    json.forEach(
        part ->
            part.properties()
                .forEach(
                    field -> {
                      if (field.getValue().isNull()) {
                        ((ObjectNode) part).put(field.getKey(), AUTO);
                      }
                    }));
    return json;
  }

  /** What a plan did before it could say so is left out. */
  private static void unsaid(Quantization quantization, ObjectNode json) {
    if (quantization.keepFloat().equals(Optional.of(List.of()))) {
      json.remove("keepFloat");
    }
    if (!quantization.perTensorDense()) {
      json.remove("perTensorDense");
    }
  }

  /**
   * The limits as they were written when nobody told a default from the same number given: what is
   * given as that number is another plan, and reads as text.
   */
  private static ObjectNode limits(Acceptance acceptance) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    limit(json, "maxAccuracyDrop", acceptance.maxAccuracyDrop(), Acceptance.MAX_ACCURACY_DROP);
    limit(json, "maxLossIncrease", acceptance.maxLossIncrease(), Acceptance.MAX_LOSS_INCREASE);
    return json;
  }

  private static void limit(
      ObjectNode json, String name, Optional<Double> given, double otherwise) {
    if (given.filter(value -> value == otherwise).isPresent()) {
      json.put(name, "given " + otherwise);
    } else {
      json.put(name, given.orElse(otherwise));
    }
  }

  /** What a plan did before it could say so is left out: the bytes of older plans stay. */
  static byte[] canonical(Plan plan) {
    ObjectNode json = write(plan);
    ObjectNode acceptance = limits(plan.acceptance());
    json.get(ACCEPTANCE)
        .properties()
        .forEach(field -> acceptance.putIfAbsent(field.getKey(), field.getValue()));
    json.set(ACCEPTANCE, acceptance);
    if (plan.pruning().method() == Pruning.Method.MAGNITUDE) {
      ((ObjectNode) json.get(PRUNING)).remove(List.of("method", "allocation"));
    }
    if (plan.fineTuning().precision().isEmpty()) {
      ((ObjectNode) json.get(FINE_TUNING)).remove("precision");
    }
    if (plan.quantization().aware().isEmpty()) {
      ((ObjectNode) json.get("quantization")).remove("aware");
    }
    if (plan.quantization().weightBits() == Quantization.BYTE) {
      ((ObjectNode) json.get("quantization")).remove("weightBits");
    }
    if (plan.quantization().keepInt8().isEmpty()) {
      ((ObjectNode) json.get("quantization")).remove("keepInt8");
    }
    if (!plan.fineTuning().freezeBatchNorm()) {
      ((ObjectNode) json.get(FINE_TUNING)).remove("freezeBatchNorm");
    }
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plan is always JSON", e);
    }
  }
}
