package dev.secateur.tflite;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.flatbuffers.FlatBufferBuilder;
import com.google.flatbuffers.Utf8;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.lite.schema.Buffer;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Metadata;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.OperatorCode;
import org.tensorflow.lite.schema.QuantizationParameters;
import org.tensorflow.lite.schema.SignatureDef;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.Tensor;
import org.tensorflow.lite.schema.TensorMap;

/**
 * Writes a {@link Program} as a TFLite FlatBuffer (schema version 3, {@code schema.fbs} of
 * TensorFlow Lite).
 *
 * <p>Equal constants share one buffer, equal quantization vectors one vector. A dynamic batch is
 * written as 1 in the shape and −1 in the shape signature. Operators stand in the order that needs
 * the least memory.
 */
final class FlatBufferWriter {
  private static final int SCHEMA_VERSION = 3;

  /** Constants are read in place by vector instructions. */
  private static final int ALIGNMENT = 16;

  /** The key that Keras' own signature has. */
  private static final String SIGNATURE = "serving_default";

  /** The first runtime whose integer dense kernel reads a scale a channel. */
  private static final String PER_CHANNEL_DENSE = "2.10.0";

  private final Program program;
  private final int[] rows;
  private final FlatBufferBuilder builder;
  private final List<Integer> buffers = new ArrayList<>();
  private final Map<Constant, Integer> written = new HashMap<>();
  private final Map<OperatorKey, Integer> codes = new LinkedHashMap<>();
  private final Map<List<Long>, Integer> zeroPoints = new HashMap<>();
  private final Map<Affine, Integer> quantizations = new HashMap<>();

  private record OperatorKey(Opcode opcode, int version) {}

  private FlatBufferWriter(Program program) {
    this.program = program;
    this.rows = rows(program);
    this.builder =
        new FlatBufferBuilder(capacity(program), new DirectBuffers(), null, Utf8.getDefault());
  }

  private static final class DirectBuffers extends FlatBufferBuilder.ByteBufferFactory {
    @Override
    public ByteBuffer newByteBuffer(int capacity) {
      return ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Enough for all, so that the buffer need not grow (growing copies every constant). */
  private static int capacity(Program program) {
    long size = 8192;
    for (Program.Tensor tensor : program.tensors()) {
      size += 256 + 2L * tensor.name().length();
      size += tensor.constant().map(c -> c.size() + 64).orElse(0);
      size += tensor.quantization().map(q -> 12 * q.scales().length).orElse(0);
    }
    size += 160L * program.operators().size();
    if (size > Integer.MAX_VALUE - 64) {
      throw new TfliteException(
          "the model takes " + size + " bytes; a FlatBuffer holds at most 2 GiB");
    }
    return (int) size;
  }

  /** A file that is handed out has its operators in {@link MemoryOrder}, which takes its time. */
  static TfliteModel write(Program program, ModelMetadata metadata) {
    return new FlatBufferWriter(metadata.usage().isPresent() ? MemoryOrder.of(program) : program)
        .model(metadata);
  }

  private TfliteModel model(ModelMetadata metadata) {
    buffers.add(emptyBuffer());
    int metadataVector = metadata(metadata);
    int subgraph = subgraph();
    int codesVector = Model.createOperatorCodesVector(builder, operatorCodes());
    int subgraphs = Model.createSubgraphsVector(builder, new int[] {subgraph});
    int signatures = Model.createSignatureDefsVector(builder, new int[] {signature()});
    int description = builder.createString("Secateur " + metadata.engineVersion());
    int bufferVector = Model.createBuffersVector(builder, array(buffers));
    int root =
        Model.createModel(
            builder,
            SCHEMA_VERSION,
            codesVector,
            subgraphs,
            description,
            bufferVector,
            0,
            metadataVector,
            signatures);
    Model.finishModelBuffer(builder, root);
    ByteBuffer model = builder.dataBuffer().slice();
    return new TfliteModel(
        metadata
            .usage()
            .map(usage -> followed(model, TfliteMetadata.files(program, usage, model.remaining())))
            .orElse(model));
  }

  private static ByteBuffer followed(ByteBuffer model, byte[] files) {
    return files.length == 0
        ? model
        : ByteBuffer.allocateDirect(model.remaining() + files.length).put(model).put(files).flip();
  }

  private int metadata(ModelMetadata metadata) {
    // The runtime's tools expect this buffer to have 16 bytes, padded with zeros.
    byte[] runtime = Arrays.copyOf(ascii(minimumRuntime()), 16);
    List<Integer> entries = new ArrayList<>();
    entries.add(metadata("min_runtime_version", runtime));
    entries.add(metadata(TfliteHeads.METADATA, origin(metadata).getBytes(StandardCharsets.UTF_8)));
    metadata
        .usage()
        .ifPresent(
            usage -> entries.add(metadata(TfliteMetadata.NAME, TfliteMetadata.of(program, usage))));
    return Model.createMetadataVector(builder, array(entries));
  }

  private static String origin(ModelMetadata metadata) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("engine", "secateur");
    json.put("version", metadata.engineVersion());
    json.put("plan", metadata.planDigest());
    if (!metadata.losses().isEmpty()) {
      json.set("losses", mapper.valueToTree(metadata.losses()));
    }
    return json.toString();
  }

  private int metadata(String name, byte[] value) {
    buffers.add(buffer(new Constant.Int8s(value)));
    return Metadata.createMetadata(builder, builder.createString(name), buffers.size() - 1);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private String minimumRuntime() {
    boolean int4 = program.tensors().stream().anyMatch(t -> t.type() == ScalarType.INT4);
    Version newest = Version.parse(int4 ? ScalarType.INT4_RUNTIME : "1.5.0");
    for (Operator operator : program.operators()) {
      int version = OperatorVersion.of(program, operator);
      Version needed =
          Version.parse(
              isPerChannelDense(operator) ? PER_CHANNEL_DENSE : operator.opcode().runtime(version));
      newest = needed.compareTo(newest) > 0 ? needed : newest;
    }
    return newest.toString();
  }

  /** Of integer activations: its version does not tell, and older runtimes take the first scale. */
  private boolean isPerChannelDense(Operator operator) {
    return operator.opcode() == Opcode.FULLY_CONNECTED
        && program.tensor(operator.inputs().get(0)).quantization().isPresent()
        && program
            .tensor(operator.inputs().get(1))
            .quantization()
            .filter(Affine::perChannel)
            .isPresent();
  }

  private int subgraph() {
    int[] tensors = new int[program.tensors().size()];
    // Later objects come first in the file: written from the end, constants keep their order.
    for (int i = tensors.length - 1; i >= 0; i--) {
      tensors[i] = tensor(i);
    }
    int[] operators = new int[program.operators().size()];
    for (int i = 0; i < operators.length; i++) {
      operators[i] = operator(program.operators().get(i));
    }
    return SubGraph.createSubGraph(
        builder,
        SubGraph.createTensorsVector(builder, tensors),
        SubGraph.createInputsVector(builder, ports(program.inputs())),
        SubGraph.createOutputsVector(builder, ports(program.outputs())),
        SubGraph.createOperatorsVector(builder, operators),
        builder.createString("main"));
  }

  private static int[] ports(List<Program.Port> ports) {
    return ports.stream().mapToInt(Program.Port::tensor).toArray();
  }

  /**
   * The first dimension of each tensor for a batch of one, where it is open: one, but for rows that
   * a reshape makes of a sample's positions, which microcontrollers take as they are written.
   */
  private static int[] rows(Program program) {
    int[] rows = new int[program.tensors().size()];
    Arrays.fill(rows, 1);
    for (Operator operator : program.operators()) {
      int in = operator.inputs().get(0);
      int out = operator.output();
      if (isOpen(program.tensor(in)) && isOpen(program.tensor(out))) {
        long size = rows[in] * program.tensor(in).shape().size();
        rows[out] =
            operator.opcode() == Opcode.RESHAPE
                ? Math.toIntExact(size / program.tensor(out).shape().size())
                : rows[in];
      }
    }
    return rows;
  }

  private static boolean isOpen(Program.Tensor tensor) {
    return tensor.shape().rank() > 0 && tensor.shape().dim(0) < 0;
  }

  private int tensor(int index) {
    Program.Tensor tensor = program.tensor(index);
    int[] dims = tensor.shape().toArray();
    int[] atBatchOne = dims.clone();
    boolean dynamic = dims.length > 0 && dims[0] < 0;
    if (dynamic) {
      atBatchOne[0] = rows[index];
    }
    int buffer = tensor.constant().map(this::shared).orElse(0);
    int name = builder.createString(tensor.name());
    int shape = Tensor.createShapeVector(builder, atBatchOne);
    int signature = dynamic ? Tensor.createShapeSignatureVector(builder, dims) : 0;
    int quantization = tensor.quantization().map(this::quantization).orElse(0);
    return Tensor.createTensor(
        builder,
        shape,
        tensor.type().code(),
        buffer,
        name,
        quantization,
        false,
        0,
        signature,
        // A scalar's empty shape would otherwise read as an unknown rank.
        true,
        0);
  }

  private int shared(Constant constant) {
    Integer known = written.get(constant);
    if (known == null) {
      buffers.add(buffer(constant));
      known = buffers.size() - 1;
      written.put(constant, known);
    }
    return known;
  }

  private int buffer(Constant constant) {
    ByteBuffer to = builder.createUnintializedVector(1, constant.size(), ALIGNMENT);
    constant.write(to.order(ByteOrder.LITTLE_ENDIAN));
    return Buffer.createBuffer(builder, builder.endVector());
  }

  private int emptyBuffer() {
    Buffer.startBuffer(builder);
    return Buffer.endBuffer(builder);
  }

  private int quantization(Affine affine) {
    Integer known = quantizations.get(affine);
    if (known == null) {
      long[] zeros = new long[affine.scales().length];
      Arrays.fill(zeros, affine.zeroPoint());
      List<Long> key = Arrays.stream(zeros).boxed().toList();
      int zeroVector =
          zeroPoints.computeIfAbsent(
              key, k -> QuantizationParameters.createZeroPointVector(builder, zeros));
      int scales = QuantizationParameters.createScaleVector(builder, affine.scales());
      known =
          QuantizationParameters.createQuantizationParameters(
              builder, 0, 0, scales, zeroVector, (byte) 0, 0, affine.axis());
      quantizations.put(affine, known);
    }
    return known;
  }

  private int operator(Operator operator) {
    OperatorKey key = new OperatorKey(operator.opcode(), OperatorVersion.of(program, operator));
    int code = codes.computeIfAbsent(key, k -> codes.size());
    int inputs =
        org.tensorflow.lite.schema.Operator.createInputsVector(builder, array(operator.inputs()));
    int outputs =
        org.tensorflow.lite.schema.Operator.createOutputsVector(
            builder, new int[] {operator.output()});
    int options = operator.attributes().write(builder);
    return org.tensorflow.lite.schema.Operator.createOperator(
        builder, code, inputs, outputs, operator.attributes().type(), options, 0, (byte) 0, 0, 0);
  }

  private int[] operatorCodes() {
    List<Integer> offsets = new ArrayList<>();
    codes.forEach(
        (key, index) -> {
          int code = key.opcode().code();
          // Runtimes before 2.4 read the old one-byte field; larger codes show as a placeholder.
          byte old = (byte) Math.min(code, BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES);
          offsets.add(OperatorCode.createOperatorCode(builder, old, 0, key.version(), code));
        });
    return array(offsets);
  }

  private int signature() {
    int inputs = SignatureDef.createInputsVector(builder, tensorMaps(program.inputs()));
    int outputs = SignatureDef.createOutputsVector(builder, tensorMaps(program.outputs()));
    return SignatureDef.createSignatureDef(
        builder, inputs, outputs, builder.createString(SIGNATURE), 0);
  }

  private int[] tensorMaps(List<Program.Port> ports) {
    return ports.stream()
        .mapToInt(
            p -> TensorMap.createTensorMap(builder, builder.createString(p.name()), p.tensor()))
        .toArray();
  }

  private static int[] array(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
