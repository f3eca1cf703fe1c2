package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.graph.Graph;
import dev.secateur.plan.JsonSchema;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Quantization.IoType;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteFootprint.Peak;
import dev.secateur.tflite.TfliteFootprint.Run;
import dev.secateur.tflite.TfliteFootprint.Sized;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceTest {
  private static final Device SMALL = Device.named("cortex-m4").orElseThrow();
  private static final Device TPU = Device.named("edge-tpu").orElseThrow();
  private static final List<String> INT8 = List.of("int8", "int8", "int32", "int8");

  private static TfliteFootprint file(long bytes, long activations, Run... runs) {
    return new TfliteFootprint(
        bytes,
        new Sized("dense/kernel", 1 + bytes / 2),
        activations,
        List.of(runs),
        new Peak("CONV_2D", new Sized("relu", activations / 2)));
  }

  private static TfliteFootprint quantized(Scheme scheme, IoType io) {
    Graph graph = Networks.resNet();
    Calibration calibration =
        new Calibrator(1).calibrate(graph, List.of(List.of(Networks.samples(graph, 4, 1))));
    return TfliteFootprint.of(
        Lowered.of(graph)
            .quantized(
                scheme,
                Optional.of(calibration),
                new Quantization(io, io, false),
                Networks.METADATA));
  }

  @Test
  void aPlanNamesThoseThatAreKnown() throws Exception {
    List<String> named = new ArrayList<>();
    new ObjectMapper()
        .readTree(JsonSchema.text("plan.v1.json"))
        .at("/properties/device/enum")
        .forEach(n -> named.add(n.asText()));
    assertThat(named).isEqualTo(Device.names());
    assertThat(Device.named("toaster")).isEmpty();
  }

  @Test
  void whatIsWithinAllBoundsFits() {
    assertThat(SMALL.misfits(file(1 << 20, 1 << 18, new Run("CONV_2D", "y", INT8)))).isEmpty();
    assertThat(SMALL.misfits(quantized(Scheme.INT8, IoType.FLOAT32))).isEmpty();
    assertThat(TPU.misfits(quantized(Scheme.INT8, IoType.INT8))).isEmpty();
  }

  @Test
  void whatDoesNotFitIsNamed() {
    assertThat(SMALL.misfits(file((1 << 20) + 1, (1 << 18) + 1, new Run("CONV_2D", "y", INT8))))
        .containsExactly(
            "the file has 1,048,577 bytes, of which dense/kernel takes 524,289; cortex-m4 has room"
                + " for 1,048,576",
            "activations take 262,145 bytes, most at CONV_2D, where relu takes 131,072; cortex-m4"
                + " has 262,144 of RAM");
    assertThat(TPU.misfits(file(1, 1 << 30))).isEmpty();
  }

  @Test
  void anOperatorThatTheRuntimeLacksIsNamedOnce() {
    Run gelu = new Run("GELU", "gelu", List.of("int8", "int8"));
    assertThat(SMALL.misfits(file(1, 1, gelu, gelu)))
        .containsExactly("GELU (gelu): TFLite Micro has no such operator");
  }

  @Test
  void anOperatorThatIsThereInFloatOnlyIsNamedWhereItIsQuantized() {
    assertThat(SMALL.misfits(file(1, 1, new Run("EXP", "y", List.of("int8", "int8")))))
        .containsExactly("EXP (y): TFLite Micro computes it in float32 only");
    assertThat(SMALL.misfits(file(1, 1, new Run("EXP", "y", List.of("float32", "float32")))))
        .isEmpty();
  }

  @Test
  void numbersThatTheRuntimeDoesNotComputeWithAreNamed() {
    assertThat(TPU.misfits(quantized(Scheme.INT8, IoType.FLOAT32)))
        .anyMatch(why -> why.contains("does not compute with float32"))
        .anyMatch(why -> why.startsWith("DEQUANTIZE"));
    Run hybrid = new Run("CONV_2D", "y", List.of("float32", "int8", "float32", "float32"));
    assertThat(SMALL.misfits(file(1, 1, hybrid)))
        .containsExactly("CONV_2D (y): TFLite Micro does not compute float32 with kernels of int8");
    Run packed = new Run("CONV_2D", "y", List.of("int8", "int4", "int32", "int8"));
    assertThat(SMALL.misfits(file(1, 1, packed))).isEmpty();
    assertThat(Device.named("ethos-u55").orElseThrow().misfits(file(1, 1, packed)))
        .containsExactly("CONV_2D (y): the Ethos-U55 does not compute with int4");
  }
}
