package dev.secateur.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A plan as JSON. Absent fields take the recipe's defaults; unknown fields are ignored, so that
 * older engines read newer plans.
 *
 * <p>A document is either the plan alone, with {@code preprocessing}, {@code representative} and
 * {@code acceptance} beside {@code pruning}, {@code fineTuning} and {@code quantization}; or the
 * data of a registered event, where {@code plan} holds the last three, and the samples stand under
 * {@code datasets/representative}.
 */
public final class PlanJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private PlanJson() {}

  /**
   * Reads either kind of document.
   *
   * @throws PlanException naming the path of the first wrong field
   */
  public static Plan read(JsonNode document) {
    if (!document.isObject()) {
      throw new PlanException("/", "must be a JSON object");
    }
    JsonFields root = new JsonFields("", document);
    boolean event = document.has("plan") || document.has("datasets") || document.has("model");
    JsonFields plan = event ? root.object("plan") : root;
    JsonFields samples = event ? root.object("datasets") : root;
    FineTuning fineTuning = fineTuning(plan.object("fineTuning"));
    return new Plan(
        preprocessing(root.object("preprocessing")),
        pruning(plan.object("pruning"), fineTuning.recipe()),
        fineTuning,
        quantization(plan.object("quantization")),
        representative(samples.object("representative")),
        acceptance(root.object("acceptance")));
  }

  /** The plan with every field, as a document that {@link #read} takes. */
  public static ObjectNode write(Plan plan) {
    ObjectNode json = MAPPER.createObjectNode();
    write(json.putObject("preprocessing"), plan.preprocessing());
    write(json.putObject("pruning"), plan.pruning());
    write(json.putObject("fineTuning"), plan.fineTuning());
    json.putObject("quantization")
        .put("scheme", "int8")
        .put("inputType", name(plan.quantization().inputType()))
        .put("outputType", name(plan.quantization().outputType()))
        .put("integerOnly", plan.quantization().integerOnly());
    json.putObject("representative").put("samples", plan.representative().samples());
    json.putObject("acceptance")
        .put("maxAccuracyDrop", plan.acceptance().maxAccuracyDrop())
        .put("maxLossIncrease", plan.acceptance().maxLossIncrease());
    return json;
  }

  /** One sequence of bytes for each plan, whatever document it was read from: for digests. */
  public static byte[] canonical(Plan plan) {
    try {
      return MAPPER.writeValueAsString(write(plan)).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plan is always JSON", e);
    }
  }

  /** SHA-256 of the canonical bytes, lower-case hexadecimal. */
  public static String digest(Plan plan) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical(plan)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void write(ObjectNode json, Preprocessing preprocessing) {
    json.put("scale", preprocessing.scale());
    numbers(json.putArray("mean"), preprocessing.mean());
    numbers(json.putArray("std"), preprocessing.std());
    json.put("resize", preprocessing.resize()).put("grey", preprocessing.grey());
  }

  private static void numbers(ArrayNode array, List<Double> values) {
    values.forEach(array::add);
  }

  private static void write(ObjectNode json, Pruning pruning) {
    json.put("schedule", name(pruning.schedule()))
        .put("initialSparsity", pruning.initialSparsity())
        .put("finalSparsity", pruning.finalSparsity())
        .put("beginStep", pruning.beginStep());
    pruning
        .endStep()
        .ifPresentOrElse(end -> json.put("endStep", end), () -> json.put("endStep", "auto"));
    json.put("frequency", pruning.frequency());
  }

  private static void write(ObjectNode json, FineTuning tuning) {
    json.put("recipe", name(tuning.recipe()))
        .put("epochs", tuning.epochs())
        .put("batchSize", tuning.batchSize())
        .put("optimizer", name(tuning.optimizer()))
        .put("learningRate", tuning.learningRate())
        .put("learningRateSchedule", name(tuning.learningRateSchedule()))
        .put("loss", tuning.loss().map(PlanJson::name).orElse("auto"))
        .put("validationSplit", tuning.validationSplit())
        .put("distill", tuning.distill())
        .put("augment", tuning.augment())
        .put("shuffle", tuning.shuffle())
        .put("seed", tuning.seed());
  }

  /** A constant under its JSON name: {@code polynomial-decay} for POLYNOMIAL_DECAY. */
  public static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Preprocessing preprocessing(JsonFields json) {
    Preprocessing none = Preprocessing.NONE;
    double scale = json.number("scale", none.scale());
    List<Double> mean = json.numbers("mean");
    List<Double> std = json.numbers("std");
    boolean resize = json.bool("resize", none.resize());
    boolean grey = json.bool("grey", none.grey());
    return json.checked(() -> new Preprocessing(scale, mean, std, resize, grey));
  }

  private static Pruning pruning(JsonFields json, FineTuning.Recipe recipe) {
    Pruning none =
        recipe == FineTuning.Recipe.TUTORIAL ? Pruning.DEFAULT : Plan.RECOMMENDED_PRUNING;
    Pruning.Schedule schedule = json.constant("schedule", Pruning.Schedule.class, none.schedule());
    double initial = json.number("initialSparsity", none.initialSparsity());
    double last = json.number("finalSparsity", none.finalSparsity());
    int begin = json.integer("beginStep", none.beginStep());
    OptionalInt end =
        json.isText("endStep", "auto") || json.isAbsent("endStep")
            ? OptionalInt.empty()
            : OptionalInt.of(json.integer("endStep", 0));
    int frequency = json.integer("frequency", none.frequency());
    return json.checked(() -> new Pruning(schedule, initial, last, begin, end, frequency));
  }

  private static FineTuning fineTuning(JsonFields json) {
    FineTuning.Recipe recipe =
        json.constant("recipe", FineTuning.Recipe.class, FineTuning.Recipe.RECOMMENDED);
    FineTuning base = defaults(recipe);
    int epochs = json.integer("epochs", base.epochs());
    int batchSize = json.integer("batchSize", base.batchSize());
    FineTuning.Optimizer optimizer =
        json.constant("optimizer", FineTuning.Optimizer.class, base.optimizer());
    double rate = json.number("learningRate", base.learningRate());
    FineTuning.LearningRateSchedule schedule =
        json.constant(
            "learningRateSchedule",
            FineTuning.LearningRateSchedule.class,
            base.learningRateSchedule());
    Optional<FineTuning.Loss> loss =
        json.isText("loss", "auto") || json.isAbsent("loss")
            ? base.loss()
            : Optional.of(
                json.constant("loss", FineTuning.Loss.class, FineTuning.Loss.CROSS_ENTROPY));
    double split = json.number("validationSplit", base.validationSplit());
    boolean distill = json.bool("distill", base.distill());
    boolean augment = json.bool("augment", base.augment());
    boolean shuffle = json.bool("shuffle", base.shuffle());
    long seed = json.integer64("seed", base.seed());
    return json.checked(
        () ->
            new FineTuning(
                recipe, epochs, batchSize, optimizer, rate, schedule, loss, split, distill, augment,
                shuffle, seed));
  }

  /** Where the fields that a plan leaves out come from. */
  public static FineTuning defaults(FineTuning.Recipe recipe) {
    return recipe == FineTuning.Recipe.TUTORIAL ? FineTuning.TUTORIAL : FineTuning.RECOMMENDED;
  }

  private static Quantization quantization(JsonFields json) {
    Quantization none = Quantization.DEFAULT;
    if (!json.isAbsent("scheme") && !json.isText("scheme", "int8")) {
      throw new PlanException(json.path("scheme"), "must be int8");
    }
    return new Quantization(
        json.constant("inputType", Quantization.IoType.class, none.inputType()),
        json.constant("outputType", Quantization.IoType.class, none.outputType()),
        json.bool("integerOnly", none.integerOnly()));
  }

  private static Representative representative(JsonFields json) {
    int samples = json.integer("samples", Representative.DEFAULT.samples());
    return json.checked(() -> new Representative(samples));
  }

  private static Acceptance acceptance(JsonFields json) {
    double drop = json.number("maxAccuracyDrop", Acceptance.DEFAULT.maxAccuracyDrop());
    double increase = json.number("maxLossIncrease", Acceptance.DEFAULT.maxLossIncrease());
    return json.checked(() -> new Acceptance(drop, increase));
  }
}
