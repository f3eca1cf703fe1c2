package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.WorkerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Scaling out and in, measured on packaged workers with one thread each, on a topic of twelve
 * partitions: {@code bench/scale}. Its rows are those of {@code bench/README.md}.
 */
final class ScaleBench {
  private static final int PARTITIONS = 12;
  private static final int JOBS = Integer.getInteger("secateur.bench.jobs", 96);
  private static final int EPOCHS = 4;
  private static final Duration DRAIN = Duration.ofSeconds(60);

  private ScaleBench() {}

  public static void main(String[] arguments) throws Exception {
    LocalServers.get();
    System.out.println("| workers | jobs an hour | drained in | results twice | jobs a worker |");
    System.out.println("|---|---|---|---|---|");
    for (int workers : new int[] {1, 2, 4}) {
      scaleOut(workers);
    }
    scaleIn();
    System.exit(0);
  }

  private static void scaleOut(int workers) throws Exception {
    try (Platform platform = new Platform("scale-" + workers, PARTITIONS)) {
      List<WorkerProcess> processes = start(platform, workers);
      long start = System.nanoTime();
      publish(platform, JOBS);
      Map<String, JsonNode> results = platform.awaitResults(JOBS);
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "| %d | %.0f | %.1f s | %d | %s |%n",
          processes.size(),
          JOBS / seconds * 3600,
          seconds,
          platform.results().size() - results.size(),
          byWorker(results));
    }
  }

  /** Four workers, three of them told to stop while they work. */
  private static void scaleIn() throws Exception {
    try (Platform platform = new Platform("scale-in", PARTITIONS)) {
      List<WorkerProcess> processes = start(platform, 4);
      publish(platform, JOBS);
      platform.awaitResults(JOBS / 6);
      for (WorkerProcess worker : processes.subList(1, 4)) {
        worker.process().signal("TERM");
      }
      for (WorkerProcess worker : processes.subList(1, 4)) {
        worker.process().exitCode(DRAIN);
      }
      Map<String, JsonNode> results = platform.awaitResults(JOBS);
      System.out.printf(
          Locale.ROOT,
          "%nFrom four workers to one in mid-work: %d of %d jobs lost, %d results twice,"
              + " %d jobs went on elsewhere, jobs a worker %s.%n",
          JOBS - results.size(),
          JOBS,
          platform.results().size() - results.size(),
          results.values().stream().filter(r -> r.at("/job/epoch").asInt() > 1).count(),
          byWorker(results));
    }
  }

  private static List<WorkerProcess> start(Platform platform, int workers) throws Exception {
    List<WorkerProcess> processes = new ArrayList<>();
    for (int w = 1; w <= workers; w++) {
      processes.add(platform.worker(platform.name + "-" + w, Map.of()));
    }
    processes.forEach(WorkerProcess::awaitReady);
    return processes;
  }

  private static void publish(Platform platform, int jobs) throws Exception {
    for (int j = 0; j < jobs; j++) {
      platform.publish(platform.job("shapes", "v" + j, EPOCHS));
    }
  }

  private static List<Integer> byWorker(Map<String, JsonNode> results) {
    Map<String, Integer> jobs = new TreeMap<>();
    results.values().forEach(r -> jobs.merge(r.at("/worker/id").asText(), 1, Integer::sum));
    return List.copyOf(jobs.values());
  }
}
