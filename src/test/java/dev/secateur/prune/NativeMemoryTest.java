package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** In a process of its own, which may have only so much memory outside of the Java heap. */
class NativeMemoryTest {
  private static final int ROWS = 700;
  private static final String BYTES = "6000000"; // one square of the rows, not two

  @Test
  void whatCouldNotBeMadeAsAWholeKeepsNothing() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-Dorg.bytedeco.javacpp.maxBytes=" + BYTES,
                    "-Dorg.bytedeco.javacpp.maxRetries=0",
                    NativeMemoryTest.class.getName()))
            .redirectErrorStream(true)
            .start();
    assertThat(output(process)).contains("out of memory, 0 bytes kept");
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  public static void main(String[] arguments) {
    double[] diagonal = new double[ROWS * ROWS];
    for (int i = 0; i < ROWS; i++) {
      diagonal[i * ROWS + i] = 1;
    }
    double[] weights = new double[ROWS];
    Arrays.fill(weights, 1);
    Matrix column = new Matrix(ROWS, 1, weights);
    long before = Pointer.totalBytes();
    try (LayerProblem made =
        new LayerProblem(new Matrix(ROWS, ROWS, diagonal), column, column, 1e9)) {
      System.out.println("made " + made);
    } catch (OutOfMemoryError e) {
      System.out.println("out of memory, " + (Pointer.totalBytes() - before) + " bytes kept");
    }
  }
}
