package dev.secateur.train;

import dev.secateur.plan.FineTuning.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What oneDNN, which does TensorFlow's arithmetic, has to compute with on this machine. Linux says
 * it in {@code /proc/cpuinfo}; where nothing says so, the processor has nothing.
 *
 * @param flags of the processor, in Linux' words
 * @param limit the instruction set that oneDNN may use at most, in its own words ({@code
 *     ONEDNN_MAX_CPU_ISA}); empty: any
 * @param oneDnn whether TensorFlow uses oneDNN at all
 */
record Processor(Set<String> flags, Optional<String> limit, boolean oneDnn) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final String DNNL = "DNNL_MAX_CPU_ISA";

  /** oneDNN's names of x64 instruction sets that do not have AVX-512. */
  private static final List<String> WITHOUT_AVX512 =
      List.of("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2");

  static Processor current() {
    return of(cpuinfo(), System.getenv());
  }

  /**
   * @param lines of {@code /proc/cpuinfo}
   */
  static Processor of(List<String> lines, Map<String, String> environment) {
    Set<String> flags =
        lines.stream()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .map(line -> words(line.substring(line.indexOf(':') + 1)))
            .orElse(Set.of());
    return new Processor(
        flags,
        Stream.of("ONEDNN_MAX_CPU_ISA", DNNL)
            .flatMap(name -> Stream.ofNullable(environment.get(name)))
            .map(name -> name.toUpperCase(Locale.ROOT))
            .findFirst(),
        !"0".equals(environment.get("TF_ENABLE_ONEDNN_OPTS")));
  }

  private static Set<String> words(String text) {
    return Set.copyOf(List.of(text.strip().split("\\s+")));
  }

  private static List<String> cpuinfo() {
    try {
      return Files.readAllLines(CPUINFO);
    } catch (IOException e) {
      // Another system: bfloat16 is then the plan's to ask for.
      return List.of();
    }
  }

  /**
   * The precision that a run computes in.
   *
   * @param asked empty: the one that loses no accuracy
   */
  Precision precision(Optional<Precision> asked) {
    Precision wanted = asked.orElse(Precision.FLOAT32);
    return wanted == Precision.BFLOAT16 && !knowsBfloat16() ? Precision.FLOAT32 : wanted;
  }

  /** At all: TensorFlow computes in float32 elsewhere, whatever is asked. */
  private boolean knowsBfloat16() {
    return oneDnn && limit.filter(WITHOUT_AVX512::contains).isEmpty() && flags.contains("avx512f");
  }
}
