package dev.secateur.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobException;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.result.FailureReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * An option for every field of a plan. Options become the plan's JSON document on top of {@code
 * --plan}, so that defaults and complaints are the same wherever a plan comes from.
 */
final class PlanOptions {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "A plan as JSON; the options below override its fields.")
  Optional<Path> plan;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "Where defaults come from: recommended; tutorial (as TensorFlow's); or instant: pruned by"
              + " reconstructing each layer on a few hundred samples, not trained at all.")
  Optional<String> recipe;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "reconstruct (default): before training, weights go without which each layer can best say"
              + " what it said; magnitude (with --recipe tutorial or a schedule): the smallest go"
              + " while the network is trained.")
  Optional<String> method;

  @Option(
      names = "--allocation",
      paramLabel = "NAME",
      description =
          "How the sparsity is shared out: sensitivity (default) or lamp (the whole network's; with"
              + " --method reconstruct), or uniform (each layer's own).")
  Optional<String> allocation;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description =
          "Zeros that go together: 2:4 (two of every four consecutive input channels), or whole"
              + " blocks of so many inputs and outputs, such as 1x4 (with --method reconstruct).")
  Optional<String> pattern;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "Sparsity schedule of --method magnitude: polynomial-decay (default) or constant.")
  Optional<String> schedule;

  @Option(
      names = "--sparsity",
      paramLabel = "F",
      description = "Final sparsity, 0 to below 1 (default 0.5).")
  Optional<Double> sparsity;

  @Option(
      names = "--channels",
      paramLabel = "SHARE[:OF]",
      description = {
        "Remove channels, so that a smaller network is left: a share of its multiplications (0.3),",
        "weights (0.3:bytes), both of these (0.3:both) or activations in memory (0.3:memory);"
            + " auto:",
        "as much as the accepted loss allows. Zeros come on top where --sparsity asks for them."
      })
  Optional<String> channels;

  @Option(
      names = "--channel-multiple",
      paramLabel = "N",
      description = "With --channels: what a layer keeps is a multiple of this (default 4).")
  Optional<Integer> channelMultiple;

  @Option(
      names = "--initial-sparsity",
      paramLabel = "F",
      description = "Sparsity at the begin step (default 0).")
  Optional<Double> initialSparsity;

  @Option(
      names = "--begin-step",
      paramLabel = "N",
      description = "First step that may prune (default 0).")
  Optional<Integer> beginStep;

  @Option(
      names = "--end-step",
      paramLabel = "N|auto",
      description = "Last step that may prune (default auto: fitted to the run).")
  Optional<String> endStep;

  @Option(
      names = "--frequency",
      paramLabel = "N",
      description = "Steps between mask updates (default 10; 100 in the tutorial recipe).")
  Optional<Integer> frequency;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training set.")
  Optional<Integer> epochs;

  @Option(names = "--batch-size", paramLabel = "N", description = "Samples a step (default 32).")
  Optional<Integer> batchSize;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "sgd, momentum, nesterov, adam (default), adamw or rmsprop.")
  Optional<String> optimizer;

  @Option(names = "--learning-rate", paramLabel = "F", description = "At the start of the run.")
  Optional<Double> learningRate;

  @Option(names = "--lr-schedule", paramLabel = "NAME", description = "constant, cosine or step.")
  Optional<String> learningRateSchedule;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description =
          "auto (default), cross-entropy, cross-entropy-logits, binary-cross-entropy,"
              + " reconstruction, mean-squared-error or mean-absolute-error.")
  Optional<String> loss;

  @Option(
      names = "--validation-split",
      paramLabel = "F",
      description = "Fraction of the training set, from its end, to validate on (default 0).")
  Optional<Double> validationSplit;

  @Option(
      names = "--distill",
      negatable = true,
      description = "Learn from the original's outputs; --no-distill learns from the labels.")
  Optional<Boolean> distill;

  @Option(
      names = "--augment",
      negatable = true,
      description =
          "Random flips and shifts of the training images; with --method reconstruct the default is"
              + " flips, and shifts from 10 epochs on.")
  Optional<Boolean> augment;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "Of the training's arithmetic: auto (default: float32), float32, or bfloat16, which is"
              + " faster on processors with AMX or AVX512-BF16 and costs up to a point of"
              + " accuracy.")
  Optional<String> precision;

  @Option(
      names = "--quantization-aware",
      negatable = true,
      description =
          "Learn in the second half of the training to be INT8; the default with --method"
              + " reconstruct.")
  Optional<Boolean> aware;

  @Option(
      names = "--freeze-batch-norm",
      negatable = true,
      description =
          "Batch normalisation keeps its statistics in training; the default up to 60 %% sparsity"
              + " with --method reconstruct.")
  Optional<Boolean> freezeBatchNorm;

  @Option(names = "--seed", paramLabel = "N", description = "Of all that is random (default 1).")
  Optional<Long> seed;

  @Mixin ReplaceOptions replace;

  @Mixin TaskOptions task;

  @Mixin PreprocessingOptions preprocessing;

  @Mixin ReadingOptions reading;

  @Mixin QuantizationOptions quantization;

  @Mixin SearchOptions search;

  @Option(
      names = "--max-accuracy-drop",
      paramLabel = "F",
      description = {
        "Accepted if the accuracy (top-1, F1, mIoU) by the first scheme falls by no more than this,"
            + " and its balanced",
        "accuracy by no more than 2.5 times this (default 0.02)."
      })
  Optional<Double> maxAccuracyDrop;

  @Option(
      names = "--max-loss-increase",
      paramLabel = "F",
      description = {
        "Accepted if the loss by it rises by no more than this part; for numbers and images"
            + " (default",
        "0.1, and for regression R² may fall by 0.05 all the same unless this is given)."
      })
  Optional<Double> maxLossIncrease;

  @Option(
      names = "--accept",
      paramLabel = "BOUND",
      description = {
        "Accepted if this holds, in place of the task's own limit (limits that are given as"
            + " options",
        "hold as well); may be repeated: 'mae<=3', 'r2>=original-0.05', 'age.mae<=original+0.5'"
            + " (of",
        "one of several outputs)."
      })
  List<String> accept = List.of();

  @Option(
      names = "--allow-chance",
      negatable = true,
      description = "Run although the original is no better than guessing.")
  Optional<Boolean> allowChance;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Accepted only if it fits. " + DeviceNames.DESCRIPTION)
  Optional<String> device;

  /**
   * @throws PlanException naming the path of the first wrong field
   */
  Plan plan() {
    return Plan.read(document());
  }

  /** The plan as the document that {@link Plan#read} takes. */
  ObjectNode document() {
    ObjectNode root = plan.map(PlanOptions::read).orElseGet(MAPPER::createObjectNode);
    boolean event = root.has("plan") || root.has("datasets") || root.has("model");
    ObjectNode stages = event ? root.withObject("/plan") : root;
    ObjectNode sets = event ? root.withObject("/datasets") : root;
    pruning(stages.withObject("/pruning"));
    fineTuning(stages.withObject("/fineTuning"));
    aware.ifPresent(v -> stages.withObject("/quantization").put("aware", v));
    quantization.into(stages.withObject("/quantization"), sets.withObject("/representative"));
    preprocessing.into(root.withObject("/preprocessing"));
    reading.into(stages);
    ObjectNode acceptance = root.withObject("/acceptance");
    maxAccuracyDrop.ifPresent(v -> acceptance.put("maxAccuracyDrop", v));
    maxLossIncrease.ifPresent(v -> acceptance.put("maxLossIncrease", v));
    if (!accept.isEmpty()) {
      BoundText.into(acceptance.withObject("/bounds"), accept);
    }
    allowChance.ifPresent(v -> acceptance.put("allowChance", v));
    device.ifPresent(v -> stages.put("device", v));
    task.into(stages);
    replace.into(stages);
    search.into(stages, epochs, quantization.schemes);
    if (search.wanted) {
      stages.withObject("/quantization").remove("scheme"); // each trial has its own
    }
    return root;
  }

  private static ObjectNode read(Path file) {
    try {
      if (MAPPER.readTree(Files.readAllBytes(file)) instanceof ObjectNode document) {
        return document;
      }
      throw new JobException(FailureReason.PLAN_INVALID, file + ": must be a JSON object");
    } catch (JsonProcessingException e) {
      throw new JobException(
          FailureReason.PLAN_INVALID, file + ": is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new JobException(
          FailureReason.PLAN_INVALID, file + ": cannot be read (check the path)", e);
    }
  }

  private void pruning(ObjectNode json) {
    method.ifPresent(v -> json.put("method", v));
    allocation.ifPresent(v -> json.put("allocation", v));
    pattern.ifPresent(v -> json.put("pattern", v));
    schedule.ifPresent(v -> json.put("schedule", v));
    sparsity.ifPresent(v -> json.put("finalSparsity", v));
    channels(json);
    initialSparsity.ifPresent(v -> json.put("initialSparsity", v));
    beginStep.ifPresent(v -> json.put("beginStep", v));
    endStep.ifPresent(v -> putStep(json, v));
    frequency.ifPresent(v -> json.put("frequency", v));
  }

  /** Field by field, so that what is wrong is named. */
  private void channels(ObjectNode json) {
    channels.ifPresent(v -> json.set("channels", spelledOut(v)));
    if (channelMultiple.isPresent()) {
      ObjectNode target =
          json.get("channels") instanceof ObjectNode object
              ? object
              : spelledOut(json.path("channels").asText(""));
      target.put("multiple", channelMultiple.get());
      json.set("channels", target);
    }
  }

  private static ObjectNode spelledOut(String text) {
    String[] parts = text.split(":", 2);
    ObjectNode target = MAPPER.createObjectNode();
    try {
      target.put("share", Double.parseDouble(parts[0]));
    } catch (NumberFormatException e) {
      target.put("share", parts[0]); // left to the plan to judge
    }
    if (parts.length > 1) {
      target.put("of", parts[1]);
    }
    return target;
  }

  /** A number where it is one; all else is left to the plan to judge. */
  private static void putStep(ObjectNode json, String step) {
    if (step.matches("-?\\d{1,18}")) {
      json.put("endStep", Long.parseLong(step));
    } else {
      json.put("endStep", step);
    }
  }

  private void fineTuning(ObjectNode json) {
    recipe.ifPresent(v -> json.put("recipe", v));
    epochs.filter(v -> !search.wanted).ifPresent(v -> json.put("epochs", v));
    batchSize.ifPresent(v -> json.put("batchSize", v));
    optimizer.ifPresent(v -> json.put("optimizer", v));
    learningRate.ifPresent(v -> json.put("learningRate", v));
    learningRateSchedule.ifPresent(v -> json.put("learningRateSchedule", v));
    loss.ifPresent(v -> json.put("loss", v));
    validationSplit.ifPresent(v -> json.put("validationSplit", v));
    distill.ifPresent(v -> json.put("distill", v));
    augment.ifPresent(v -> json.put("augment", v));
    precision.ifPresent(v -> json.put("precision", v));
    seed.ifPresent(v -> json.put("seed", v));
    freezeBatchNorm.ifPresent(v -> json.put("freezeBatchNorm", v));
  }
}
