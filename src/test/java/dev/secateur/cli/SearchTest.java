package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.DimShapes;
import dev.secateur.job.Budget;
import dev.secateur.job.CancelledException;
import dev.secateur.job.DirectoryProducts;
import dev.secateur.job.Input;
import dev.secateur.job.Job;
import dev.secateur.job.JobException;
import dev.secateur.job.JobListener;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.JsonSchema;
import dev.secateur.plan.Plan;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.Searched;
import java.io.IOException;
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

  private static final Input DATA = Input.of(Path.of(Run.DATA));

  @TempDir Path dir;

  /** On the way, for people. */
  private final StringWriter said = new StringWriter();

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

  @Test
  void whatTheEvaluationSetRefusesIsFollowedByWhatIsNearerToTheOriginal() throws Exception {
    JobResult result = refused("refused", () -> false);

    Searched search = result.search().orElseThrow();
    assertThat(search.refused()).hasSize(3).doesNotContain(search.best());
    assertThat(result.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(report("refused").at("/search/refused")).hasSize(3);
  }

  @Test
  void whereWhatIsToFollowCannotBeMadeTheOneBeforeIsAnsweredWithTheReason() throws Exception {
    JobResult result =
        refused(
            "unmade",
            () -> {
              if (said.toString().contains("refused by the evaluation set")
                  && !said.toString().contains("could not be made")) {
                throw new JobException(FailureReason.CONVERSION_IMPOSSIBLE, "no such operator");
              }
              return false;
            });

    Searched search = result.search().orElseThrow();
    assertThat(result.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(search.refused()).isEmpty();
    assertThat(search.unmade().orElseThrow().reason()).isEqualTo("no such operator");
    JsonNode report = report("unmade");
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    assertThat(report.at("/search/unmade/trial").asInt())
        .isEqualTo(search.unmade().orElseThrow().trial());
    assertThat(dir.resolve("unmade/report.html")).content().contains("no such operator");
  }

  /** What is held out of them decides, and judges the best. */
  @Test
  void unlabelledSamplesAloneAreEnough() throws Exception {
    Input dim = Input.of(DimShapes.write(dir));
    JobResult result = search("alone", Optional.empty(), dim, 6, 0.3, false, () -> false);

    Searched search = result.search().orElseThrow();
    assertThat(result.outcome()).isEqualTo(Outcome.ACCEPTED);
    assertThat(search.trials()).hasSizeGreaterThan(4).allMatch(t -> t.epochs() == 0);
    assertThat(search.front()).isNotEmpty();
    assertThat(search.optimism()).isEmpty();
    assertThat(result.plan().heldOut().orElseThrow().judge()).isEqualTo(Judged.VARIANTS);
  }

  /** On images that all that is small fails at. */
  private JobResult refused(String name, BooleanSupplier cancelled) throws IOException {
    Optional<Input> dim = Optional.of(Input.of(DimShapes.write(dir)));
    return search(name, dim, DATA, 8, 0.05, false, cancelled);
  }

  private JsonNode report(String name) throws IOException {
    return new ObjectMapper().readTree(dir.resolve(name).resolve("report.json").toFile());
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
    return search(name, Optional.of(DATA), DATA, TRIALS, 0.1, resume, cancelled);
  }

  private JobResult search(
      String name,
      Optional<Input> evaluation,
      Input representative,
      int trials,
      double drop,
      boolean resume,
      BooleanSupplier cancelled) {
    ObjectNode plan = Plan.DEFAULT.document();
    plan.putObject("search").put("trials", trials);
    plan.putObject("acceptance").put("maxAccuracyDrop", drop);
    Job job =
        new Job(
            "shapes",
            Input.of(Path.of(Run.H5)),
            Optional.empty(),
            Optional.empty(),
            evaluation,
            Optional.of(representative),
            Plan.read(plan),
            dir.resolve(name),
            Budget.ofProcess(1));
    SearchProgress progress = new SearchProgress(new PrintWriter(said), true, JobListener.NONE);
    return new FileSearch(
            job, resume, 1, new DirectoryProducts(dir.resolve("products")), progress, cancelled)
        .run();
  }
}
