package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.Budget;
import dev.secateur.job.CancelledException;
import dev.secateur.job.DirectoryProducts;
import dev.secateur.job.Input;
import dev.secateur.job.Job;
import dev.secateur.job.JobListener;
import dev.secateur.plan.JsonSchema;
import dev.secateur.plan.Plan;
import dev.secateur.result.JobResult;
import dev.secateur.result.Searched;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A search on files, on the project's own example, without training. */
class SearchTest {
  private static final int TRIALS = 6;

  @TempDir Path dir;

  @Test
  void aSearchEndsWithTheBestModelAndTheFront() throws Exception {
    Path out = dir.resolve("out");
    Run run =
        Run.of(
            "compress",
            Run.H5,
            "--representative",
            Run.DATA,
            "--eval",
            Run.DATA,
            "--search",
            "--trials",
            TRIALS,
            "--parallel",
            2,
            "--max-accuracy-drop",
            "0.5",
            "--out",
            out);

    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = new ObjectMapper().readTree(out.resolve("report.json").toFile());
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    JsonNode search = report.get("search");
    JsonNode best = search.get("trials").get(search.get("best").asInt() - 1);
    assertThat(best.get("ending").asText()).isEqualTo("within");
    assertThat(search.get("trials"))
        .filteredOn(t -> t.get("ending").asText().equals("within"))
        .allSatisfy(
            t ->
                assertThat(t.at("/figures/zippedBytes").asLong())
                    .isGreaterThanOrEqualTo(best.at("/figures/zippedBytes").asLong()));
    assertThat(report.at("/plan/pruning")).isEqualTo(best.at("/plan/pruning"));
    assertThat(report.at("/plan/heldOut")).isEqualTo(best.at("/plan/heldOut"));
    assertThat(report.at("/variants/3/sparsity").asDouble())
        .isCloseTo(best.get("sparsity").asDouble(), offset(0.02));
    assertThat(out.resolve(".search")).doesNotExist();
    assertThat(out.resolve("report.html"))
        .content()
        .contains("The search")
        .contains("<title>trial");
  }

  @Test
  void anInterruptedSearchGoesOnAndDecidesTheSame() {
    List<Searched.Tried> whole =
        search("whole", false, () -> false).search().orElseThrow().trials();
    int[] left = {200};
    assertThatThrownBy(() -> search("stopped", false, () -> left[0]-- < 0))
        .isInstanceOf(CancelledException.class);

    JobResult result = search("stopped", true, () -> false);

    assertThat(result.search().orElseThrow().trials().stream().map(SearchTest::point))
        .containsExactlyElementsOf(whole.stream().map(SearchTest::point).toList());
  }

  private static List<Object> point(Searched.Tried trial) {
    return List.of(
        trial.round(),
        trial.sparsity(),
        trial.channels(),
        trial.scheme(),
        trial.figures().map(f -> f.measures() + " " + f.zippedBytes()));
  }

  private JobResult search(String name, boolean resume, BooleanSupplier cancelled) {
    ObjectNode plan = Plan.DEFAULT.document();
    plan.putObject("search").put("trials", TRIALS);
    plan.putObject("acceptance").put("maxAccuracyDrop", 0.1);
    Input data = Input.of(Path.of(Run.DATA));
    Job job =
        new Job(
            "shapes",
            Input.of(Path.of(Run.H5)),
            Optional.empty(),
            Optional.empty(),
            Optional.of(data),
            Optional.of(data),
            Plan.read(plan),
            dir.resolve(name),
            Budget.ofProcess(1));
    SearchProgress silent =
        new SearchProgress(new PrintWriter(new StringWriter()), false, JobListener.NONE);
    return new FileSearch(
            job, resume, 1, new DirectoryProducts(dir.resolve("products")), silent, cancelled)
        .run();
  }
}
