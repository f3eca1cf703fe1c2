package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.plan.FineTuning.Precision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessorTest {
  private static final String AVX2 = "fpu sse4_1 avx avx2 fma f16c avx2";
  private static final String AVX512 = AVX2 + " avx512f avx512dq avx512bw avx512vl avx512_vnni";
  private static final String BF16 = AVX512 + " avx512_bf16";
  private static final String AMX = BF16 + " amx_tile amx_int8 amx_bf16";

  private static Processor processor(String flags, Map<String, String> environment) {
    return Processor.of(
        List.of("processor\t: 0", "model name\t: X", "flags\t\t: " + flags, "bugs\t\t: amx_bf16"),
        environment);
  }

  private static String flags(String name) {
    return switch (name) {
      case "avx2" -> AVX2;
      case "avx512" -> AVX512;
      case "bf16" -> BF16;
      case "amx" -> AMX;
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** What is asked for is left alone, but where TensorFlow would not do it. */
  @ParameterizedTest
  @CsvSource({"avx2, FLOAT32", "avx512, BFLOAT16", "bf16, BFLOAT16", "amx, BFLOAT16"})
  void theProcessorDecides(String name, Precision bfloat16) {
    Processor processor = processor(flags(name), Map.of());
    assertThat(processor.precision(Optional.empty())).isEqualTo(Precision.FLOAT32);
    assertThat(processor.precision(Optional.of(Precision.BFLOAT16))).isEqualTo(bfloat16);
    assertThat(processor.precision(Optional.of(Precision.FLOAT32))).isEqualTo(Precision.FLOAT32);
  }

  @ParameterizedTest
  @CsvSource({
    "ONEDNN_MAX_CPU_ISA, AVX2, FLOAT32",
    "ONEDNN_MAX_CPU_ISA, AVX2_VNNI_2, FLOAT32",
    "DNNL_MAX_CPU_ISA, sse41, FLOAT32",
    "ONEDNN_MAX_CPU_ISA, AVX512_CORE, BFLOAT16",
    "ONEDNN_MAX_CPU_ISA, avx512_core_vnni, BFLOAT16",
    "ONEDNN_MAX_CPU_ISA, AVX512_CORE_BF16, BFLOAT16",
    "ONEDNN_MAX_CPU_ISA, AVX512_CORE_AMX, BFLOAT16",
    "ONEDNN_MAX_CPU_ISA, DEFAULT, BFLOAT16",
    "TF_ENABLE_ONEDNN_OPTS, 1, BFLOAT16",
    "TF_ENABLE_ONEDNN_OPTS, 0, FLOAT32"
  })
  void theEnvironmentMayForbid(String name, String value, Precision bfloat16) {
    Processor processor = processor(AMX, Map.of(name, value));
    assertThat(processor.precision(Optional.empty())).isEqualTo(Precision.FLOAT32);
    assertThat(processor.precision(Optional.of(Precision.BFLOAT16))).isEqualTo(bfloat16);
  }

  @Test
  void whereNothingIsSaidItIsFloat32() {
    assertThat(Processor.of(List.of(), Map.of()).precision(Optional.empty()))
        .isEqualTo(Precision.FLOAT32);
  }
}
