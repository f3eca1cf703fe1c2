package dev.secateur.job;

import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.keras.KerasModel;
import dev.secateur.result.JobResult;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.nio.file.Path;

/** Something that a step makes and later ones need. */
record Product<T>(String name, Class<T> type) {
  /** The original's outputs on the evaluation set. */
  static final Product<RecordedOutputs> ORIGINAL_OUTPUTS =
      new Product<>("the original's outputs", RecordedOutputs.class);

  static final Product<Original> ORIGINAL = new Product<>("the original's goals", Original.class);

  /** The model that goes on: as it came in, or with fewer channels. */
  static final Product<KerasModel> MODEL = new Product<>("the model", KerasModel.class);

  static final Product<FineTuned> TUNED = new Product<>("the pruned network", FineTuned.class);
  static final Product<Path> PRUNED_FILE = new Product<>("its Keras file", Path.class);
  static final Product<Lowered> LOWERED = new Product<>("the network as TFLite", Lowered.class);
  static final Product<TfliteModel> FP32 = new Product<>("the float32 file", TfliteModel.class);
  static final Product<Quantized> QUANTIZED = new Product<>("the quantized files", Quantized.class);
  static final Product<JobResult> RESULT = new Product<>("the result", JobResult.class);

  @Override
  public String toString() {
    return name;
  }
}
