package dev.secateur.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.secateur.plan.ChannelTarget;
import java.util.Locale;
import java.util.Optional;

/**
 * What removing channels has made of the network, for one sample.
 *
 * @param of what a share was asked of
 * @param asked the share; empty for as much as the acceptance allows
 * @param macs multiplications and additions
 * @param weights numbers
 * @param memory the most values that are held at once
 */
public record Narrowed(
    ChannelTarget.Of of,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> asked,
    Change macs,
    Change weights,
    Change memory) {

  /** A number of the network as it came in, and as it is. */
  public record Change(long before, long after) {
    /** The share that is gone. */
    public double removed() {
      return before == 0 ? 0 : 1 - (double) after / before;
    }
  }

  /** What was asked for, in words. */
  public String wish() {
    return asked
            .map(share -> String.format(Locale.ROOT, "%.1f %%", 100 * share))
            .orElse("as much as the acceptance allows")
        + " of "
        + of.label();
  }

  /** The share that is gone of what it was asked of. */
  public double reached() {
    return switch (of) {
      case MACS -> macs.removed();
      case BYTES -> weights.removed();
      case MEMORY -> memory.removed();
      case BOTH -> Math.min(macs.removed(), weights.removed());
    };
  }
}
