package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.LayerError;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.NothingFiniteException;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes a quantized TFLite file by each scheme, calibrated on the representative set. */
record Quantize(Run run) implements Step {
  private static final Optional<RoundedNetwork> NONE = Optional.empty();

  /** Enough for an average over all values of a layer. */
  private static final int ERROR_SAMPLES = 16;

  @Override
  public Stage stage() {
    return Stage.QUANTIZE;
  }

  @Override
  public Set<Product<?>> needs() {
    return Set.of(
        Product.ORIGINAL, Product.ORIGINAL_OUTPUTS, Product.LOWERED, Product.FP32, Product.TUNED);
  }

  @Override
  public Set<Product<?>> makes() {
    return Set.of(Product.QUANTIZED);
  }

  /**
   * Calibrated on the few samples, the ranges are not those of the run; the kernels are. A network
   * that gives nothing finite has no ranges at all: whoever evaluates it will say so.
   */
  @Override
  public void check(Rehearsal rehearsal) {
    Quantization how = run.job().plan().quantization();
    rehearsal.lowered().requireQuantizable(how);
    Optional<Calibration> few;
    try {
      few = how.calibrated() ? Optional.of(few(rehearsal)) : Optional.empty();
    } catch (NothingFiniteException e) {
      return;
    }
    for (Scheme scheme : how.schemes()) {
      run.artifacts()
          .loads(
              how.fourBits(scheme)
                  ? fewFourBits(rehearsal, how).file(scheme, how, Rehearsal.METADATA)
                  : rehearsal.lowered().quantized(scheme, few, how, Rehearsal.METADATA));
    }
  }

  private RoundedNetwork fewFourBits(Rehearsal rehearsal, Quantization how) {
    return RoundedNetwork.nearest(
        rehearsal.model().graph(), how, run.inputs().fewSamples(), run.job().threads());
  }

  private Calibration few(Rehearsal rehearsal) {
    return new Calibrator(run.job().threads())
        .calibrate(rehearsal.lowered(), rehearsal.fp32(), List.of(run.inputs().fewSamples()));
  }

  /** Makes a file by a scheme. */
  interface Making {
    TfliteModel file(Scheme scheme, Quantization how);
  }

  @Override
  public void run(Products products) {
    Lowered lowered = products.get(Product.LOWERED);
    TfliteModel fp32 = products.get(Product.FP32);
    Quantization asked = run.job().plan().quantization();
    Optional<Calibration> calibration =
        asked.calibrated()
            ? Optional.of(calibration(lowered, fp32, products.get(Product.TUNED)))
            : Optional.empty();
    Optional<RoundedNetwork> fourBits =
        asked.fourBits()
            ? Optional.of(fourBits(products.get(Product.TUNED), asked))
            : Optional.empty();
    Optional<RoundedNetwork> nearer =
        asked.schemes().contains(Scheme.INT8) && !asked.fourBits(Scheme.INT8)
            ? NearerInt8.of(
                run,
                products,
                asked,
                lowered.quantized(Scheme.INT8, calibration, asked, run.metadata()))
            : Optional.empty();
    Making making =
        (scheme, how) ->
            (how.fourBits(scheme) ? fourBits : scheme == Scheme.INT8 ? nearer : NONE)
                .map(network -> network.file(scheme, how, run.metadata()))
                .orElseGet(() -> lowered.quantized(scheme, calibration, how, run.metadata()));
    Quantization how =
        asked.keepFloat().isPresent() ? asked : FewestFloat.found(run, products, making);
    List<Quantized.Made> files = new ArrayList<>();
    Optional<Calibration> ranges = calibration;
    for (Scheme scheme : how.schemes()) {
      TfliteModel model = making.file(scheme, how);
      Optional<RoundedNetwork> rounded = scheme == Scheme.INT8 ? nearer : NONE;
      if (scheme == how.judged()) {
        ranges = rounded.map(RoundedNetwork::calibration).or(() -> calibration);
      }
      // What was built and runs is a result: what nothing is left of is for the verdict to say.
      Damage damage = new Damage(run.artifacts().unlike(model, fp32));
      run.staging().write(scheme.file(), model::writeTo);
      files.add(
          new Quantized.Made(
              scheme,
              model,
              damage,
              rounded
                  .map(n -> errors(n.lowered(), scheme, Optional.of(n.calibration()), how))
                  .orElseGet(() -> errors(lowered, scheme, calibration, how))));
    }
    products.put(Product.QUANTIZED, new Quantized(how, ranges, files));
  }

  private List<LayerError> errors(
      Lowered lowered, Scheme scheme, Optional<Calibration> calibration, Quantization how) {
    Dataset set = run.inputs().representative();
    int[] chosen = FewSamples.spread(set.size(), ERROR_SAMPLES);
    return calibration
        .filter(c -> !how.fourBits(scheme))
        .map(
            c ->
                lowered.errors(
                    scheme,
                    c,
                    how,
                    () ->
                        Arrays.stream(chosen)
                            .mapToObj(i -> set.batch(new int[] {i}).inputs())
                            .iterator(),
                    run.job().threads()))
        .orElse(List.of());
  }

  private RoundedNetwork fourBits(FineTuned tuned, Quantization how) {
    Dataset set = run.inputs().representative();
    int samples = run.job().plan().representative().samples();
    int threads = run.job().threads();
    return tuned.grids().isEmpty()
        ? RoundedNetwork.of(tuned.graph(), how, set, samples, threads, run.cancelled())
        : RoundedNetwork.learned(tuned, set, samples, threads, run.cancelled());
  }

  private Calibration calibration(Lowered lowered, TfliteModel fp32, FineTuned tuned) {
    Dataset set = run.inputs().representative();
    int samples = run.job().plan().representative().samples();
    if (samples > set.size()) {
      run.warn("the representative set has only " + set.size() + " of the " + samples + " samples");
    }
    Calibration calibration =
        new Calibrator(run.job().threads(), run.inputs().trainingRange())
            .calibrate(lowered, fp32, set, samples, run.cancelled())
            .with(LearnedScales.ranges(tuned.graph(), tuned.scales()));
    calibration.warnings().forEach(run::warn);
    return calibration;
  }
}
