package dev.secateur.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import dev.secateur.job.FewSamples;
import dev.secateur.job.KerasFileCheck;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.KerasWriter;
import dev.secateur.keras.file.KerasFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model without some of its channels is a model of Keras like any other, in both kinds of file.
 */
class NarrowedTest {
  @TempDir static Path directory;

  /** Larger ones say nothing that smaller ones do not. */
  private static final long MOST_BYTES = 1_500_000;

  /** One of each kind of layer, and what has models or layers within. */
  @TestFactory
  Stream<DynamicNode> everyKindOfModelIsWrittenWithoutChannels() {
    List<String> groups = new ArrayList<>();
    List<Fixture> chosen =
        Fixtures.load().orElse(List.of()).stream()
            .filter(f -> f.source().file().toFile().length() <= MOST_BYTES)
            .filter(f -> f.group().startsWith("Nested") || groups.indexOf(f.group()) < 0)
            .filter(f -> groups.add(f.group()))
            .toList();
    return chosen.stream().map(f -> DynamicTest.dynamicTest(f.toString(), () -> check(f)));
  }

  /** Channels first, nested, with Keras 1's names: what people have. */
  @TestFactory
  Stream<DynamicNode> realFilesAreWrittenWithoutChannels() throws IOException {
    Path models = Path.of("..", "shared", "models");
    if (!Files.isDirectory(models)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(models)) {
      return files
          .sorted()
          .<DynamicNode>map(
              f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> checkReal(f)))
          .toList()
          .stream();
    }
  }

  private static void checkReal(Path file) {
    KerasModel model;
    try {
      model = KerasReader.read(file);
    } catch (KerasException e) {
      return;
    }
    Optional<Graph> narrow = narrow(model, 1);
    assumeTrue(narrow.isPresent());
    KerasModel resized = model.resized(narrow.get());
    List<Tensor> inputs = FewSamples.of(narrow.get(), Optional.empty());
    for (KerasFormat format : List.of(KerasFormat.H5, KerasFormat.KERAS)) {
      Path written = directory.resolve("real" + format.extension());
      Graph read = KerasWriter.write(resized, resized.graph(), written, format);
      new KerasFileCheck(inputs, 1).equal(written, read, narrow.get());
    }
  }

  private static void check(Fixture fixture) {
    assertThat(wrong(fixture, directory)).isEqualTo(Verdict.PASSED);
  }

  private static String wrong(Fixture fixture, Path directory) {
    KerasModel model = Comparison.read(fixture);
    Optional<Graph> narrow = narrow(model, fixture.name().hashCode());
    if (narrow.isEmpty()) {
      return Verdict.PASSED;
    }
    KerasModel resized = model.resized(narrow.get());
    Comparison comparison = new Comparison(fixture);
    for (KerasFormat format : List.of(KerasFormat.H5, KerasFormat.KERAS)) {
      Path file = directory.resolve("narrow" + format.extension());
      try {
        KerasWriter.write(resized, resized.graph(), file, format);
      } catch (KerasException e) {
        try { // what cannot be written anyhow need not be
          KerasWriter.write(model, model.graph(), file, format);
        } catch (KerasException same) {
          continue;
        }
        throw e;
      }
      KerasSource source =
          model.graph().inputs().size() == 1
              ? KerasSource.of(file).withInputShape(model.graph().inputs().get(0).shape())
              : KerasSource.of(file);
      String wrong =
          comparison.floats(
              comparison.predict(KerasReader.read(source).graph()),
              comparison.predict(narrow.get()));
      if (!wrong.equals(Verdict.PASSED)) {
        return format + ": " + wrong;
      }
    }
    return Verdict.PASSED;
  }

  /** The network without about half of the channels of each group, where any can go. */
  static Optional<Graph> narrow(KerasModel model, long seed) {
    Channels channels = Channels.of(model.graph(), model.fixedLayers());
    Random random = new Random(seed);
    BitSet removed = new BitSet();
    for (ChannelGroup group : channels.groups()) {
      List<Integer> units = new ArrayList<>(group.units());
      Collections.shuffle(units, random);
      units.subList(0, units.size() / 2).forEach(removed::set);
    }
    return removed.isEmpty() ? Optional.empty() : Optional.of(channels.without(removed));
  }
}
