package dev.secateur.search;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.plan.FineTuning.Recipe;
import dev.secateur.plan.HeldOut;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Search;
import java.util.List;
import java.util.Locale;

/**
 * What one trial does: a point of the space that is searched.
 *
 * @param sparsity of all prunable weights together, in [0, 1)
 * @param channels share that goes with removed channels, in [0, 1)
 * @param of what that share is of; multiplications where nothing else is said
 * @param scheme how it is quantized, as plans name it
 * @param epochs of training; 0: none
 */
public record Point(
    double sparsity, double channels, ChannelTarget.Of of, String scheme, int epochs) {
  /** Of the training, what stays as the base plan has it; the rest follows from the point. */
  private static final List<String> KEPT =
      List.of("batchSize", "loss", "seed", "shuffle", "precision", "distill");

  public Point {
    // Nothing of anything is the same, and trials of older builds did not say.
    of = channels == 0 || of == null ? ChannelTarget.Of.MACS : of;
  }

  /** With a share of the multiplications. */
  Point(double sparsity, double channels, String scheme, int epochs) {
    this(sparsity, channels, ChannelTarget.Of.MACS, scheme, epochs);
  }

  /** The same, trained for so many epochs. */
  Point trained(int others) {
    return new Point(sparsity, channels, of, scheme, others);
  }

  /** The same, with all channels. */
  Point whole() {
    return new Point(sparsity, 0, scheme, epochs);
  }

  /**
   * The plan that does this.
   *
   * @param base the plan of the search: its task, preprocessing, acceptance and the rest
   * @param heldOut samples that the trial keeps out of all that is fitted
   * @param judged what is judged on these, in place of the evaluation set
   */
  public Plan plan(Plan base, int heldOut, HeldOut.Judged judged) {
    ObjectNode document = base.document();
    ObjectNode training = (ObjectNode) document.get("fineTuning");
    training.retain(KEPT);
    Recipe recipe = epochs == 0 ? Recipe.INSTANT : Recipe.RECOMMENDED;
    training.put("recipe", recipe.name().toLowerCase(Locale.ROOT));
    training.put("epochs", epochs);
    ObjectNode pruning = document.putObject("pruning");
    pruning.put("method", "reconstruct").put("finalSparsity", sparsity);
    if (channels > 0) {
      pruning.putObject("channels").put("share", channels).put("of", of.label());
    }
    ObjectNode quantization = (ObjectNode) document.get("quantization");
    quantization.remove("weightBits");
    boolean fourBits = scheme.equals(Search.FOUR_BITS) || scheme.equals("int4");
    if (!fourBits) {
      quantization.remove("keepInt8");
    }
    quantization.put("scheme", scheme.equals(Search.FOUR_BITS) ? "int8" : scheme);
    if (scheme.equals(Search.FOUR_BITS)) {
      quantization.put("weightBits", 4);
    }
    document.remove("search");
    document
        .putObject("heldOut")
        .put("samples", heldOut)
        .put("judge", judged.name().toLowerCase(Locale.ROOT));
    return Plan.read(document);
  }
}
