package dev.secateur.keras;

/**
 * The layers and connections as the file configures them, in the one form that {@link KerasWriter}
 * writes back. Opaque outside this package.
 */
public final class KerasArchitecture {
  KerasArchitecture() {}
}
