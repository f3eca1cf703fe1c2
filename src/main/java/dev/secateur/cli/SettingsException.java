package dev.secateur.cli;

/** A setting, an address or a name with which the same command cannot work. */
final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SettingsException(String message, Throwable cause) {
    super(message, cause);
  }

  SettingsException(String message) {
    this(message, null);
  }
}
