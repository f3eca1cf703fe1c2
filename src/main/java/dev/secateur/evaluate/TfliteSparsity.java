package dev.secateur.evaluate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.Operator;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.Tensor;
import org.tensorflow.lite.schema.TensorType;

/**
 * Fraction of zeros in the kernels that pruning sparsifies, as they lie in a TFLite file: of
 * convolutions, transposed convolutions and fully connected layers. A kernel of integers has the
 * zero point 0; one that is stored smaller than it is used is looked at where it is stored.
 */
public final class TfliteSparsity {
  /** Index of the kernel among the operands of each of these operators. */
  private static final int KERNEL = 1;

  private TfliteSparsity() {}

  /**
   * @param flatBuffer a TFLite model
   */
  public static double of(ByteBuffer flatBuffer) {
    Model model = Model.getRootAsModel(flatBuffer.duplicate().order(ByteOrder.LITTLE_ENDIAN));
    SubGraph network = model.subgraphs(0);
    Set<Integer> kernels = new HashSet<>();
    Map<Integer, Integer> stored = new HashMap<>();
    for (int i = 0; i < network.operatorsLength(); i++) {
      Operator operator = network.operators(i);
      if (code(model, operator) == BuiltinOperator.DEQUANTIZE) {
        stored.put(operator.outputs(0), operator.inputs(0));
      } else if (prunable(model, operator)) {
        int kernel = operator.inputs(KERNEL);
        kernels.add(stored.getOrDefault(kernel, kernel));
      }
    }
    long zeros = 0;
    long all = 0;
    for (int kernel : kernels) {
      Tensor tensor = network.tensors(kernel);
      ByteBuffer data = model.buffers((int) tensor.buffer()).dataAsByteBuffer();
      if (data != null) {
        data.order(ByteOrder.LITTLE_ENDIAN);
        if (tensor.type() == TensorType.INT4) {
          long entries = entries(tensor);
          all += entries;
          zeros += zeroHalves(data, entries);
        } else {
          all += data.remaining() / bytes(tensor);
          zeros += zeros(data, bytes(tensor));
        }
      }
    }
    return all == 0 ? 0 : (double) zeros / all;
  }

  private static int code(Model model, Operator operator) {
    int code = model.operatorCodes((int) operator.opcodeIndex()).builtinCode();
    int old = model.operatorCodes((int) operator.opcodeIndex()).deprecatedBuiltinCode();
    return Math.max(code, old);
  }

  private static boolean prunable(Model model, Operator operator) {
    int builtin = code(model, operator);
    return builtin == BuiltinOperator.CONV_2D
        || builtin == BuiltinOperator.FULLY_CONNECTED
        || builtin == BuiltinOperator.TRANSPOSE_CONV;
  }

  private static long entries(Tensor tensor) {
    long entries = 1;
    for (int i = 0; i < tensor.shapeLength(); i++) {
      entries *= tensor.shape(i);
    }
    return entries;
  }

  /** Two entries a byte, the first in the low half. */
  private static long zeroHalves(ByteBuffer data, long entries) {
    long zeros = 0;
    for (long i = 0; i < entries; i++) {
      int pair = data.get(data.position() + (int) (i / 2));
      zeros += ((i % 2 == 0 ? pair : pair >> 4) & 0xf) == 0 ? 1 : 0;
    }
    return zeros;
  }

  /** Of an element. */
  private static int bytes(Tensor tensor) {
    return switch (tensor.type()) {
      case TensorType.FLOAT32 -> Float.BYTES;
      case TensorType.FLOAT16 -> Short.BYTES;
      default -> Byte.BYTES;
    };
  }

  /** A float's zero may have a sign. */
  private static long zeros(ByteBuffer data, int bytes) {
    long zeros = 0;
    while (data.remaining() >= bytes) {
      boolean zero =
          switch (bytes) {
            case Float.BYTES -> data.getFloat() == 0;
            case Short.BYTES -> (data.getShort() & Short.MAX_VALUE) == 0;
            default -> data.get() == 0;
          };
      zeros += zero ? 1 : 0;
    }
    return zeros;
  }
}
