package dev.secateur.event;

import java.util.Arrays;
import java.util.Optional;

/** The types of event, each with the JSON Schema of its data. */
public enum EventType {
  REGISTERED("model.registered.v1"),
  CANCELLED("compression.cancelled.v1"),
  TRIAL_CHOSEN("trial.chosen.v1"),
  PROGRESSED("compression.progressed.v1"),
  COMPLETED("compression.completed.v1"),
  FAILED("compression.failed.v1");

  private final String shortName;

  EventType(String shortName) {
    this.shortName = shortName;
  }

  /** The CloudEvents {@code type}. */
  public String type() {
    return "dev.secateur." + shortName;
  }

  /** Whether others send it to the workers. */
  boolean isTakenIn() {
    return this == REGISTERED || this == CANCELLED || this == TRIAL_CHOSEN;
  }

  /** The schema's file among the resources. */
  String schema() {
    return shortName + ".json";
  }

  public static Optional<EventType> of(String type) {
    return Arrays.stream(values()).filter(t -> t.type().equals(type)).findFirst();
  }
}
