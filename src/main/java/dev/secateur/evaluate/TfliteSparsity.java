package dev.secateur.evaluate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.Operator;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.Tensor;
import org.tensorflow.lite.schema.TensorType;

/**
 * Fraction of zeros in the kernels that pruning sparsifies, as they lie in a TFLite file: of
 * convolutions, transposed convolutions and fully connected layers. A quantized kernel's zero point
 * is 0, so a zero is a zero byte.
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
    for (int i = 0; i < network.operatorsLength(); i++) {
      Operator operator = network.operators(i);
      if (prunable(model, operator)) {
        kernels.add(operator.inputs(KERNEL));
      }
    }
    long zeros = 0;
    long all = 0;
    for (int kernel : kernels) {
      Tensor tensor = network.tensors(kernel);
      ByteBuffer data = model.buffers((int) tensor.buffer()).dataAsByteBuffer();
      if (data != null) {
        data.order(ByteOrder.LITTLE_ENDIAN);
        boolean floats = tensor.type() == TensorType.FLOAT32;
        all += data.remaining() / (floats ? Float.BYTES : 1);
        zeros += floats ? zeroFloats(data) : zeroBytes(data);
      }
    }
    return all == 0 ? 0 : (double) zeros / all;
  }

  private static boolean prunable(Model model, Operator operator) {
    int code = model.operatorCodes((int) operator.opcodeIndex()).builtinCode();
    int old = model.operatorCodes((int) operator.opcodeIndex()).deprecatedBuiltinCode();
    int builtin = Math.max(code, old);
    return builtin == BuiltinOperator.CONV_2D
        || builtin == BuiltinOperator.FULLY_CONNECTED
        || builtin == BuiltinOperator.TRANSPOSE_CONV;
  }

  private static long zeroFloats(ByteBuffer data) {
    long zeros = 0;
    while (data.remaining() >= Float.BYTES) {
      zeros += data.getFloat() == 0 ? 1 : 0;
    }
    return zeros;
  }

  private static long zeroBytes(ByteBuffer data) {
    long zeros = 0;
    while (data.hasRemaining()) {
      zeros += data.get() == 0 ? 1 : 0;
    }
    return zeros;
  }
}
