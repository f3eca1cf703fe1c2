package dev.secateur.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files of sets end in a set or in a typed error, within the limits. {@code bench/fuzz}
 * runs many more in a process of its own, in 512 MB.
 */
class SetMutationTest {
  private static final int MUTATIONS = 60;
  private static final Path SETS = Path.of("src/test/resources/dataset");

  @TempDir Path temporary;

  @Test
  void everyDamagedFileIsASetOrATypedError() throws IOException {
    for (Map.Entry<String, List<Path>> kind : kinds().entrySet()) {
      Tally tally = run(kind.getValue(), 0, MUTATIONS, temporary);
      assertThat(tally.fouls()).isEmpty();
      // Damage that never reaches a refusal, or that leaves no set at all, would prove little.
      assertThat(tally.refused()).as(kind.getKey()).isGreaterThan(MUTATIONS / 10);
      assertThat(tally.sets()).as(kind.getKey()).isGreaterThan(MUTATIONS / 50);
    }
  }

  private record Tally(int sets, int refused, List<String> fouls) {}

  private static Tally run(List<Path> files, int from, int to, Path directory) throws IOException {
    int sets = 0;
    int refused = 0;
    List<String> fouls = new ArrayList<>();
    for (int seed = from; seed < to; seed++) {
      Path file = files.get(seed % files.size());
      Path damaged = directory.resolve("damaged");
      Files.write(damaged, new SetMutations(seed).mutate(Files.readAllBytes(file)));
      Reading reading = Reading.ofSet(damaged);
      if (reading.foul().isPresent()) {
        fouls.add("seed " + seed + " of " + file.getFileName() + ": " + reading.foul().get());
      } else if (reading.refusal().isPresent()) {
        refused++;
      } else {
        sets++;
      }
    }
    return new Tally(sets, refused, fouls);
  }

  /** Those of each kind that are whole. */
  private static Map<String, List<Path>> kinds() throws IOException {
    Map<String, List<Path>> kinds = new TreeMap<>();
    for (String kind : List.of("tfrecord", "parquet", "webdataset")) {
      try (Stream<Path> files = Files.list(SETS.resolve(kind))) {
        kinds.put(
            kind,
            files
                .filter(f -> f.toString().matches(".*\\.(tfrecord|parquet|tar)(\\.gz)?"))
                .filter(f -> Reading.ofSet(f).refusal().isEmpty())
                .sorted()
                .toList());
      }
    }
    return kinds;
  }

  /** {@code bench/fuzz}: [first seed] [count of each kind]. */
  public static void main(String[] args) throws IOException {
    int from = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    int count = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
    Path directory = Files.createTempDirectory("secateur-fuzz");
    int fouls = 0;
    for (Map.Entry<String, List<Path>> kind : kinds().entrySet()) {
      long started = System.nanoTime();
      Tally tally = run(kind.getValue(), from, from + count, directory);
      tally.fouls().forEach(System.out::println);
      fouls += tally.fouls().size();
      System.out.printf(
          "%s: %,d mutations in %,d s: %,d sets, %,d typed errors, %,d fouls%n",
          kind.getKey(),
          count,
          (System.nanoTime() - started) / 1_000_000_000,
          tally.sets(),
          tally.refused(),
          tally.fouls().size());
    }
    System.exit(fouls == 0 ? 0 : 1);
  }
}
