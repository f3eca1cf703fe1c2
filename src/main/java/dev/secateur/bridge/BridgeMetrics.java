package dev.secateur.bridge;

import java.util.Map;

/** The names of the bridge's meters and of their tags; {@code docs/metrics.md} describes them. */
public final class BridgeMetrics {
  /** Counter: events sent, by {@link #PLATFORM}. */
  public static final String SUBMITTED = "secateur.bridge.submitted";

  /** Counter: versions and files that were refused, by {@link #PLATFORM}. */
  public static final String REFUSED = "secateur.bridge.refused";

  /** Counter: answers written back, by {@link #OUTCOME}. */
  public static final String WRITTEN = "secateur.bridge.written";

  /** Gauge: answers that could not be written back and are tried again. */
  public static final String ASIDE = "secateur.bridge.aside";

  /** Gauge: seconds since MLflow was last polled in full. */
  public static final String POLL_AGE = "secateur.bridge.poll.age";

  /** Counter: deliveries of webhooks, by {@link #RESULT}. */
  public static final String HOOKS = "secateur.bridge.hooks";

  /** Tag: {@code mlflow} or {@code bucket}. */
  public static final String PLATFORM = "platform";

  /** Tag: {@code accepted}, {@code rejected} or {@code failed}. */
  public static final String OUTCOME = "outcome";

  /** Tag: {@code taken}, {@code repeated} or {@code refused}. */
  public static final String RESULT = "result";

  /** What each meter says, for whoever scrapes it. */
  public static final Map<String, String> HELP =
      Map.of(
          SUBMITTED, "Registered events that the bridge sent",
          REFUSED, "Model versions and files that the bridge refused",
          WRITTEN, "Answers that the bridge wrote back",
          ASIDE, "Answers that could not be written back and are tried again",
          POLL_AGE, "Seconds since MLflow was last polled in full",
          HOOKS, "Deliveries of MLflow's webhooks");

  private BridgeMetrics() {}
}
