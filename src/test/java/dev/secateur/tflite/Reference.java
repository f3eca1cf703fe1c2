package dev.secateur.tflite;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/** A model of {@code ../shared} with what the official converter made of it and answered. */
record Reference(String name, Path folder, Path model) {
  static final Path SHARED = Path.of("..", "shared").toAbsolutePath().normalize();

  static final List<String> NAMES =
      List.of(
          "edano_cnn_cifar10",
          "face_mini_xception_fer2013_102",
          "mlperf_ad01_dense_ae",
          "mlperf_resnet8_cifar10",
          "mlperf_streaming_wakeword",
          "mlperf_vww_mobilenetv1_96",
          "netspresso_mobilenetv1_cifar100_compressed",
          "onepixel_lenet_cifar10",
          "onepixel_resnet32_cifar10",
          "suheyl_cnn_cifar10_logits",
          "teachablemachine_waste_mobilenetv2");

  /** Skips the test, visibly, where the file is absent. */
  static Reference of(String name) {
    assumeTrue(Files.isDirectory(SHARED), () -> "../shared is absent: " + name + " not compared");
    Path folder = SHARED.resolve("reference").resolve(name);
    assumeTrue(Files.exists(folder.resolve("io.npz")), () -> folder + " is absent");
    try (Stream<Path> models = Files.list(SHARED.resolve("models"))) {
      Path model =
          models
              .filter(m -> m.getFileName().toString().startsWith(name + "."))
              .sorted(Comparator.reverseOrder())
              .findFirst()
              .orElseThrow();
      return new Reference(name, folder, model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  dev.secateur.graph.Graph graph() {
    return KerasReader.read(model).graph();
  }

  Tensor array(String array) {
    return npz(folder.resolve("io.npz"), array);
  }

  Calibration calibration() {
    return new Calibrator(2).calibrate(graph(), batches(array("rep"), 10));
  }

  /** A float32 or uint8 array, or integer labels, as float32. */
  static Tensor npz(Path file, String array) {
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream in = zip.getInputStream(zip.getEntry(array + ".npy"))) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int length = bytes.getShort(8);
      byte[] header = new byte[length];
      bytes.position(10);
      bytes.get(header);
      String text = new String(header, StandardCharsets.ISO_8859_1);
      Matcher shape = Pattern.compile("'shape': \\(([^)]*)\\)").matcher(text);
      if (!shape.find()) {
        throw new IllegalStateException(file + ": " + text);
      }
      List<Integer> dims = new ArrayList<>();
      for (String dim : shape.group(1).split(",")) {
        if (!dim.isBlank()) {
          dims.add(Integer.parseInt(dim.trim()));
        }
      }
      Shape s = new Shape(dims);
      float[] values = new float[(int) s.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            text.contains("<f4")
                ? bytes.getFloat()
                : text.contains("|u1")
                    ? bytes.get() & 0xff
                    : text.contains("<i8") ? bytes.getLong() : bytes.getInt();
      }
      return new Tensor(s, values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<List<Tensor>> batches(Tensor all, int size) {
    List<List<Tensor>> batches = new ArrayList<>();
    int count = all.shape().dim(0);
    int perSample = all.values().length / count;
    for (int from = 0; from < count; from += size) {
      int n = Math.min(size, count - from);
      float[] values = new float[n * perSample];
      System.arraycopy(all.values(), from * perSample, values, 0, values.length);
      batches.add(List.of(new Tensor(all.shape().withBatch(n), values)));
    }
    return batches;
  }

  static Tensor predict(TfliteInterpreter interpreter, Tensor x) {
    List<Tensor> parts = new ArrayList<>();
    for (List<Tensor> batch : batches(x, 50)) {
      parts.add(interpreter.predict(batch).get(0));
    }
    int total = parts.stream().mapToInt(p -> p.values().length).sum();
    float[] values = new float[total];
    int at = 0;
    for (Tensor part : parts) {
      System.arraycopy(part.values(), 0, values, at, part.values().length);
      at += part.values().length;
    }
    return new Tensor(parts.get(0).shape().withBatch(x.shape().dim(0)), values);
  }
}
