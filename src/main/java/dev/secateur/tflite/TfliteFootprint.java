package dev.secateur.tflite;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.Tensor;
import org.tensorflow.lite.schema.TensorType;

/**
 * What a device feels of a TFLite model, of one sample at a time.
 *
 * @param bytes of the file
 * @param largest of its constants
 * @param activationBytes memory that the values between its operators take, as TFLite Micro's
 *     greedy planner plans it: kernels of four bits, which it unpacks while it computes, with them;
 *     the runtime's own bookkeeping not
 * @param operators in the order in which they run
 * @param peak the moment at which most is held
 */
public record TfliteFootprint(
    long bytes, Sized largest, long activationBytes, List<Run> operators, Peak peak) {
  public TfliteFootprint {
    operators = List.copyOf(operators);
  }

  /**
   * One operator in its place.
   *
   * @param name as the schema has it: {@code CONV_2D}
   * @param output the name of its first result
   * @param dtypes of what it reads, constants too, and gives, in the interpreter's words
   */
  public record Run(String name, String output, List<String> dtypes) {
    public Run {
      dtypes = List.copyOf(dtypes);
    }

    /** Whether float activations meet a kernel of integers. */
    public boolean hybrid() {
      return Set.of("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED").contains(name)
          && dtypes.get(0).equals("float32")
          && !dtypes.get(1).equals("float32");
    }
  }

  /** A tensor and what it takes. */
  public record Sized(String name, long bytes) {}

  /**
   * @param operator that runs then
   * @param tensor the largest that is held then
   */
  public record Peak(String operator, Sized tensor) {}

  /** The different operators that it needs, by name, sorted. */
  public List<String> distinctOperators() {
    return operators.stream().map(Run::name).distinct().sorted().toList();
  }

  /** Whether a file says that it is one, at its beginning. */
  public static boolean isTflite(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(8);
      return head.length == 8 && new String(head, 4, 4, StandardCharsets.US_ASCII).equals("TFL3");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param file that the interpreter has taken
   */
  public static TfliteFootprint of(Path file) {
    try {
      return of(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static TfliteFootprint of(TfliteModel model) {
    return of(model.buffer());
  }

  private static TfliteFootprint of(ByteBuffer bytes) {
    Model model = Model.getRootAsModel(bytes.order(ByteOrder.LITTLE_ENDIAN));
    return new Reading(model).footprint(bytes.remaining());
  }

  /** The first subgraph of a file. */
  private static final class Reading {
    private final Model model;
    private final SubGraph graph;

    Reading(Model model) {
      this.model = model;
      this.graph = model.subgraphs(0);
    }

    TfliteFootprint footprint(long bytes) {
      List<Run> runs = new ArrayList<>();
      for (int i = 0; i < graph.operatorsLength(); i++) {
        runs.add(run(graph.operators(i)));
      }
      List<ArenaPlan.Value> values = values();
      return new TfliteFootprint(
          bytes, largest(), ArenaPlan.of(values).bytes(), runs, peak(values, runs));
    }

    private Sized largest() {
      Sized largest = new Sized("", 0);
      for (int t = 0; t < graph.tensorsLength(); t++) {
        Tensor tensor = graph.tensors(t);
        long taken = model.buffers((int) tensor.buffer()).dataLength();
        largest = taken > largest.bytes() ? new Sized(tensor.name(), taken) : largest;
      }
      return largest;
    }

    private Run run(org.tensorflow.lite.schema.Operator operator) {
      List<String> dtypes = new ArrayList<>();
      for (int i = 0; i < operator.inputsLength(); i++) {
        if (operator.inputs(i) >= 0) {
          dtypes.add(dtype(graph.tensors(operator.inputs(i))));
        }
      }
      for (int i = 0; i < operator.outputsLength(); i++) {
        dtypes.add(dtype(graph.tensors(operator.outputs(i))));
      }
      String output =
          operator.outputsLength() == 0 ? "" : graph.tensors(operator.outputs(0)).name();
      return new Run(name(operator), output, dtypes);
    }

    private String name(org.tensorflow.lite.schema.Operator operator) {
      var code = model.operatorCodes((int) operator.opcodeIndex());
      int builtin = Math.max(code.builtinCode(), code.deprecatedBuiltinCode());
      return builtin == BuiltinOperator.CUSTOM ? code.customCode() : BuiltinOperator.name(builtin);
    }

    private static String dtype(Tensor tensor) {
      return TensorType.name(tensor.type()).toLowerCase(Locale.ROOT);
    }

    private static long elements(Tensor tensor) {
      long elements = 1;
      for (int i = 0; i < tensor.shapeLength(); i++) {
        elements *= Math.max(1, tensor.shape(i));
      }
      return elements;
    }

    /** Tensors in the file's order, then what operators unpack: the planner's own order. */
    private List<ArenaPlan.Value> values() {
      int[] first = new int[graph.tensorsLength()];
      int[] last = new int[graph.tensorsLength()];
      Arrays.fill(first, Integer.MAX_VALUE);
      Arrays.fill(last, -1);
      for (int i = 0; i < graph.inputsLength(); i++) {
        hold(first, last, graph.inputs(i), 0);
      }
      List<ArenaPlan.Value> unpacked = new ArrayList<>();
      for (int o = 0; o < graph.operatorsLength(); o++) {
        var operator = graph.operators(o);
        int moment = o + 1;
        for (int i = 0; i < operator.inputsLength(); i++) {
          int tensor = operator.inputs(i);
          if (tensor >= 0) {
            hold(first, last, tensor, moment);
            if (isConstant(tensor) && graph.tensors(tensor).type() == TensorType.INT4) {
              Tensor kernel = graph.tensors(tensor);
              unpacked.add(
                  new ArenaPlan.Value(
                      kernel.name() + ", unpacked", elements(kernel), moment, moment));
            }
          }
        }
        for (int i = 0; i < operator.outputsLength(); i++) {
          hold(first, last, operator.outputs(i), moment);
        }
        if (name(operator).equals("TRANSPOSE_CONV")
            && graph.tensors(operator.outputs(0)).type() == TensorType.INT8) {
          // It scatters into sums of 32 bits.
          Tensor result = graph.tensors(operator.outputs(0));
          unpacked.add(
              new ArenaPlan.Value(
                  result.name() + ", sums", Integer.BYTES * elements(result), moment, moment));
        }
      }
      for (int i = 0; i < graph.outputsLength(); i++) {
        hold(first, last, graph.outputs(i), graph.operatorsLength());
      }
      List<ArenaPlan.Value> values = new ArrayList<>();
      for (int t = 0; t < graph.tensorsLength(); t++) {
        if (last[t] >= 0 && !isConstant(t) && !graph.tensors(t).isVariable()) {
          Tensor tensor = graph.tensors(t);
          values.add(new ArenaPlan.Value(tensor.name(), bytes(tensor), first[t], last[t]));
        }
      }
      values.addAll(unpacked);
      return values;
    }

    private static void hold(int[] first, int[] last, int tensor, int moment) {
      first[tensor] = Math.min(first[tensor], moment);
      last[tensor] = Math.max(last[tensor], moment);
    }

    private boolean isConstant(int tensor) {
      return model.buffers((int) graph.tensors(tensor).buffer()).dataLength() > 0;
    }

    private static long bytes(Tensor tensor) {
      return elements(tensor)
          * switch (tensor.type()) {
            case TensorType.FLOAT32, TensorType.INT32, TensorType.UINT32 -> 4;
            case TensorType.FLOAT16, TensorType.INT16, TensorType.UINT16 -> 2;
            case TensorType.FLOAT64, TensorType.INT64, TensorType.UINT64 -> 8;
            default -> 1;
          };
    }

    private static Peak peak(List<ArenaPlan.Value> values, List<Run> runs) {
      Map<Integer, Long> held = new HashMap<>();
      for (ArenaPlan.Value value : values) {
        for (int moment = value.first(); moment <= value.last(); moment++) {
          held.merge(moment, value.aligned(), Long::sum);
        }
      }
      int moment =
          held.entrySet().stream()
              .max(Map.Entry.<Integer, Long>comparingByValue())
              .map(Map.Entry::getKey)
              .orElse(0);
      return values.stream()
          .filter(v -> v.first() <= moment && moment <= v.last())
          .max(Comparator.comparingLong(ArenaPlan.Value::bytes))
          .map(
              v ->
                  new Peak(
                      moment == 0 ? "" : runs.get(moment - 1).name(),
                      new Sized(v.name(), v.bytes())))
          .orElse(new Peak("", new Sized("", 0)));
    }
  }
}
