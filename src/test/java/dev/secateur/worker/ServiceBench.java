package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** The service's figures, measured on packaged workers: {@code bench/service}. */
final class ServiceBench {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int STARTS = Integer.getInteger("secateur.bench.starts", 5);
  private static final int SMALL_JOBS = Integer.getInteger("secateur.bench.jobs", 200);
  private static final int EARLY = 20;
  private static final int QUEUE = Integer.getInteger("secateur.bench.queue", 60);
  private static final double MEGABYTE = 1 << 20;
  private static final double CLOCK_TICKS = 100;

  /** What tests shorten, as it is in production. */
  private static final Map<String, String> PRODUCTION =
      Map.of(
          "secateur.claim.heartbeat", "10s",
          "secateur.claim.expiry", "60s",
          "secateur.jobs.checkpoint-interval", "10s",
          "mp.messaging.incoming.registered.session.timeout.ms", "45000",
          "mp.messaging.incoming.registered.heartbeat.interval.ms", "3000");

  private ServiceBench() {}

  public static void main(String[] arguments) throws Exception {
    LocalServers.get();
    if (STARTS > 0) {
      starts();
    }
    if (SMALL_JOBS > 0) {
      smallJobs();
    }
    double one = throughput(1);
    double two = throughput(2);
    print("two workers over one, one thread each", "%.2f x", two / one);
    System.exit(0);
  }

  private static void print(String what, String format, Object... values) {
    System.out.printf(Locale.ROOT, "| %s | " + format + " |%n", prepend(what, values));
  }

  private static Object[] prepend(Object first, Object[] rest) {
    List<Object> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(rest));
    return all.toArray();
  }

  private static void starts() throws Exception {
    List<Double> seconds = new ArrayList<>();
    List<Double> idle = new ArrayList<>();
    try (Platform platform = new Platform("starts", 1)) {
      for (int i = 0; i < STARTS; i++) {
        long start = System.nanoTime();
        try (WorkerProcess worker = platform.worker("starts-" + i, PRODUCTION)) {
          worker.awaitReady();
          worker
              .process()
              .await(
                  "started",
                  Duration.ofSeconds(30),
                  () -> worker.status("/q/health/started") == 200);
          seconds.add((System.nanoTime() - start) / 1e9);
          LockSupport.parkNanos(Duration.ofSeconds(5).toNanos());
          idle.add(resident(worker) / MEGABYTE);
        }
      }
    }
    print("process start to ready, median of " + STARTS, "%.2f s", median(seconds));
    print("resident memory when idle, before the first job", "%.0f MB", median(idle));
  }

  private static void smallJobs() throws Exception {
    try (Platform platform = new Platform("small", 1)) {
      WorkerProcess worker = platform.worker("small-1", PRODUCTION).awaitReady();
      List<Double> added = new ArrayList<>();
      double early = 0;
      for (int j = 1; j <= SMALL_JOBS; j++) {
        int jobs = j;
        long start = System.nanoTime();
        platform.publish(platform.job("shapes", "v" + j, 1));
        platform.await("result", () -> platform.distinctResults().size() == jobs);
        double whole = (System.nanoTime() - start) / 1e9;
        if (j > EARLY && j <= EARLY + 20) {
          added.add(1e3 * (whole - engineSeconds(platform, "v" + j)));
        }
        early = j == EARLY ? resident(worker) / MEGABYTE : early;
      }
      double late = resident(worker) / MEGABYTE;
      print("added to a job by the service, median of 20 warm jobs", "%.0f ms", median(added));
      print("resident after job " + EARLY, "%.0f MB", early);
      print("resident after job " + SMALL_JOBS, "%.0f MB (%.2f x)", late, late / early);
    }
  }

  /** The stages' own times, as the report has them. */
  private static double engineSeconds(Platform platform, String version) throws IOException {
    JsonNode result =
        platform.distinctResults().values().stream()
            .filter(r -> r.at("/model/version").asText().equals(version))
            .findFirst()
            .orElseThrow();
    byte[] report =
        platform
            .store
            .read(ObjectUri.of(result.at("/report/json").asText()), 1 << 22)
            .orElseThrow();
    double sum = 0;
    for (JsonNode stage : MAPPER.readTree(report).path("stages")) {
      sum += stage.path("seconds").asDouble();
    }
    return sum;
  }

  /** Jobs a second of a queue that is there when the warm workers begin on it. */
  private static double throughput(int workers) throws Exception {
    try (Platform platform = new Platform("queue-" + workers, 12)) {
      List<WorkerProcess> processes = new ArrayList<>();
      for (int w = 1; w <= workers; w++) {
        processes.add(platform.worker("queue-" + workers + "-" + w, PRODUCTION));
      }
      processes.forEach(WorkerProcess::awaitReady);
      // Each worker's first jobs load TensorFlow and warm the JVM.
      int warm = 12 * workers;
      for (int j = 0; j < warm; j++) {
        platform.publish(platform.job("warm", "v" + j, 1));
      }
      platform.awaitResults(warm);
      double before = processorSeconds(processes);
      double beforeOurs = processorSeconds(ProcessHandle.current().pid());
      long start = System.nanoTime();
      for (int j = 0; j < QUEUE * workers; j++) {
        platform.publish(platform.job("shapes", "v" + j, 4));
      }
      platform.awaitResults(warm + QUEUE * workers);
      double rate = QUEUE * workers / ((System.nanoTime() - start) / 1e9);
      print(
          "processor time a job, " + workers + " worker(s)",
          "%.2f s of the workers, %.2f s of broker, store and bench",
          (processorSeconds(processes) - before) / (QUEUE * workers),
          (processorSeconds(ProcessHandle.current().pid()) - beforeOurs) / (QUEUE * workers));
      print("small jobs of 4 epochs, " + workers + " worker(s)", "%.0f jobs an hour", rate * 3600);
      return rate;
    }
  }

  private static double processorSeconds(List<WorkerProcess> workers) throws IOException {
    double sum = 0;
    for (WorkerProcess worker : workers) {
      sum += processorSeconds(worker.process().pid());
    }
    return sum;
  }

  /** User and system time of a process, proc(5). */
  private static double processorSeconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / CLOCK_TICKS;
  }

  private static double resident(WorkerProcess worker) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + worker.process().pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
