package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.plan.Preprocessing;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What happens to samples before the network sees them. */
final class PreprocessingOptions {
  @Option(
      names = "--scale",
      paramLabel = "F",
      description = "Inputs are (x*scale - mean)/std (default 1).")
  Optional<Double> scale;

  @Option(
      names = "--mean",
      paramLabel = "F",
      split = ",",
      description = "One number, or one a channel, with commas.")
  List<Double> mean = List.of();

  @Option(
      names = "--std",
      paramLabel = "F",
      split = ",",
      description = "One number, or one a channel, with commas.")
  List<Double> std = List.of();

  @Option(
      names = "--resize",
      negatable = true,
      description = "Resize arrays to the network's input (image files always are).")
  Optional<Boolean> resize;

  @Option(names = "--grey", negatable = true, description = "Turn colour images to grey.")
  Optional<Boolean> grey;

  @Option(
      names = "--bgr",
      negatable = true,
      description = "Colour images blue first, as networks in the manner of Caffe take them.")
  Optional<Boolean> bgr;

  @Option(
      names = "--input-shape",
      paramLabel = "N",
      split = ",",
      description = "Of one sample, for a model that leaves it open (default: the samples').")
  List<Integer> inputShape = List.of();

  /** The options as {@code preprocessing} of a plan's document. */
  void into(ObjectNode json) {
    scale.ifPresent(v -> json.put("scale", v));
    if (!mean.isEmpty()) {
      mean.forEach(json.putArray("mean")::add);
    }
    if (!std.isEmpty()) {
      std.forEach(json.putArray("std")::add);
    }
    resize.ifPresent(v -> json.put("resize", v));
    grey.ifPresent(v -> json.put("grey", v));
    bgr.ifPresent(v -> json.put("bgr", v));
    if (!inputShape.isEmpty()) {
      inputShape.forEach(json.putArray("inputShape")::add);
    }
  }

  /**
   * @throws PlanException naming the wrong option's field
   */
  Preprocessing preprocessing() {
    ObjectNode document = new ObjectMapper().createObjectNode();
    into(document.putObject("preprocessing"));
    return Plan.read(document).preprocessing();
  }
}
