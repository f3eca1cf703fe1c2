package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.NothingFiniteException;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.util.List;
import java.util.Set;

/** Makes the INT8 TFLite file, calibrated on the representative set. */
record Quantize(Run run) implements Step {
  static final String FILE = "int8.tflite";

  @Override
  public Stage stage() {
    return Stage.QUANTIZE;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(Product.LOWERED, Product.FP32, Product.TUNED);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.CALIBRATION, Product.INT8, Product.DAMAGE);
  }

  /**
   * Calibrated on the few samples, the ranges are not those of the run; the kernels are. A network
   * that gives nothing finite has no ranges at all: whoever evaluates it will say so.
   */
  @Override
  public void check(Rehearsal rehearsal) {
    Quantization how = run.job().plan().quantization();
    rehearsal.lowered().requireQuantizable(how);
    Calibration few;
    try {
      few =
          new Calibrator(run.job().threads())
              .calibrate(rehearsal.lowered(), rehearsal.fp32(), List.of(run.inputs().fewSamples()));
    } catch (NothingFiniteException e) {
      return;
    }
    run.artifacts().loads(rehearsal.lowered().int8(few, how, Rehearsal.METADATA));
  }

  @Override
  public void run(Products products) {
    Dataset set = run.inputs().representative();
    int samples = run.job().plan().representative().samples();
    if (samples > set.size()) {
      run.warn("the representative set has only " + set.size() + " of the " + samples + " samples");
    }
    Lowered lowered = products.get(Product.LOWERED);
    TfliteModel fp32 = products.get(Product.FP32);
    FineTuned tuned = products.get(Product.TUNED);
    Calibration calibration =
        new Calibrator(run.job().threads(), run.inputs().trainingRange())
            .calibrate(lowered, fp32, set, samples, run.cancelled())
            .with(LearnedScales.ranges(tuned.graph(), tuned.scales()));
    calibration.warnings().forEach(run::warn);
    TfliteModel int8 = lowered.int8(calibration, run.job().plan().quantization(), run.metadata());
    if (System.getenv("INT4") != null) {
      RoundedToFourBits four =
          RoundedToFourBits.of(run, tuned.graph(), System.getenv("INT4").equals("packed"));
      int8 =
          four.lowered().int8(four.calibration(), run.job().plan().quantization(), four.grids(), run.metadata());
    }
    // What was built and runs is a result: what nothing is left of is for the verdict to say.
    products.put(Product.DAMAGE, new Damage(run.artifacts().unlike(int8, fp32)));
    run.staging().write(FILE, int8::writeTo);
    products.put(Product.CALIBRATION, calibration);
    products.put(Product.INT8, int8);
  }
}
