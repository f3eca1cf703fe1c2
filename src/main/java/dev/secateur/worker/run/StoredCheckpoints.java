package dev.secateur.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.event.EventJson;
import dev.secateur.job.JobCheckpoints;
import dev.secateur.job.Stage;
import dev.secateur.ledger.Tenure;
import dev.secateur.result.Engine;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * An order's checkpoints in the object store, apart for each engine. The data is written first and
 * the manifest last, both under names of their own ({@code <epoch>-<step>}): what has a manifest is
 * complete, and a worker that lost its claim disturbs nobody.
 */
final class StoredCheckpoints implements JobCheckpoints {
  /** Told of what was kept and found. */
  interface Listener {
    void written();

    void restored(Stage stage, int step);
  }

  private static final Logger LOG = Logger.getLogger(StoredCheckpoints.class);
  private static final String MANIFEST = ".json";
  private static final String DATA = ".data";

  /** What is called otherwise is somebody else's, or only being written. */
  private static final Pattern NAME = Pattern.compile("[0-9]{6,18}-[0-9]{9}\\.json");

  private static final int LARGEST_MANIFEST = 1 << 16;

  /** The newest and one to fall back to. */
  private static final int KEPT = 2;

  private final ObjectStore store;
  private final ObjectUri root;

  /** Where its first step stands. */
  private final long beginning;

  private final Tenure tenure;
  private final Pulse pulse;
  private final Path directory;
  private final Duration interval;
  private final Listener listener;

  /**
   * Of a manifest's name. Who wrote it decides, then the training step: an heir goes on from the
   * newest, or has passed it over for good and starts anew.
   */
  private record Name(long epoch, int step) {
    static final Comparator<Name> OLDEST_FIRST =
        Comparator.comparingLong(Name::epoch).thenComparingInt(Name::step);

    static Name of(ObjectUri manifest) {
      String file = manifest.fileName();
      int dash = file.indexOf('-');
      return new Name(
          Long.parseLong(file.substring(0, dash)),
          Integer.parseInt(file.substring(dash + 1, file.length() - MANIFEST.length())));
    }

    @Override
    public String toString() {
      return "%06d-%09d".formatted(epoch, step);
    }
  }

  /**
   * @param refused of what a search has chosen, which each is a job of its own: what was made
   *     before
   */
  StoredCheckpoints(
      ObjectStore store,
      ObjectUri state,
      Tenure tenure,
      int refused,
      Pulse pulse,
      Path directory,
      Duration interval,
      Listener listener) {
    this.store = store;
    this.root =
        state.resolve(
            "checkpoints/"
                + tenure.order().id()
                + "/"
                + Engine.VERSION
                + "/"
                + (refused == 0 ? "" : "choice-" + refused + "/"));
    this.beginning = Pulse.chosen(refused);
    this.tenure = tenure;
    this.pulse = pulse;
    this.directory = directory;
    this.interval = interval;
    this.listener = listener;
  }

  @Override
  public Optional<Path> latest(Stage stage) {
    List<Name> newestFirst = names(stage).stream().sorted(Name.OLDEST_FIRST.reversed()).toList();
    for (Name name : newestFirst) {
      Optional<Path> file = fetch(stage, name);
      if (file.isPresent()) {
        pulse.kept(position(stage, name.step()));
        listener.restored(stage, name.step());
        return file;
      }
    }
    return Optional.empty();
  }

  /** Empty where the manifest's data is gone or is not what the manifest says. */
  private Optional<Path> fetch(Stage stage, Name name) {
    ObjectUri uri = prefix(stage).resolve(name + DATA);
    try {
      Optional<byte[]> manifest =
          store.read(prefix(stage).resolve(name + MANIFEST), LARGEST_MANIFEST);
      Optional<StoredObject> data = store.stat(uri);
      if (manifest.isEmpty() || data.isEmpty()) {
        return Optional.empty();
      }
      JsonNode said = EventJson.parse(manifest.get());
      Path file = directory.resolve(stage.label() + "-" + name + DATA);
      store.download(
          data.get(), Optional.of(said.path("sha256").asText()), said.path("bytes").asLong(), file);
      return Optional.of(file);
    } catch (StoreException e) {
      if (e.passing()) {
        throw e;
      }
      LOG.warnf("checkpoint passed over: %s", e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      LOG.warnf("checkpoint passed over: %s: its manifest is no JSON", uri);
      return Optional.empty();
    }
  }

  /** A checkpoint that cannot be kept is not worth the job: the one before it still counts. */
  @Override
  public void save(Stage stage, int step, State state) {
    Name name = new Name(tenure.epoch(), step);
    Path file = directory.resolve(stage.label() + ".checkpoint");
    try {
      tenure.ensureHeld();
      state.writeTo(file);
      store.upload(file, prefix(stage).resolve(name + DATA));
      store.write(prefix(stage).resolve(name + MANIFEST), manifest(stage, step, file));
      Files.delete(file);
      pulse.kept(position(stage, step));
      listener.written();
    } catch (StoreException | UncheckedIOException | IOException e) {
      String why = e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")";
      LOG.warnf("checkpoint at step %d not kept: %s%s", step, e.getMessage(), why);
      return;
    }
    try {
      deleteOlder(stage);
    } catch (StoreException e) {
      LOG.warnf("older checkpoints left behind: %s", e.getMessage());
    }
  }

  @Override
  public Duration interval() {
    return interval;
  }

  private byte[] manifest(Stage stage, int step, Path file) throws IOException {
    JsonNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("stage", stage.label())
            .put("step", step)
            .put("epoch", tenure.epoch())
            .put("sha256", Digests.sha256(file))
            .put("bytes", Files.size(file));
    return EventJson.bytes(json);
  }

  private void deleteOlder(Stage stage) {
    List<Name> oldestFirst = names(stage).stream().sorted(Name.OLDEST_FIRST).toList();
    oldestFirst.subList(0, Math.max(0, oldestFirst.size() - KEPT)).forEach(n -> delete(stage, n));
  }

  /** The manifest first: what has one is complete. */
  private void delete(Stage stage, Name name) {
    store.delete(prefix(stage).resolve(name + MANIFEST));
    store.delete(prefix(stage).resolve(name + DATA));
  }

  /** How far the last complete one is, whoever wrote it; the beginning where there is none. */
  long furthest() {
    Map<String, Stage> stages = new HashMap<>();
    for (Stage stage : Stage.values()) {
      stages.put(stage.label(), stage);
    }
    return store.list(root).stream()
        .map(StoredObject::uri)
        .filter(uri -> NAME.matcher(uri.fileName()).matches())
        .mapToLong(
            uri -> {
              String[] path = uri.key().substring(root.key().length()).split("/", 2);
              Optional<Stage> stage = Optional.ofNullable(stages.get(path[0]));
              return stage.map(s -> position(s, Name.of(uri).step())).orElse(0L);
            })
        .max()
        .orElse(beginning);
  }

  private long position(Stage stage, int step) {
    return beginning + Pulse.position(stage, step);
  }

  private List<Name> names(Stage stage) {
    return store.list(prefix(stage)).stream()
        .map(StoredObject::uri)
        .filter(uri -> NAME.matcher(uri.fileName()).matches())
        .map(Name::of)
        .toList();
  }

  private ObjectUri prefix(Stage stage) {
    return root.resolve(stage.label() + "/");
  }
}
