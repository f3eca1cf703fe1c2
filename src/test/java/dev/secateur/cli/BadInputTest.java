package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.NpzFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong: one line that says so, exit code 2, and nothing written. */
class BadInputTest {
  @TempDir Path dir;

  private Path out() {
    return dir.resolve("out");
  }

  private void refused(Run run, String... messages) {
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains(messages).doesNotContain("\tat ");
    assertThat(out()).doesNotExist();
  }

  private Run compress(Object model, Object data, Object... more) {
    Object[] arguments = {"compress", model, "--train", data, "--out", out(), "-q"};
    Object[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Run.of(all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sparsity=1.0|/pruning/finalSparsity: must be below 1",
        "--initial-sparsity=-0.1|/pruning/initialSparsity: must be at least 0",
        "--begin-step=-1|/pruning/beginStep: must be at least 0",
        "--end-step=-5|/pruning/endStep: must be at least 0",
        "--end-step=soon|/pruning/endStep: must be of type integer, not string",
        "--frequency=0|/pruning/frequency: must be at least 1",
        "--epochs=-1|/fineTuning/epochs: must be at least 0",
        "--batch-size=0|/fineTuning/batchSize: must be at least 1",
        "--learning-rate=0|/fineTuning/learningRate: must be above 0",
        "--validation-split=1|/fineTuning/validationSplit: must be below 1",
        "--optimizer=lion|/fineTuning/optimizer: must be one of",
        "--recipe=best|/fineTuning/recipe: must be one of",
        "--std=0|/preprocessing/std/0: must be above 0",
        "--mean=1,2|mean has 2 numbers for 1 channels",
        "--representative-samples=0|/representative/samples: must be at least 1",
        "--input-type=int4|/quantization/inputType: must be one of",
        "--max-accuracy-drop=2|/acceptance/maxAccuracyDrop: must be at most 1",
        // Tests do without a cache, and so ask for two things here.
        "--cache=there|--no-cache: contradicts --cache DIR",
        "--threads=0|--threads: must be 1 or more",
        "--epochs=many|Invalid value for option '--epochs'",
        "--bogus|Unknown option: '--bogus'",
      })
  void wrongOptionIsNamed(String option, String message) {
    refused(compress(Run.H5, Run.DATA, option), message);
  }

  @Test
  void endBeforeBeginIsNamed() {
    refused(
        compress(Run.H5, Run.DATA, "--begin-step=100", "--end-step=50"),
        "/pruning/endStep: must not be before beginStep 100");
  }

  @Test
  void planThatIsNoJsonIsNamed() throws IOException {
    Path plan = Files.writeString(dir.resolve("plan.json"), "{");
    refused(compress(Run.H5, Run.DATA, "--plan", plan), "plan.json: is no JSON");
    refused(compress(Run.H5, Run.DATA, "--plan", dir.resolve("none")), "none: cannot be read");
  }

  @Test
  void modelThatIsMissingEmptyTruncatedOrForeignIsNamed() throws IOException {
    refused(compress(dir.resolve("none.h5"), Run.DATA), "none.h5");
    Path empty = Files.createFile(dir.resolve("empty.h5"));
    refused(compress(empty, Run.DATA), "empty.h5");
    byte[] whole = Files.readAllBytes(Path.of(Run.H5));
    Path half = Files.write(dir.resolve("half.h5"), Arrays.copyOf(whole, whole.length / 2));
    refused(compress(half, Run.DATA), "half.h5");
    refused(compress(Run.DATA, Run.DATA), "shapes.npz");
  }

  @Test
  void dataThatDoesNotFitIsNamed() throws IOException {
    Path wide = dir.resolve("wide.npz");
    try (NpzFixture npz = new NpzFixture(wide, true)) {
      npz.bytes("x", "(1, 16, 16, 3)", new int[768]).int64("y", "(1,)", 0);
    }
    refused(compress(Run.H5, wide, "--eval", wide), "wide.npz: x", "--grey");
    Path labels = dir.resolve("labels.npz");
    try (NpzFixture npz = new NpzFixture(labels, true)) {
      npz.bytes("x", "(1, 16, 16, 1)", new int[256]).int64("y", "(1,)", 6);
    }
    refused(compress(Run.H5, labels, "--eval", labels), "labels.npz", "sample 0", "6 classes");
    Path whole = dir.resolve("whole.npz");
    try (NpzFixture npz = new NpzFixture(whole, true)) {
      npz.bytes("x", "(1, 16, 16, 1)", new int[256]).int64("y", "(1,)", 0);
    }
    refused(compress(Run.H5, whole), "whole.npz: has no part for evaluation", "--eval");
    Path pickle = dir.resolve("pickle.npz");
    try (NpzFixture npz = new NpzFixture(pickle, true)) {
      npz.add("x", "|O", "(1,)", new byte[] {4});
    }
    refused(compress(Run.H5, pickle, "--eval", pickle), "pickle.npz: x", "pickle");
    refused(compress(Run.H5, dir.resolve("none.npz")), "none.npz: cannot be read");
  }

  @Test
  void outputThatIsAFileOrLiesInOneIsNamed() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    Run run = Run.of("compress", Run.H5, "--train", Run.DATA, "--out", file.resolve("out"), "-q");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("cannot be written").doesNotContain("\tat ");
    assertThat(Files.size(file)).isZero();
  }

  @Test
  void int8WithoutRepresentativeSamplesIsRefused() {
    refused(Run.of("convert", Run.H5, "--out", out(), "--int8"), "--representative");
  }

  @Test
  void unknownCommandSuggestsTheRightOne() {
    Run run = Run.of("compres");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("compress");
  }
}
