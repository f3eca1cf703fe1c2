package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.pass.Passes;
import dev.secateur.prune.Rounding;
import dev.secateur.prune.Samples;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.KernelGrids;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.TfliteModel;
import java.util.Set;

/**
 * A network with kernels of four bits: its levels found on samples taken evenly from the
 * representative set, its ranges then measured on the same set.
 */
record RoundedToFourBits(Lowered lowered, KernelGrids grids, Calibration calibration) {
  static RoundedToFourBits of(Run run, Graph network, boolean packed) {
    Graph folded = Passes.forInference(network);
    Set<String> kept =
        System.getenv("KEEP") == null ? Set.of() : Set.of(System.getenv("KEEP").split(","));
    Rounding.Rounded rounded;
    try (Rounding rounding =
        new Rounding(Reconstructed.samples(run, folded), run.job().threads())) {
      rounded =
          rounding.round(folded, k -> kept.contains(k) ? Grid.EIGHT_BITS : Grid.FOUR_BITS);
    }
    Lowered lowered = Lowered.of(rounded.network());
    TfliteModel fp32 = lowered.float32(Run.INTERMEDIATE);
    Calibration calibration =
        new Calibrator(run.job().threads())
            .calibrate(
                lowered,
                fp32,
                run.inputs().representative(),
                run.job().plan().representative().samples(),
                run.cancelled());
    rounded.grids().forEach((k, g) -> System.err.println(k + " " + g.most() + " " + g.steps().size()));
    return new RoundedToFourBits(lowered, new KernelGrids(rounded.grids(), packed), calibration);
  }
}
