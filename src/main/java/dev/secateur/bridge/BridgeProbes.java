package dev.secateur.bridge;

import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Liveness: its threads move. Readiness: MLflow, the store and the broker answered last time. */
@ApplicationScoped
final class BridgeProbes {
  private static final String MODE = "secateur.mode";

  @Produces
  @Liveness
  @LookupIfProperty(name = MODE, stringValue = "bridge")
  HealthCheck bridgeLives(Bridge bridge) {
    return () -> HealthCheckResponse.named("the bridge moves").status(!bridge.isDead()).build();
  }

  @Produces
  @Readiness
  @LookupIfProperty(name = MODE, stringValue = "bridge")
  HealthCheck bridgeIsReady(Bridge bridge) {
    return () -> {
      HealthCheckResponseBuilder response =
          HealthCheckResponse.named("MLflow, store and broker answer")
              .status(bridge.trouble().isEmpty());
      bridge.trouble().ifPresent(trouble -> response.withData("trouble", trouble));
      return response.build();
    };
  }
}
