package dev.secateur.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.secateur.plan.Preprocessing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.tensorflow.lite.support.metadata.schema.AssociatedFile;
import org.tensorflow.lite.support.metadata.schema.AssociatedFileType;
import org.tensorflow.lite.support.metadata.schema.ColorSpaceType;
import org.tensorflow.lite.support.metadata.schema.Content;
import org.tensorflow.lite.support.metadata.schema.ContentProperties;
import org.tensorflow.lite.support.metadata.schema.ImageProperties;
import org.tensorflow.lite.support.metadata.schema.NormalizationOptions;
import org.tensorflow.lite.support.metadata.schema.ProcessUnit;
import org.tensorflow.lite.support.metadata.schema.ProcessUnitOptions;
import org.tensorflow.lite.support.metadata.schema.Stats;
import org.tensorflow.lite.support.metadata.schema.SubGraphMetadata;
import org.tensorflow.lite.support.metadata.schema.TensorMetadata;

/**
 * The metadata of TFLite's support libraries (schema {@code metadata_schema.fbs}): names, how raw
 * samples are normalised, ranges, and the classes' names, which stand in a zip behind the model.
 */
final class TfliteMetadata {
  /** The key in the model's list of metadata. */
  static final String NAME = "TFLITE_METADATA";

  private static final String LABELS = "labels.txt";

  /** The first parser that reads all that is written here. */
  private static final String PARSER = "1.0.0";

  /** Of a zip (APPNOTE 4.3.16, 4.3.12): its last record, and where addresses stand in records. */
  private static final int END_LENGTH = 22;

  private static final int END_DIRECTORY = 16;
  private static final int ENTRY_ADDRESS = 42;

  /** The same in every file, so that equal files have equal bytes. */
  private static final LocalDateTime LONG_AGO = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final Program program;
  private final Usage usage;
  private final FlatBufferBuilder builder = new FlatBufferBuilder();

  private TfliteMetadata(Program program, Usage usage) {
    this.program = program;
    this.usage = usage;
  }

  /** The buffer that is to have the {@link #NAME}. */
  static byte[] of(Program program, Usage usage) {
    return new TfliteMetadata(program, usage).bytes();
  }

  private byte[] bytes() {
    int[] inputs = program.inputs().stream().mapToInt(this::input).toArray();
    int[] outputs = program.outputs().stream().mapToInt(this::output).toArray();
    int inputVector = SubGraphMetadata.createInputTensorMetadataVector(builder, inputs);
    int outputVector = SubGraphMetadata.createOutputTensorMetadataVector(builder, outputs);
    SubGraphMetadata.startSubGraphMetadata(builder);
    SubGraphMetadata.addInputTensorMetadata(builder, inputVector);
    SubGraphMetadata.addOutputTensorMetadata(builder, outputVector);
    int subgraph = SubGraphMetadata.endSubGraphMetadata(builder);
    int subgraphs =
        org.tensorflow.lite.support.metadata.schema.ModelMetadata.createSubgraphMetadataVector(
            builder, new int[] {subgraph});
    int parser = builder.createString(PARSER);
    org.tensorflow.lite.support.metadata.schema.ModelMetadata.startModelMetadata(builder);
    org.tensorflow.lite.support.metadata.schema.ModelMetadata.addSubgraphMetadata(
        builder, subgraphs);
    org.tensorflow.lite.support.metadata.schema.ModelMetadata.addMinParserVersion(builder, parser);
    org.tensorflow.lite.support.metadata.schema.ModelMetadata.finishModelMetadataBuffer(
        builder,
        org.tensorflow.lite.support.metadata.schema.ModelMetadata.endModelMetadata(builder));
    return builder.sizedByteArray();
  }

  private int input(Program.Port port) {
    int units = normalization();
    int stats = usage.fed().map(r -> stats(r.min(), r.max())).orElse(0);
    int content = content(port);
    int name = builder.createString(port.name());
    TensorMetadata.startTensorMetadata(builder);
    TensorMetadata.addName(builder, name);
    TensorMetadata.addProcessUnits(builder, units);
    TensorMetadata.addStats(builder, stats);
    TensorMetadata.addContent(builder, content);
    return TensorMetadata.endTensorMetadata(builder);
  }

  /** {@code (x·scale − mean)/std} as {@code (x − mean/scale)/(std/scale)}, which readers know. */
  private int normalization() {
    Preprocessing how = usage.preprocessing();
    float[] mean = each(how.mean(), 0, how.scale());
    float[] std = each(how.std(), 1, how.scale());
    int options =
        NormalizationOptions.createNormalizationOptions(
            builder,
            NormalizationOptions.createMeanVector(builder, mean),
            NormalizationOptions.createStdVector(builder, std));
    int unit =
        ProcessUnit.createProcessUnit(builder, ProcessUnitOptions.NormalizationOptions, options);
    return TensorMetadata.createProcessUnitsVector(builder, new int[] {unit});
  }

  private static float[] each(List<Double> values, double otherwise, double scale) {
    List<Double> all = values.isEmpty() ? List.of(otherwise) : values;
    float[] divided = new float[all.size()];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = (float) (all.get(i) / scale);
    }
    return divided;
  }

  private int stats(float min, float max) {
    int most = Stats.createMaxVector(builder, new float[] {max});
    int least = Stats.createMinVector(builder, new float[] {min});
    return Stats.createStats(builder, most, least);
  }

  /** What has three channels is an image; one channel may be anything, unless it is made grey. */
  private int content(Program.Port port) {
    var shape = program.tensor(port.tensor()).shape();
    boolean colour = shape.rank() == 4 && shape.last() == 3 && !usage.preprocessing().bgr();
    if (!colour && !usage.preprocessing().grey()) {
      return 0;
    }
    int image =
        ImageProperties.createImageProperties(
            builder, colour ? ColorSpaceType.RGB : ColorSpaceType.GRAYSCALE, 0);
    return Content.createContent(builder, ContentProperties.ImageProperties, image, 0);
  }

  private int output(Program.Port port) {
    int files = isLabelled(program, usage) ? labels() : 0;
    int stats = range(port.tensor()).map(r -> stats(r.min(), r.max())).orElse(0);
    int name = builder.createString(port.name());
    TensorMetadata.startTensorMetadata(builder);
    TensorMetadata.addName(builder, name);
    TensorMetadata.addStats(builder, stats);
    TensorMetadata.addAssociatedFiles(builder, files);
    return TensorMetadata.endTensorMetadata(builder);
  }

  /** Of outputs whose function has one. */
  private Optional<Range> range(int tensor) {
    return program.operators().stream()
        .filter(o -> o.output() == tensor)
        .findFirst()
        .flatMap(
            o ->
                switch (o.opcode()) {
                  case SOFTMAX, LOGISTIC -> Optional.of(new Range(0, 1));
                  case TANH -> Optional.of(new Range(-1, 1));
                  case QUANTIZE, DEQUANTIZE, RESHAPE -> range(o.inputs().get(0));
                  default -> Optional.empty();
                });
  }

  private int labels() {
    int file =
        AssociatedFile.createAssociatedFile(
            builder, builder.createString(LABELS), 0, AssociatedFileType.TENSOR_AXIS_LABELS, 0, 0);
    return TensorMetadata.createAssociatedFilesVector(builder, new int[] {file});
  }

  /** Whether the one output has a score for each label. */
  private static boolean isLabelled(Program program, Usage usage) {
    return !usage.labels().isEmpty()
        && program.outputs().size() == 1
        && program.tensor(program.outputs().get(0).tensor()).shape().last()
            == usage.labels().size();
  }

  /**
   * The zip that is to follow the model; empty where there is nothing to put into it.
   *
   * @param size of the model: readers take addresses in the zip for those in the file
   */
  static byte[] files(Program program, Usage usage, int size) {
    if (!isLabelled(program, usage)) {
      return new byte[0];
    }
    byte[] labels = String.join("\n", usage.labels()).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(stored(labels));
      zip.write(labels);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return behind(size, bytes.toByteArray());
  }

  /** Not compressed: readers map it. */
  private static ZipEntry stored(byte[] content) {
    ZipEntry entry = new ZipEntry(LABELS);
    entry.setTimeLocal(LONG_AGO);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    return entry;
  }

  /** A zip of one entry with its two addresses moved. */
  private static byte[] behind(int size, byte[] zip) {
    ByteBuffer bytes = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    int directory = zip.length - END_LENGTH + END_DIRECTORY;
    int entry = bytes.getInt(directory) + ENTRY_ADDRESS;
    bytes.putInt(entry, bytes.getInt(entry) + size);
    bytes.putInt(directory, bytes.getInt(directory) + size);
    return zip;
  }
}
