package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.WorkerProcess;
import dev.secateur.job.Stage;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds workers to the checkpoints of those that were killed before them: what the store has at a
 * worker's death, against what the next ones say in their logs.
 */
final class Resumptions {
  /** For the workers' console: which order a line is about. */
  static final String LOG_FORMAT = "%X{order} %s%n%e";

  private static final Pattern RESUMED =
      Pattern.compile("(\\w+) resumed in stage fine-tune after step (\\d+)");
  private static final Pattern TRAINS = Pattern.compile("(\\w+) (epoch: .*|stage save)");

  private final Platform platform;

  /** The step that each unfinished job's next training must at least start from. */
  private final Map<String, Integer> expected = new HashMap<>();

  private int seen;
  private int epochs;

  Resumptions(Platform platform) {
    this.platform = platform;
  }

  /** After a worker's death: what it left behind is to be taken up. */
  void expect() {
    ObjectUri checkpoints = platform.state.resolve("checkpoints/");
    for (StoredObject object : platform.store.list(checkpoints)) {
      String[] path = object.uri().key().substring(checkpoints.key().length()).split("/");
      boolean complete = path[2].equals(Stage.FINE_TUNE.label()) && path[3].endsWith(".json");
      if (complete && platform.store.stat(result(path[0])).isEmpty()) {
        expected.merge(path[0], step(path[3]), Math::max);
      }
    }
  }

  private ObjectUri result(String order) {
    return platform.state.resolve("results/" + order);
  }

  /** Of {@code <epoch>-<step>.json}. */
  private static int step(String manifest) {
    return Integer.parseInt(manifest.substring(manifest.indexOf('-') + 1, manifest.indexOf('.')));
  }

  /** Reads what a worker did that has come to its end. */
  void ended(WorkerProcess worker) {
    worker.process().output().lines().forEach(this::read);
  }

  private void read(String line) {
    Matcher resumed = RESUMED.matcher(line);
    if (resumed.matches()) {
      Integer step = expected.remove(resumed.group(1));
      if (step != null) {
        assertThat(Integer.parseInt(resumed.group(2))).as(line).isGreaterThanOrEqualTo(step);
        seen++;
      }
    }
    Matcher trains = TRAINS.matcher(line);
    if (trains.matches()) {
      assertThat(expected).as("started over: " + line).doesNotContainKey(trains.group(1));
      epochs += trains.group(2).startsWith("epoch") ? 1 : 0;
    }
  }

  /** How often a checkpoint was there, and was resumed from. */
  int seen() {
    return seen;
  }

  /** Epochs of training, all workers together. */
  int epochs() {
    return epochs;
  }

  @Override
  public String toString() {
    return "a checkpoint was there, and was resumed from, %d times; %d epochs of training"
        .formatted(seen, epochs);
  }
}
