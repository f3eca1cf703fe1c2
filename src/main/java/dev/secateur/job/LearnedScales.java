package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.pass.FoldedValues;
import dev.secateur.plan.Quantization;
import dev.secateur.prune.Rounding;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.NothingFiniteException;
import dev.secateur.tflite.Range;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.Quantizing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The scales of a network in training: those that its INT8 file will have. A range is the mean of
 * those of batches (Jacob et al., arXiv:1712.05877): one sample's outlier would make all others'
 * steps wider, and what it clips, training learns to do without. Names are those of the network
 * that is trained, in which nothing is folded.
 */
record LearnedScales(Run run) implements Quantizing {
  private static final int BATCH = 32;
  private static final int LEAST = -128;
  private static final int MOST = 127;

  /** Those of kernels of four bits, and of the others beside them. */
  @Override
  public Map<String, Integer> levels(Graph network) {
    Quantization how = run.job().plan().quantization();
    // The files of other schemes are not to have kernels of four bits too.
    if (!how.schemes().stream().allMatch(how::fourBits)) {
      return Map.of();
    }
    LearnedLevels learned = LearnedLevels.of(network);
    KernelBits bits = KernelBits.of(learned.folded(), how);
    Map<String, Grid> grids =
        Rounding.nearest(learned.folded(), bits.most(), how.perTensorDense()).grids();
    Map<String, Integer> most = learned.most(grids);
    if (most.isEmpty() && !grids.isEmpty()) {
      run.warn(
          "the network learns to be INT8 and is rounded to four bits afterwards: a kernel of it is"
              + " read by several layers, or stands before a normalisation that has no grid");
    }
    return most;
  }

  @Override
  public Rounded rounded(Graph network) {
    Quantization how = run.job().plan().quantization();
    LearnedLevels learned = LearnedLevels.of(network);
    return learned.trained(
        RoundedNetwork.rounded(
            learned.folded(),
            how,
            run.inputs().representative(),
            run.job().threads(),
            run.cancelled()));
  }

  @Override
  public Map<String, Scale> scales(Graph network) {
    Lowered lowered = Lowered.of(network);
    List<Calibration> batches = ofBatches(lowered);
    if (batches.isEmpty()) {
      // Whoever evaluates it will say so.
      return Map.of();
    }
    Calibration now = Calibration.mean(batches);
    Map<String, String> names = FoldedValues.of(network);
    Map<String, Scale> scales = new HashMap<>();
    lowered
        .scales(now, run.job().plan().quantization())
        .forEach(
            (name, s) -> {
              if (names.containsKey(name)) {
                scales.put(names.get(name), new Scale(s.scale(), s.zeroPoint()));
              }
            });
    return scales;
  }

  /**
   * Each batch is spread over the set, which may be in the order of its classes; of those that have
   * ranges.
   */
  private List<Calibration> ofBatches(Lowered lowered) {
    Dataset set = run.inputs().representative();
    int[] chosen = FewSamples.spread(set.size(), run.job().plan().representative().samples());
    int count = (chosen.length + BATCH - 1) / BATCH;
    Calibrator calibrator = new Calibrator(run.job().threads());
    TfliteModel float32 = lowered.float32(Run.INTERMEDIATE);
    List<Calibration> all = new ArrayList<>();
    for (int first = 0; first < count; first++) {
      int[] batch =
          IntStream.iterate(first, i -> i < chosen.length, i -> i + count)
              .map(i -> chosen[i])
              .toArray();
      try {
        all.add(calibrator.calibrate(lowered, float32, set, batch, run.cancelled()));
      } catch (NothingFiniteException e) {
        // Of the other batches there may be something.
      }
    }
    return all;
  }

  /** The ranges that give the file's values the scales that were trained with. */
  static Map<String, Range> ranges(Graph network, Map<String, Scale> trained) {
    Map<String, Range> ranges = new HashMap<>();
    FoldedValues.of(network)
        .forEach(
            (name, here) -> {
              Scale s = trained.get(here);
              if (s != null) {
                ranges.put(
                    name,
                    new Range(
                        (LEAST - s.zeroPoint()) * s.scale(), (MOST - s.zeroPoint()) * s.scale()));
              }
            });
    return ranges;
  }
}
