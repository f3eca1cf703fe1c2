package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many networks are measured at once is bounded by their memory. */
class SensitivityTest {
  private static final long BOUND = 1L << 30;

  @ParameterizedTest
  @CsvSource({"16, 32, 12", "16, 32, 1", "4096, 32, 12", "4096, 200000, 64", "12000, 32, 64"})
  void asManyAsThreadsOrAsFitIntoTheBoundButOne(int width, int batch, int threads) {
    Graph network = dense(width);
    int atOnce = Sensitivity.width(network, batch, threads);
    long bytes = Sensitivity.bytes(network, batch, threads);
    long each = bytes / atOnce;

    assertThat(atOnce).isBetween(1, threads);
    assertThat(each).isGreaterThan(2L * Float.BYTES * width * width);
    assertThat(atOnce == 1 || bytes <= BOUND).isTrue();
    assertThat(atOnce == threads || bytes + each > BOUND).isTrue();
  }

  private static Graph dense(int width) {
    GraphBuilder builder = new GraphBuilder("wide");
    builder.input("x", Shape.of(Shape.UNKNOWN, width));
    Tensor kernel = new Tensor(Shape.of(width, width), new float[width * width]);
    builder.weight(new Weight("w", Weight.Role.KERNEL, kernel, true, 0, 0));
    return builder.output("y", builder.add("y", new Op.Dense(), "x", "w")).build();
  }
}
