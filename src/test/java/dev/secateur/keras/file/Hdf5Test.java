package dev.secateur.keras.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.Hdf5.GroupAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in HDF5 files, as the systems that wrote them left them. */
class Hdf5Test {
  @TempDir Path directory;

  @Test
  void aGroupWithABackslashInItsNameIsAGroupWithinAGroup() throws IOException {
    Path file = directory.resolve("windows.h5");
    try (Hdf5Writer writer = new Hdf5Writer(file)) {
      writer.dataset("/layers\\dense/vars/0", Shape.of(2), new float[] {1, 2});
      writer.dataset("/layers\\model/layers\\conv2d/vars/0", Shape.of(1), new float[] {3});
      // A model within the model: its own group, and beside it those of its layers.
      writer.dataset("/layers\\base/vars/0", Shape.of(1), new float[] {4});
      writer.dataset("/layers\\base\\layers\\dense/vars/0", Shape.of(1), new float[] {5});
    }
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      GroupAt layers = hdf5.root().group("layers").orElseThrow();
      assertThat(layers.children()).containsExactlyInAnyOrder("dense", "model", "base");
      float[] dense = new float[2];
      layers.group("dense").orElseThrow().dataset("vars/0").orElseThrow().readInto(dense);
      assertThat(dense).containsExactly(1, 2);
      assertThat(layers.group("model/layers/conv2d").orElseThrow().dataset("vars/0")).isPresent();
      GroupAt base = layers.group("base").orElseThrow();
      assertThat(base.children()).containsExactlyInAnyOrder("vars", "layers");
      assertThat(base.dataset("vars/0")).isPresent();
      assertThat(base.group("layers/dense").orElseThrow().dataset("vars/0")).isPresent();
      assertThat(hdf5.root().datasets()).hasSize(4);
      assertThat(layers.group("conv")).isEmpty();
    }
  }

  @Test
  void namesOutsideAsciiAreRead() throws IOException {
    Path file = directory.resolve("names.h5");
    List<String> names = List.of("entrée", "入力", "свёртка");
    try (Hdf5Writer writer = new Hdf5Writer(file)) {
      for (String name : names) {
        writer.dataset("/" + name + "/kernel", Shape.of(1), new float[] {1});
      }
      writer.attribute("/", "layer_names", names);
    }
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      assertThat(hdf5.root().texts("layer_names")).contains(names);
      names.forEach(n -> assertThat(hdf5.root().group(n)).as(n).isPresent());
    }
  }
}
