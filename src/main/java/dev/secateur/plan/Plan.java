package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.FineTuning.Recipe;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What to do to a model, completely: two runs of one plan on the same inputs give the same bytes.
 *
 * @param task empty: found from the loss or the head
 * @param replace what stands for the model's Lambda layers, by name: {@code rescale:SCALE,OFFSET},
 *     {@code resize:HEIGHT,WIDTH} or {@code identity}
 * @param skipUnreadable rows of each set that may be left out because they cannot be read, at most
 * @param sampleField of TFRecord, Parquet and WebDataset rows; empty: found
 * @param targetField as {@code sampleField}
 * @param device that the judged file has to fit; empty: any
 * @param heldOut empty: nothing is held out but by the training itself
 * @param search looks for the best of many such plans; empty: this one is run
 */
public record Plan(
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<TaskChoice> task,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> replace,
    Preprocessing preprocessing,
    Pruning pruning,
    FineTuning fineTuning,
    Quantization quantization,
    Representative representative,
    Acceptance acceptance,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int skipUnreadable,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> sampleField,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> targetField,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> device,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<HeldOut> heldOut,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Search> search) {
  public Plan {
    replace = replace == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(replace));
  }

  /** Half of the weights pruned by the recommended recipe, INT8 with float input and output. */
  public static final Plan DEFAULT = of(Recipe.RECOMMENDED);

  /** The recipe's plan: what a document that names it leaves out is as here. */
  public static Plan of(Recipe recipe) {
    return of(recipe, Pruning.of(recipe));
  }

  /** Whether it cannot do without a training set; a search can. */
  public boolean trains() {
    return search.isEmpty() && fineTuning.epochs() > 0;
  }

  /** This, quantized otherwise. */
  public Plan with(Quantization other) {
    return new Plan(
        task,
        replace,
        preprocessing,
        pruning,
        fineTuning,
        other,
        representative,
        acceptance,
        skipUnreadable,
        sampleField,
        targetField,
        device,
        heldOut,
        search);
  }

  private static Plan of(Recipe recipe, Pruning pruning) {
    FineTuning usual = FineTuning.of(recipe);
    return new Plan(
        Optional.empty(),
        Map.of(),
        Preprocessing.NONE,
        pruning,
        FineTuning.of(recipe, pruning, usual.epochs(), usual.distill()),
        Quantization.DEFAULT,
        Representative.DEFAULT,
        Acceptance.DEFAULT,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * Reads a plan's document, or the data of a registered event, which holds one.
   *
   * @throws PlanException naming the path of each wrong field
   */
  public static Plan read(JsonNode document) {
    return PlanDocument.read(document);
  }

  /** Every field, as a document that {@link #read} takes. */
  public ObjectNode document() {
    return PlanDocument.write(this);
  }

  /** One sequence of bytes for each plan, whatever document it was read from: for digests. */
  public byte[] canonical() {
    return PlanDocument.canonical(this);
  }

  /** SHA-256 of the canonical bytes, lower-case hexadecimal. */
  public String digest() {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
