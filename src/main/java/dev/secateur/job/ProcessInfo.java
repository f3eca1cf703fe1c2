package dev.secateur.job;

import dev.secateur.result.JobResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the operating system says about this process and this machine. */
public final class ProcessInfo {
  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s*(\\d+) kB");
  private static final Pattern MODEL = Pattern.compile("(?m)^model name\\s*:\\s*(.+)$");

  private ProcessInfo() {}

  static JobResult.Process now(int threads) {
    return new JobResult.Process(
        peakMegabytes(),
        threads,
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        machine());
  }

  /** Machines that are called the same compute the same. */
  static String machine() {
    String cpu = match(Path.of("/proc/cpuinfo"), MODEL).orElse(System.getProperty("os.arch"));
    return System.getProperty("os.name")
        + ", "
        + cpu
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors";
  }

  /** Largest resident memory so far, in MiB; empty where there is no {@code /proc}. */
  public static Optional<Double> peakMegabytes() {
    return match(Path.of("/proc/self/status"), PEAK).map(kib -> Long.parseLong(kib) / 1024.0);
  }

  private static Optional<String> match(Path file, Pattern pattern) {
    try {
      Matcher matcher = pattern.matcher(Files.readString(file));
      return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
