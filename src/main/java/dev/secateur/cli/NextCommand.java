package dev.secateur.cli;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The one command under which a model that was refused is taken, where there is such a command. */
final class NextCommand {
  /** What can be said beside the file. */
  private static final Set<Kind> SAID =
      EnumSet.of(Kind.WEIGHTS_ONLY, Kind.EXECUTES_CODE, Kind.INPUT_SHAPE_UNKNOWN);

  private NextCommand() {}

  /**
   * @param model as it was given
   * @param reasons all that it was refused for
   */
  static Optional<String> of(String model, List<Reason> reasons) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    reasons.forEach(r -> kinds.add(r.kind()));
    if (kinds.equals(EnumSet.of(Kind.LFS_POINTER))) {
      return Optional.of("git lfs pull --include " + quoted(model));
    }
    if (kinds.isEmpty() || !SAID.containsAll(kinds)) {
      return Optional.empty();
    }
    Set<String> words = new LinkedHashSet<>(List.of("./secateur", "inspect", quoted(model)));
    reasons.forEach(r -> words.add(option(r)));
    return Optional.of(String.join(" ", new ArrayList<>(words)));
  }

  private static String option(Reason reason) {
    return switch (reason.kind()) {
      case WEIGHTS_ONLY -> "--architecture model.json";
      case INPUT_SHAPE_UNKNOWN -> "--input-shape HEIGHT,WIDTH,CHANNELS";
      default -> "--replace " + quoted(reason.place()) + "=rescale:SCALE,OFFSET";
    };
  }

  /** For a shell. */
  private static String quoted(String word) {
    return word.matches("[\\w./:=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
