package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.plan.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MicroSourcesTest {
  @TempDir Path folder;

  private static TfliteModel model() {
    Graph graph = Networks.resNet();
    Calibration calibration =
        new Calibrator(1).calibrate(graph, List.of(List.of(Networks.samples(graph, 4, 1))));
    return TfliteCompiler.int8(graph, calibration, Quantization.DEFAULT, Networks.METADATA);
  }

  @ParameterizedTest
  @CsvSource({
    "CONV_2D, Conv2D",
    "DEPTHWISE_CONV_2D, DepthwiseConv2D",
    "FULLY_CONNECTED, FullyConnected",
    "AVERAGE_POOL_2D, AveragePool2D",
    "L2_NORMALIZATION, L2Normalization",
    "RELU6, Relu6",
    "PADV2, PadV2",
    "SELECT_V2, SelectV2",
    "BATCH_MATMUL, BatchMatMul",
    "RESIZE_NEAREST_NEIGHBOR, ResizeNearestNeighbor",
    "SPACE_TO_BATCH_ND, SpaceToBatchNd"
  })
  void anOperatorIsAddedByTheMethodThatTfliteMicroHasForIt(String operator, String method) {
    assertThat(MicroSources.method(operator)).isEqualTo(method);
  }

  @ParameterizedTest
  @CsvSource({"int8, int8", "my model-2, my_model_2", "2nd, m2nd", "größe, gr__e"})
  void identifiersAreThoseOfC(String name, String identifier) {
    assertThat(MicroSources.identifier(name)).isEqualTo(identifier);
  }

  /** Compiled and run: the array is the file, byte for byte, and aligned. */
  @Test
  void theArrayIsTheFile() throws Exception {
    TfliteModel model = model();
    write(model);
    String main =
        """
        #include "net_model.h"
        #include <stdint.h>
        #include <stdio.h>
        int main(void) {
          if ((uintptr_t)net_model % 16 != 0) return 3;
          fwrite(net_model, 1, net_model_len, stdout);
          return 0;
        }
        """;
    Files.writeString(folder.resolve("main.c"), main);
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "net_model.c", "main.c", "-o", "main");
    Process process =
        new ProcessBuilder(folder.resolve("main").toString())
            .redirectOutput(folder.resolve("out").toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    assertThat(Files.readAllBytes(folder.resolve("out"))).isEqualTo(model.toByteArray());
  }

  /** Against a header with the names of TFLite Micro's own and nothing behind them. */
  @Test
  void theResolverAddsEachOperatorThatTheFileNeeds() throws Exception {
    write(model());
    Path micro = Files.createDirectories(folder.resolve("tensorflow/lite/micro"));
    StringBuilder header = new StringBuilder("#pragma once\nenum TfLiteStatus { kTfLiteOk,");
    header.append(" kTfLiteError };\nnamespace tflite {\n");
    header.append("template <unsigned int count> struct MicroMutableOpResolver {\n");
    header.append("  unsigned int added = 0;\n");
    for (String name :
        List.of(
            "Add",
            "AveragePool2D",
            "Conv2D",
            "Dequantize",
            "FullyConnected",
            "Quantize",
            "Reshape",
            "Softmax")) {
      header.append("  TfLiteStatus Add" + name);
      header.append("() { return ++added > count ? kTfLiteError : kTfLiteOk; }\n");
    }
    Files.writeString(micro.resolve("micro_mutable_op_resolver.h"), header + "};\n}\n");
    String main =
        """
        #include "net_ops.h"
        #include "net_model.h"
        int main() {
          net_op_resolver resolver;
          return net_add_ops(resolver) == kTfLiteOk && resolver.added == 8 ? 0 : 1;
        }
        """;
    Files.writeString(folder.resolve("main.cc"), main);
    run("g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-I.", "main.cc", "-o", "main");
    assertThat(new ProcessBuilder(folder.resolve("main").toString()).start().waitFor()).isZero();
  }

  private void write(TfliteModel model) throws IOException {
    Map<String, String> sources =
        MicroSources.of("net", model.toByteArray(), TfliteFootprint.of(model));
    assertThat(sources).containsOnlyKeys("net_model.h", "net_model.c", "net_ops.h");
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Files.writeString(folder.resolve(source.getKey()), source.getValue());
    }
  }

  private void run(String... command) throws Exception {
    assumeTrue(onPath(command[0]), () -> command[0] + " is absent: the sources are not compiled");
    Process process =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
  }

  private static boolean onPath(String program) {
    for (String place : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }
}
