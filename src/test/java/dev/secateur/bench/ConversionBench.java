package dev.secateur.bench;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Graph;
import dev.secateur.keras.KerasReader;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Seconds from a Keras file to its float and INT8 TFLite files in a warm process: arguments are
 * pairs of a model and a set of samples as the model is fed ({@code .npy}); a line each.
 */
public final class ConversionBench {
  private static final int WARM_UP = 2;
  private static final int RUNS = 5;
  private static final int SAMPLES = 100;

  private ConversionBench() {}

  public static void main(String[] arguments) {
    for (int i = 0; i < arguments.length; i += 2) {
      double[] seconds = new double[RUNS];
      int bytes = 0;
      for (int run = -WARM_UP; run < RUNS; run++) {
        long start = System.nanoTime();
        bytes = convert(Path.of(arguments[i]), Path.of(arguments[i + 1]));
        if (run >= 0) {
          seconds[run] = (System.nanoTime() - start) / 1e9;
        }
      }
      Arrays.sort(seconds);
      System.out.printf(
          Locale.ROOT,
          "%s %.3f s (median of %d), INT8 %d bytes%n",
          Path.of(arguments[i]).getFileName(),
          seconds[RUNS / 2],
          RUNS,
          bytes);
    }
  }

  private static int convert(Path file, Path samples) {
    Graph graph = KerasReader.read(file).graph();
    ModelMetadata metadata = new ModelMetadata("bench", "");
    Lowered lowered = Lowered.of(graph);
    TfliteModel fp32 = lowered.float32(metadata);
    Expected expected = Expected.inputsOf(graph);
    try (Dataset set = Datasets.open(samples, Part.TRAIN, Preprocessing.NONE, expected)) {
      int threads = Runtime.getRuntime().availableProcessors();
      Calibration calibration =
          new Calibrator(threads).calibrate(lowered, fp32, set, SAMPLES, () -> false);
      return lowered.int8(calibration, Quantization.DEFAULT, metadata).size();
    }
  }
}
