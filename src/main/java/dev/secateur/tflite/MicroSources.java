package dev.secateur.tflite;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A TFLite file as sources for TFLite Micro: the model as a C array, and the resolver ({@code
 * micro_mutable_op_resolver.h}) with the operators that it needs and no others.
 */
public final class MicroSources {
  private static final int BYTES_A_LINE = 12;

  /** Where the method's name is not the operator's in camel case. */
  private static final Map<String, String> METHODS =
      Map.of("BATCH_MATMUL", "BatchMatMul", "CUMSUM", "CumSum", "PADV2", "PadV2");

  private MicroSources() {}

  /**
   * @param name of the model, from which the C identifiers are made
   * @param model the file's bytes
   * @return the text of each source, by its file name
   */
  public static Map<String, String> of(String name, byte[] model, TfliteFootprint footprint) {
    String identifier = identifier(name);
    Map<String, String> sources = new LinkedHashMap<>();
    sources.put(identifier + "_model.h", header(identifier, footprint));
    sources.put(identifier + "_model.c", array(identifier, model));
    sources.put(identifier + "_ops.h", resolver(identifier, footprint.distinctOperators()));
    return sources;
  }

  /** Letters, digits and underscores, no digit first. */
  static String identifier(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "m" + plain : plain;
  }

  private static String header(String identifier, TfliteFootprint footprint) {
    String guard = identifier.toUpperCase(Locale.ROOT) + "_MODEL_H_";
    return """
    #ifndef %1$s
    #define %1$s

    #ifdef __cplusplus
    extern "C" {
    #endif

    /* What the values between the operators take of the arena, beside the runtime's own. */
    #define %2$s_ACTIVATION_BYTES %3$d

    /* A TFLite file, aligned to 16 bytes. */
    extern const unsigned char %4$s_model[];
    extern const unsigned int %4$s_model_len;

    #ifdef __cplusplus
    }
    #endif

    #endif
    """
        .formatted(
            guard, identifier.toUpperCase(Locale.ROOT), footprint.activationBytes(), identifier);
  }

  private static String array(String identifier, byte[] model) {
    StringBuilder text = new StringBuilder();
    text.append("#include \"").append(identifier).append("_model.h\"\n\n");
    text.append("#include <stdalign.h>\n\n");
    text.append("alignas(16) const unsigned char ").append(identifier).append("_model[] = {");
    for (int i = 0; i < model.length; i++) {
      text.append(i % BYTES_A_LINE == 0 ? "\n    " : " ");
      text.append("0x").append(Character.forDigit(model[i] >> 4 & 0xf, 16));
      text.append(Character.forDigit(model[i] & 0xf, 16)).append(',');
    }
    text.append("\n};\nconst unsigned int ").append(identifier).append("_model_len = ");
    return text.append(model.length).append(";\n").toString();
  }

  private static String resolver(String identifier, List<String> operators) {
    StringBuilder text = new StringBuilder();
    String guard = identifier.toUpperCase(Locale.ROOT) + "_OPS_H_";
    text.append("#ifndef ").append(guard).append("\n#define ").append(guard).append("\n\n");
    text.append("#include \"tensorflow/lite/micro/micro_mutable_op_resolver.h\"\n\n");
    String type = "tflite::MicroMutableOpResolver<" + operators.size() + ">";
    text.append("using ").append(identifier).append("_op_resolver = ").append(type).append(";\n\n");
    text.append("inline TfLiteStatus ").append(identifier).append("_add_ops(");
    text.append(identifier).append("_op_resolver& resolver) {\n");
    for (String operator : operators) {
      text.append("  if (resolver.Add").append(method(operator));
      text.append("() != kTfLiteOk) return kTfLiteError;\n");
    }
    return text.append("  return kTfLiteOk;\n}\n\n#endif\n").toString();
  }

  /** {@code CONV_2D} is added by {@code AddConv2D}. */
  static String method(String operator) {
    String known = METHODS.get(operator);
    if (known != null) {
      return known;
    }
    StringBuilder name = new StringBuilder();
    for (String word : operator.split("_")) {
      boolean digits = Character.isDigit(word.charAt(0));
      name.append(word.charAt(0));
      String rest = word.substring(1);
      name.append(digits ? rest : rest.toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}
