package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.lite.support.metadata.MetadataExtractor;
import org.tensorflow.lite.support.metadata.schema.AssociatedFileType;
import org.tensorflow.lite.support.metadata.schema.NormalizationOptions;
import org.tensorflow.lite.support.metadata.schema.TensorMetadata;

/** Read by TFLite's own library. */
class TfliteMetadataTest {
  private static final Preprocessing TORCH =
      new Preprocessing(1 / 255.0, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  private static ModelMetadata metadata(Preprocessing preprocessing, String... labels) {
    return new ModelMetadata(
        "test",
        "",
        Map.of(),
        Optional.of(new Usage(preprocessing, List.of(labels), Optional.of(new Range(-2, 3)))));
  }

  private static Graph classes(int count) {
    Networks n = new Networks(1);
    String scores =
        n.dense("scores", n.add("flat", new Op.Reshape(Shape.of(48)), n.input(1, 4, 4, 3)), count);
    return n.build(n.add("softmax", new Op.Activate(new Activation.Softmax(1)), scores));
  }

  private static MetadataExtractor extractor(TfliteModel model) throws IOException {
    MetadataExtractor extractor = new MetadataExtractor(model.buffer());
    assertThat(extractor.hasMetadata()).isTrue();
    assertThat(extractor.isMinimumParserVersionSatisfied()).isTrue();
    return extractor;
  }

  @ParameterizedTest
  @EnumSource(Scheme.class)
  void everyFileSaysHowItIsFedAndWhatItSays(Scheme scheme) throws IOException {
    Graph graph = classes(3);
    Tensor x = Networks.samples(graph, 4, 1);
    Calibration calibration = new Calibrator(1).calibrate(graph, List.of(List.of(x)));
    TfliteModel model =
        Lowered.of(graph)
            .quantized(
                scheme,
                Optional.of(calibration),
                Quantization.DEFAULT,
                metadata(TORCH, "cat", "dog", "plätzchen"));
    MetadataExtractor extractor = extractor(model);
    TensorMetadata input = extractor.getInputTensorMetadata(0);
    assertThat(input.name()).isEqualTo(graph.inputs().get(0).name());
    assertThat(input.stats().min(0)).isEqualTo(-2);
    assertThat(input.stats().max(0)).isEqualTo(3);
    NormalizationOptions norm =
        (NormalizationOptions) input.processUnits(0).options(new NormalizationOptions());
    for (int c = 0; c < 3; c++) {
      assertThat(norm.mean(c)).isEqualTo((float) (TORCH.mean().get(c) * 255));
      assertThat(norm.std(c)).isEqualTo((float) (TORCH.std().get(c) * 255));
    }
    TensorMetadata output = extractor.getOutputTensorMetadata(0);
    assertThat(output.stats().max(0)).isEqualTo(1);
    assertThat(output.associatedFiles(0).type()).isEqualTo(AssociatedFileType.TENSOR_AXIS_LABELS);
    assertThat(extractor.getAssociatedFileNames()).containsExactly("labels.txt");
    String labels =
        new String(
            extractor.getAssociatedFile("labels.txt").readAllBytes(), StandardCharsets.UTF_8);
    assertThat(labels.split("\n")).containsExactly("cat", "dog", "plätzchen");
    assertThat(Networks.run(model, x).get(0).shape().last()).isEqualTo(3);
  }

  @Test
  void labelsThatAreNotTheOutputsAreLeftOut() throws IOException {
    TfliteModel model =
        Lowered.of(classes(4)).float32(metadata(Preprocessing.NONE, "cat", "dog", "bird"));
    MetadataExtractor extractor = extractor(model);
    assertThat(extractor.getOutputTensorMetadata(0).associatedFilesLength()).isZero();
    NormalizationOptions norm =
        (NormalizationOptions)
            extractor.getInputTensorMetadata(0).processUnits(0).options(new NormalizationOptions());
    assertThat(norm.mean(0)).isZero();
    assertThat(norm.std(0)).isEqualTo(1);
  }

  @Test
  void equalFilesHaveEqualBytes() {
    Lowered lowered = Lowered.of(classes(3));
    assertThat(lowered.float32(metadata(TORCH, "a", "b", "c")).toByteArray())
        .isEqualTo(lowered.float32(metadata(TORCH, "a", "b", "c")).toByteArray());
  }
}
