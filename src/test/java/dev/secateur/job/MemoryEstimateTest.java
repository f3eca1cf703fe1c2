package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.secateur.dataset.Allowance;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.keras.KerasSource;
import dev.secateur.plan.Plan;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemoryEstimateTest {
  private static final Path MODEL = Path.of("examples/shapes.keras");
  private static final Path TRAIN = Path.of("examples/shapes.npz");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path directory;

  @Test
  void aLargerBatchNeedsMoreMemory() throws Exception {
    long small = MemoryEstimate.of(KerasSource.of(MODEL), TRAIN, plan(32), Allowance.ofProcess());
    long large = MemoryEstimate.of(KerasSource.of(MODEL), TRAIN, plan(3200), Allowance.ofProcess());
    assertThat(large - small).isGreaterThan(100L << 20);
  }

  @Test
  void aModelThatStatesNoInputShapeIsEstimatedWithItsSamplesShape() throws Exception {
    long stated =
        MemoryEstimate.of(KerasSource.of(MODEL), TRAIN, plan(3200), Allowance.ofProcess());
    assertThat(
            MemoryEstimate.of(
                KerasSource.of(withoutInputShape()), TRAIN, plan(3200), Allowance.ofProcess()))
        .isEqualTo(stated);
  }

  @Test
  void whatCannotBeReadIsLeftToTheChainToExplain() throws Exception {
    long libraries =
        MemoryEstimate.of(KerasSource.of(TRAIN), TRAIN, plan(3200), Allowance.ofProcess());
    assertThat(
            MemoryEstimate.of(
                KerasSource.of(withoutInputShape()), MODEL, plan(3200), Allowance.ofProcess()))
        .isEqualTo(libraries);
  }

  /** Its moments are a matrix of its inputs. */
  @Test
  void aWiderLayerNeedsMoreMemoryToReconstructThanItsWeightsTake() {
    long narrow = MemoryEstimate.ofReconstruction(dense(500));
    long wide = MemoryEstimate.ofReconstruction(dense(4000));
    assertThat(wide - narrow).isGreaterThan(8L * 4000 * 4000 * Double.BYTES / 2);
  }

  private static Graph dense(int inputs) {
    GraphBuilder builder = new GraphBuilder("wide");
    builder.input("x", Shape.of(Shape.UNKNOWN, inputs));
    Tensor kernel = new Tensor(Shape.of(inputs, 2), new float[inputs * 2]);
    builder.weight(new Weight("w", Weight.Role.KERNEL, kernel, true, 0, 0));
    return builder.output("y", builder.add("y", new Op.Dense(), "x", "w")).build();
  }

  private static Plan plan(int batchSize) throws Exception {
    return Plan.read(
        MAPPER.readTree("{\"plan\":{\"fineTuning\":{\"batchSize\":" + batchSize + "}}}"));
  }

  /** The example with null for the height and width of its input. */
  private Path withoutInputShape() throws Exception {
    Path file = directory.resolve("unknown.keras");
    if (Files.exists(file)) {
      return file;
    }
    Files.copy(MODEL, file);
    try (FileSystem zip = FileSystems.newFileSystem(file)) {
      Path config = zip.getPath("config.json");
      JsonNode json = MAPPER.readTree(Files.readAllBytes(config));
      for (JsonNode found : json.findValues("batch_shape")) {
        ((ArrayNode) found).setNull(1);
        ((ArrayNode) found).setNull(2);
      }
      Files.write(config, MAPPER.writeValueAsBytes(json));
    }
    return file;
  }
}
