package dev.secateur.tflite;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.PlanException;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network as float32 TFLite operators, with batch normalisation folded and activations fused:
 * lowered once, it is what the float file, the calibration and each quantized file are made of.
 * Same inputs give the same bytes.
 */
public final class Lowered {
  private final Program program;

  private Lowered(Program program) {
    this.program = program;
  }

  /**
   * @throws TfliteException if an operation has no TFLite form: the message names its layer
   */
  public static Lowered of(Graph graph) {
    return new Lowered(TfliteLowering.lower(graph));
  }

  /**
   * Whether it can be quantized as asked, before anything is calibrated.
   *
   * @throws TfliteException if {@code quantization} asks for integers only and a layer has no
   *     integer kernel: the message names the layers
   * @throws PlanException if it keeps a layer in float that there is not
   */
  public void requireQuantizable(Quantization quantization) {
    quantization.keepFloat().ifPresent(this::keeping);
    quantization.schemes().stream()
        .filter(Scheme::calibrated)
        .forEach(scheme -> Quantizer.requireKernels(program, scheme, quantization));
  }

  /** The layers that have operators of their own: what is folded into another has none. */
  public List<String> layers() {
    return program.operators().stream().map(Operator::layer).distinct().toList();
  }

  private Program keeping(List<String> layers) {
    List<String> known = layers();
    List<String> unknown = layers.stream().filter(l -> !known.contains(l)).toList();
    if (!unknown.isEmpty()) {
      throw new PlanException(
          "/quantization/keepFloat",
          "no layer "
              + String.join(", ", unknown)
              + " has a TFLite operator of its own; those that have are "
              + String.join(", ", known));
    }
    Set<Integer> marked = new HashSet<>();
    for (int i = 0; i < program.operators().size(); i++) {
      if (layers.contains(program.operators().get(i).layer())) {
        marked.add(i);
      }
    }
    return program.withFloatOnly(marked);
  }

  /** The float32 file. */
  public TfliteModel float32(ModelMetadata metadata) {
    return FlatBufferWriter.write(program, metadata);
  }

  /**
   * The file by a scheme.
   *
   * @param calibration of this network; may be empty where the scheme needs no ranges
   * @throws TfliteException as {@link #requireQuantizable}, or if {@code calibration} is of another
   *     network
   */
  public TfliteModel quantized(
      Scheme scheme,
      Optional<Calibration> calibration,
      Quantization quantization,
      ModelMetadata metadata) {
    return quantized(scheme, calibration, quantization, Map.of(), metadata);
  }

  /**
   * The same of a network that was rounded.
   *
   * @param grids that kernels stand on, by their names: those of four bits are packed by the scheme
   *     INT4, and stored as INT8 by INT8
   * @throws TfliteException likewise
   */
  public TfliteModel quantized(
      Scheme scheme,
      Optional<Calibration> calibration,
      Quantization quantization,
      Map<String, Grid> grids,
      ModelMetadata metadata) {
    Program kept = keeping(quantization.keepFloat().orElse(List.of()));
    return switch (scheme) {
      case INT8, INT4, INT16X8 ->
          FlatBufferWriter.write(
              Quantizer.quantize(kept, calibration.orElseThrow(), scheme, quantization, grids),
              metadata);
      case INT8_WEIGHTS ->
          FlatBufferWriter.write(
              WeightQuantizer.int8(kept, quantization.perTensorDense()), metadata);
      case FLOAT16 -> FlatBufferWriter.write(WeightQuantizer.float16(kept), metadata);
    };
  }

  /**
   * The INT8 file.
   *
   * @throws TfliteException as {@link #requireQuantizable}, or if {@code calibration} is of another
   *     network
   */
  public TfliteModel int8(
      Calibration calibration, Quantization quantization, ModelMetadata metadata) {
    return quantized(Scheme.INT8, Optional.of(calibration), quantization, metadata);
  }

  /**
   * What quantizing each layer costs, the worst first; none where activations stay float.
   *
   * @param batches samples: one float32 tensor an input
   * @param threads for the interpreter
   */
  public List<LayerError> errors(
      Scheme scheme,
      Calibration calibration,
      Quantization quantization,
      Iterable<List<Tensor>> batches,
      int threads) {
    return scheme.calibrated()
        ? LayerErrors.of(
            keeping(quantization.keepFloat().orElse(List.of())),
            calibration,
            scheme,
            quantization,
            batches,
            threads)
        : List.of();
  }

  /** {@code real = (q − zeroPoint)·scale}, q from −128 to 127. */
  public record Scale(float scale, int zeroPoint) {}

  /**
   * How the values of the INT8 file will be quantized, by the names that they have in the network
   * that was lowered, folded and fused; constants and what stays float are left out.
   */
  public Map<String, Scale> scales(Calibration calibration, Quantization quantization) {
    Program kept = keeping(quantization.keepFloat().orElse(List.of()));
    QuantizationPlan plan = QuantizationPlan.of(kept, calibration, Integers.INT8);
    Map<String, Scale> scales = new HashMap<>();
    for (Operator operator : kept.operators()) {
      if (Integers.INT8.compute(operator)) {
        operator.inputs().forEach(t -> put(scales, plan, t));
        put(scales, plan, operator.output());
      }
    }
    return scales;
  }

  private void put(Map<String, Scale> scales, QuantizationPlan plan, int tensor) {
    Program.Tensor value = program.tensor(tensor);
    if (value.type() == ScalarType.FLOAT32 && value.constant().isEmpty()) {
      Affine as = plan.activation(tensor);
      scales.put(value.name(), new Scale(as.scale(), as.zeroPoint()));
    }
  }

  Program program() {
    return program;
  }
}
