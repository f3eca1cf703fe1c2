package dev.secateur.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobListener;
import dev.secateur.job.Stage;
import dev.secateur.result.Training;
import dev.secateur.result.Variant;
import dev.secateur.search.Trial;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Work;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Turns what the chain says into progress events, meters, spans and log lines. Used by the job's
 * thread alone.
 */
final class ProgressReporter implements JobListener, StoredCheckpoints.Listener {
  /** The worker's own stages, before and after the chain's. */
  private static final String FETCH = JobMeters.FETCH;

  private static final String PUSH = JobMeters.PUSH;

  /** Of an order that is a search: what comes before all other stages. */
  static final String SEARCH = "search";

  private static final long KEPT = 1000;

  /** The part of a search's time that its trials take. */
  private static final double SEARCHING = 0.95;

  private static final Logger LOG = Logger.getLogger(ProgressReporter.class);
  private static final long EVENT_INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

  /** What share of a job's time each stage usually takes. */
  private static final Map<String, Double> SHARES = shares();

  private final JobMeters meters;
  private final Work work;
  private final Pulse pulse;
  private final Tracer tracer;
  private final Context parent;
  private final int batchSize;
  private final Consumer<ObjectNode> events;
  private final ObjectNode template;

  private String stage = FETCH;
  private Optional<Span> span = Optional.empty();
  private long stageStart;
  private long lastEvent;
  private int lastStep;

  /** Of a search, the trials that were told of last. */
  private int lastTried = -1;

  /** What is done before this job begins: where a search led to it. */
  private double begun;

  /** The part that this job is of the whole. */
  private double share = 1;

  /**
   * @param template what each progress event starts with: job, model, worker, engine
   * @param events takes the data of an event
   */
  ProgressReporter(
      JobMeters meters,
      Work work,
      Pulse pulse,
      Tracer tracer,
      Context parent,
      int batchSize,
      ObjectNode template,
      Consumer<ObjectNode> events) {
    this.meters = meters;
    this.work = work;
    this.pulse = pulse;
    this.tracer = tracer;
    this.parent = parent;
    this.batchSize = batchSize;
    this.template = template;
    this.events = events;
  }

  @Override
  public void started(Stage started) {
    begin(started.label());
  }

  @Override
  public void finished(Stage finished, Duration took) {
    end();
  }

  void begin(String name) {
    end();
    stage = name;
    stageStart = System.nanoTime();
    lastStep = 0;
    meters.stageStarted(name);
    span = Optional.of(tracer.spanBuilder("stage " + name).setParent(parent).startSpan());
    LOG.infof("stage %s", name);
    moved(before(name), 0);
    send(0, Optional.empty());
    StageGate.pass(name);
  }

  /** What is kept of a search with so many trials, in steps of those that were only begun. */
  static long kept(int ended) {
    return KEPT * ended;
  }

  /**
   * A search has got on.
   *
   * @param tried trials that have ended
   * @param most trials that there will be
   */
  void searching(int tried, int most, Optional<Trial> best) {
    if (span.isEmpty() || !stage.equals(SEARCH)) {
      end();
      stage = SEARCH;
      stageStart = System.nanoTime();
      meters.stageStarted(SEARCH);
      span = Optional.of(tracer.spanBuilder("stage " + SEARCH).setParent(parent).startSpan());
    }
    double done = SEARCHING * tried / most;
    work.progressed(done);
    pulse.at(SEARCH, 0, done);
    pulse.kept(kept(tried));
    if (tried == lastTried) {
      return;
    }
    lastTried = tried;
    ObjectNode data = template.deepCopy();
    data.put("stage", SEARCH).put("stageIndex", 1).put("stages", 2).put("progress", done);
    ObjectNode search = data.putObject("search").put("tried", tried).put("most", most);
    best.ifPresent(
        trial -> {
          Trial.Found found = trial.found().orElseThrow();
          search
              .putObject("best")
              .put("trial", trial.number())
              .put("within", found.within())
              .put("bytes", found.bytes())
              .put("zippedBytes", found.zippedBytes());
        });
    events.accept(data);
  }

  /**
   * What a search has chosen is made: in half of the time that is left, since it may be refused.
   *
   * @param made how many were before
   */
  void making(int made) {
    share = (1 - SEARCHING) / (2 << made);
    begun = 1 - 2 * share;
    StageGate.pass("choice-" + made);
  }

  /** Ends the running stage, if one runs. */
  void end() {
    if (span.isPresent()) {
      span.get().end();
      span = Optional.empty();
      meters.stageEnded(stage, Duration.ofNanos(System.nanoTime() - stageStart));
    }
  }

  @Override
  public void step(Step step) {
    int fresh = Math.max(0, step.step() - lastStep);
    meters.trained(fresh, fresh * batchSize);
    lastStep = step.step();
    work.trained(step.epoch(), step.sparsity());
    double done = (double) step.step() / Math.max(1, step.steps());
    moved(before(stage) + done * SHARES.getOrDefault(stage, 0.0), step.step());
    if (System.nanoTime() - lastEvent >= EVENT_INTERVAL_NANOS || step.step() == step.steps()) {
      send(done, Optional.of(step));
    }
  }

  @Override
  public void written() {
    meters.checkpointWritten();
  }

  /** The steps before were another worker's. */
  @Override
  public void restored(Stage of, int step) {
    LOG.infof("resumed in stage %s after step %d", of.label(), step);
    lastStep = step;
    meters.checkpointRestored();
  }

  @Override
  public void epoch(Training.Epoch epoch) {
    LOG.infof(
        "epoch: loss %.4f, accuracy %s, sparsity %.3f",
        epoch.loss(), epoch.accuracy().map(Object::toString).orElse("-"), epoch.sparsity());
  }

  @Override
  public void measured(Variant variant) {
    String top1 = variant.top1().map(Object::toString).orElse("-");
    LOG.infof("%s: top-1 %s, %d bytes", variant.name(), top1, variant.bytes());
    moved(before(stage), 0);
  }

  private void moved(double done, int step) {
    work.progressed(ofAll(done));
    pulse.at(stage, position(step), ofAll(done));
  }

  private double ofAll(double done) {
    return begun + share * done;
  }

  /** The worker's own stages come before and after all of the chain's. */
  private long position(int step) {
    for (Stage known : Stage.values()) {
      if (known.label().equals(stage)) {
        return Pulse.position(known, step);
      }
    }
    return stage.equals(FETCH) ? 0 : Pulse.position(Stage.REPORT, Integer.MAX_VALUE);
  }

  @Override
  public void warned(String message) {
    LOG.warn(message);
  }

  private void send(double ofStage, Optional<Step> training) {
    lastEvent = System.nanoTime();
    ObjectNode data = template.deepCopy();
    data.put("stage", stage);
    data.put("stageIndex", SHARES.keySet().stream().toList().indexOf(stage) + 1);
    data.put("stages", SHARES.size());
    data.put(
        "progress", Math.min(1, ofAll(before(stage) + ofStage * SHARES.getOrDefault(stage, 0.0))));
    training.ifPresent(
        step ->
            data.putObject("training")
                .put("step", step.step())
                .put("steps", step.steps())
                .put("epoch", step.epoch())
                .put("epochs", step.epochs())
                .put("loss", step.loss())
                .put("sparsity", step.sparsity()));
    events.accept(data);
  }

  private static double before(String name) {
    double sum = 0;
    for (Map.Entry<String, Double> share : SHARES.entrySet()) {
      if (share.getKey().equals(name)) {
        return sum;
      }
      sum += share.getValue();
    }
    return sum;
  }

  private static Map<String, Double> shares() {
    Map<String, Double> shares = new LinkedHashMap<>();
    shares.put(FETCH, 0.04);
    for (Stage stage : Stage.values()) {
      shares.put(
          stage.label(),
          switch (stage) {
            case FINE_TUNE -> 0.60;
            case EVALUATE_ORIGINAL -> 0.08;
            case EVALUATE -> 0.10;
            case QUANTIZE -> 0.06;
            case LOAD, SAVE, CONVERT, REPORT -> 0.02;
          });
    }
    shares.put(PUSH, 0.04);
    return shares;
  }
}
