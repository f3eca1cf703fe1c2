package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobException;
import dev.secateur.keras.architecture.Replacement;
import dev.secateur.result.FailureReason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What stands for Lambda layers, whose code is never run. */
final class ReplaceOptions {
  @Option(
      names = "--replace",
      paramLabel = "NAME=WHAT",
      description = {
        "What the Lambda layer of this name does, since its code is never run:",
        "rescale:SCALE,OFFSET, resize:HEIGHT,WIDTH (bilinear) or identity; may be repeated."
      })
  List<String> replace = List.of();

  /** As the plan has them. */
  void into(ObjectNode plan) {
    if (!replace.isEmpty()) {
      ObjectNode declared = plan.withObject("/replace");
      texts().forEach(declared::put);
    }
  }

  Map<String, Replacement> replacements() {
    Map<String, Replacement> replacements = new LinkedHashMap<>();
    texts().forEach((name, what) -> replacements.put(name, replacement(name, what)));
    return replacements;
  }

  private Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String text : replace) {
      int at = text.lastIndexOf('=');
      if (at < 1) {
        throw invalid(text, "must be NAME=WHAT, WHAT being " + Replacement.FORMS);
      }
      String what = text.substring(at + 1).replace(" ", "");
      replacement(text, what);
      texts.put(text.substring(0, at), what);
    }
    return texts;
  }

  private static Replacement replacement(String given, String what) {
    try {
      return Replacement.of(what);
    } catch (IllegalArgumentException e) {
      throw invalid(given, e.getMessage());
    }
  }

  private static JobException invalid(String given, String problem) {
    return new JobException(FailureReason.PLAN_INVALID, "--replace " + given + ": " + problem);
  }
}
