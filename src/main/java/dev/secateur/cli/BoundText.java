package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bound on a measure as {@code --accept} takes it: {@code mae<=3}, {@code miou>=0.6}, or beside
 * the original, {@code r2>=original-0.05} and {@code mae<=original+0.5}.
 */
final class BoundText {
  private static final Pattern BOUND =
      Pattern.compile(
          "\\s*(?<name>[^<>]+?)\\s*(?<relation><=|>=)\\s*"
              + "(?:original\\s*(?<sign>[+-])\\s*)?(?<number>-?[0-9.]+(?:[eE][+-]?[0-9]+)?)\\s*");

  private BoundText() {}

  /**
   * Adds bounds to a plan's {@code acceptance.bounds}, which is left to judge the names. They take
   * the place of the document's own; of two that say the same side of one measure, none is meant.
   */
  static void into(ObjectNode bounds, List<String> texts) {
    Map<String, String> said = new HashMap<>();
    for (String text : texts) {
      String side = into(bounds, text);
      String before = said.putIfAbsent(side, text);
      if (before != null) {
        throw new JobException(
            FailureReason.PLAN_INVALID,
            "--accept: "
                + before
                + " and "
                + text
                + " bound the same side of one measure (leave one out)");
      }
    }
  }

  /** Which side of which measure it bounds. */
  private static String into(ObjectNode bounds, String text) {
    Matcher matcher = BOUND.matcher(text);
    if (!matcher.matches()) {
      throw wrong(text);
    }
    boolean least = matcher.group("relation").equals(">=");
    String sign = matcher.group("sign");
    if (sign != null && sign.equals("-") != least) {
      throw wrong(text);
    }
    String field = sign == null ? (least ? "min" : "max") : least ? "maxDrop" : "maxRise";
    String name = matcher.group("name");
    ObjectNode bound =
        bounds.get(name) instanceof ObjectNode there ? there : bounds.putObject(name);
    try {
      bound.put(field, Double.parseDouble(matcher.group("number")));
      return name + " " + field;
    } catch (NumberFormatException e) {
      throw wrong(text);
    }
  }

  private static JobException wrong(String text) {
    return new JobException(
        FailureReason.PLAN_INVALID,
        "--accept: "
            + text
            + ": is no bound (write 'mae<=3', 'miou>=0.6', 'r2>=original-0.05' or"
            + " 'mae<=original+0.5')");
  }
}
