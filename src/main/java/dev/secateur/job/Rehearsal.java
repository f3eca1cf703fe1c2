package dev.secateur.job;

import dev.secateur.keras.KerasModel;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteModel;

/**
 * What the steps are checked with: the network as it came in, lowered. Its weights are not those
 * that will be handed out; its architecture is.
 *
 * @param fp32 the network as float32 TFLite
 */
record Rehearsal(KerasModel model, Lowered lowered, TfliteModel fp32) {
  /** Says nothing: this file is handed to nobody. */
  static final ModelMetadata METADATA = new ModelMetadata("", "");

  static Rehearsal of(KerasModel model) {
    Lowered lowered = Lowered.of(model.graph());
    return new Rehearsal(model, lowered, lowered.float32(METADATA));
  }
}
