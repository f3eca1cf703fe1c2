package dev.secateur.worker.run;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What this process holds in memory and what it may hold, in bytes. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Control groups, version 2 and version 1. */
  private static final List<Path> LIMITS =
      List.of(
          Path.of("/sys/fs/cgroup/memory.max"),
          Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

  private final MemoryMXBean jvm = ManagementFactory.getMemoryMXBean();
  private final long limit;

  ProcessMemory(OptionalLong configured) {
    this.limit = configured.orElseGet(ProcessMemory::ofContainer);
  }

  /** What the process may hold. */
  long limit() {
    return limit;
  }

  /** What is left for native libraries when the heap has grown as far as it may. */
  long beyondHeap() {
    return Math.max(0, limit - Runtime.getRuntime().maxMemory());
  }

  /** Resident set; 0 where the system does not say. */
  long resident() {
    return field("VmRSS:");
  }

  /** Resident memory beyond what the JVM committed: TensorFlow's and the libraries'. */
  long beyondJvm() {
    long committed =
        jvm.getHeapMemoryUsage().getCommitted() + jvm.getNonHeapMemoryUsage().getCommitted();
    return Math.max(0, resident() - committed);
  }

  private static long field(String name) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(name))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private static long ofContainer() {
    return LIMITS.stream()
        .map(ProcessMemory::number)
        .flatMap(Optional::stream)
        .min(Long::compare)
        .map(l -> Math.min(l, ofMachine()))
        .orElseGet(ProcessMemory::ofMachine);
  }

  private static Optional<Long> number(Path file) {
    try {
      return Optional.of(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException e) {
      // No such control group, or "max": no limit of its own.
      return Optional.empty();
    }
  }

  private static long ofMachine() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize()
        : Long.MAX_VALUE;
  }
}
