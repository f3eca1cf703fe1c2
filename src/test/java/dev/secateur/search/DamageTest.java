package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.search.Surrogate.Known;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What was measured on two networks, first what a search tried, in its order; channels are shares
 * of the weights.
 */
class DamageTest {
  private static final List<String> SCHEMES = List.of("int8", "int8-4", "int4");

  private static List<Known> measured(String network) throws IOException {
    try (InputStream in = DamageTest.class.getResourceAsStream("/search/divergences.csv")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split(","))
          .filter(row -> row[0].equals(network))
          .map(
              row ->
                  new Known(
                      new Point(
                          Double.parseDouble(row[1]),
                          Double.parseDouble(row[2]),
                          row[3],
                          Integer.parseInt(row[4])),
                      Double.parseDouble(row[5])))
          .toList();
    }
  }

  /** The logarithm by which the rest is wrong, root mean square. */
  private static double wrong(String network, int known) throws IOException {
    List<Known> all = measured(network);
    Damage damage = new Damage(all.subList(0, known), SCHEMES);
    return Math.sqrt(
        all.subList(known, all.size()).stream()
            .mapToDouble(k -> Math.log(damage.at(k.point()) / k.value()))
            .map(x -> x * x)
            .average()
            .orElseThrow());
  }

  /** On suheyl three tenths of the weights are free, and half of them are dear. */
  @Test
  void aFewTrialsTellTheRest() throws IOException {
    assertThat(wrong("suheyl", 6)).as("after the probes").isLessThan(1.1);
    assertThat(wrong("suheyl", 10)).as("after another round").isLessThan(0.5);
    assertThat(wrong("resnet8", 6)).as("after the probes").isLessThan(0.5);
  }
}
