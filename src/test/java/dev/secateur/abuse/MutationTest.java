package dev.secateur.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files end in a model or in a typed error, within the limits. {@code bench/fuzz} runs many
 * more in a process of its own, in 512 MB.
 */
class MutationTest {
  private static final int MUTATIONS = 500;

  @TempDir Path temporary;

  @Test
  void everyDamagedFileIsAModelOrATypedError() throws IOException {
    List<Path> files = files();
    assumeFalse(
        files.isEmpty(), "neither examples nor ../shared/models are here: nothing to damage");
    Tally tally = run(files, 0, MUTATIONS, temporary);
    assertThat(tally.fouls()).isEmpty();
    // Damage that never reaches a refusal, or that leaves no model at all, would prove little.
    assertThat(tally.refused()).isGreaterThan(MUTATIONS / 10);
    assertThat(tally.models()).isGreaterThan(MUTATIONS / 100);
  }

  @Test
  void everyDamagedSavedModelIsAModelOrATypedError() throws IOException {
    int mutations = 200;
    Tally tally = savedModels(0, mutations, temporary);
    assertThat(tally.fouls()).isEmpty();
    assertThat(tally.refused()).isGreaterThan(mutations / 10);
    assertThat(tally.models()).isGreaterThan(mutations / 50);
  }

  private record Tally(int models, int refused, List<String> fouls) {}

  private static Tally run(List<Path> files, int from, int to, Path directory) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(Files.readAllBytes(file));
    }
    return run(
        seed -> files.get(seed % files.size()).getFileName().toString(),
        seed -> new Mutations(seed).mutate(contents.get(seed % contents.size())),
        from,
        to,
        directory);
  }

  /** In zips, as they are registered. */
  private static Tally savedModels(int from, int to, Path directory) throws IOException {
    List<Path> saved;
    try (Stream<Path> tiny = Files.list(Path.of("src", "test", "resources", "tiny"))) {
      saved = tiny.map(t -> t.resolve("model.tf")).filter(Files::isDirectory).sorted().toList();
    }
    List<Map<String, byte[]>> contents = new ArrayList<>();
    for (Path model : saved) {
      Map<String, byte[]> files = new TreeMap<>();
      try (Stream<Path> all = Files.walk(model)) {
        for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
          files.put(model.relativize(file).toString(), Files.readAllBytes(file));
        }
      }
      contents.add(files);
    }
    return run(
        seed -> saved.get(seed % saved.size()).getParent().getFileName().toString(),
        seed -> Mutations.zipped(new Mutations(seed).mutate(contents.get(seed % contents.size()))),
        from,
        to,
        directory);
  }

  private static Tally run(
      IntFunction<String> name, IntFunction<byte[]> damaging, int from, int to, Path directory)
      throws IOException {
    int models = 0;
    int refused = 0;
    List<String> fouls = new ArrayList<>();
    for (int seed = from; seed < to; seed++) {
      Path damaged = directory.resolve("damaged");
      Files.write(damaged, damaging.apply(seed));
      Reading reading = Reading.of(damaged);
      if (reading.foul().isPresent()) {
        fouls.add("seed " + seed + " of " + name.apply(seed) + ": " + reading.foul().get());
      } else if (reading.refusal().isPresent()) {
        refused++;
      } else {
        models++;
      }
    }
    return new Tally(models, refused, fouls);
  }

  /** Five small real files, or else the project's own examples. */
  private static List<Path> files() throws IOException {
    Path shared = Path.of("..", "shared", "models");
    List<Path> files =
        Stream.of(
                "dl4j_keras1_cnn_tf.h5",
                "silencer_conv_autoencoder_mnist.h5",
                "mlperf_streaming_wakeword.h5",
                "face_mini_xception_fer2013_102.hdf5",
                "edano_cnn_cifar10.keras")
            .map(shared::resolve)
            .filter(Files::exists)
            .toList();
    if (!files.isEmpty() || !Files.isDirectory(Path.of("examples"))) {
      return files;
    }
    try (Stream<Path> examples = Files.walk(Path.of("examples"))) {
      return examples.filter(f -> f.toString().matches(".*\\.(h5|keras)")).sorted().toList();
    }
  }

  /** {@code bench/fuzz}: files|savedmodels [first seed] [count]. */
  public static void main(String[] args) throws IOException {
    boolean saved = args[0].equals("savedmodels");
    int from = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    int count = args.length > 2 ? Integer.parseInt(args[2]) : saved ? 1000 : 10_000;
    Path directory = Files.createTempDirectory("secateur-fuzz");
    long started = System.nanoTime();
    List<String> fouls = new ArrayList<>();
    int models = 0;
    int refused = 0;
    for (int seed = from; seed < from + count; seed += 100) {
      // A crash of the process leaves the hundred in which it happened on the screen.
      System.out.print("\rseed " + seed);
      int to = Math.min(seed + 100, from + count);
      Tally tally = saved ? savedModels(seed, to, directory) : run(files(), seed, to, directory);
      models += tally.models();
      refused += tally.refused();
      tally.fouls().forEach(f -> System.out.println("\r" + f));
      fouls.addAll(tally.fouls());
    }
    System.out.printf(
        "\r%,d mutations in %,d s: %,d models, %,d typed errors, %,d fouls%n",
        count, (System.nanoTime() - started) / 1_000_000_000, models, refused, fouls.size());
    System.exit(fouls.isEmpty() ? 0 : 1);
  }
}
