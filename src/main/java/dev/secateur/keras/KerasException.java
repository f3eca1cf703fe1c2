package dev.secateur.keras;

import dev.secateur.keras.refusal.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A file that is refused, with every reason that was found. */
public final class KerasException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final transient List<Reason> reasons;

  public KerasException(Path file, List<Reason> reasons) {
    this(file, reasons, null);
  }

  public KerasException(Path file, List<Reason> reasons, Throwable cause) {
    super(
        file + ": " + reasons.stream().map(Reason::toString).collect(Collectors.joining("; ")),
        cause);
    this.file = file;
    this.reasons = List.copyOf(reasons);
  }

  public Path file() {
    return file;
  }

  /** All reasons, at least one. */
  public List<Reason> reasons() {
    return reasons;
  }
}
