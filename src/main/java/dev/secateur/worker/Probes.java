package dev.secateur.worker;

import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * What each probe means. Liveness: records are being read, a job that stands still has stopped, and
 * what the worker is to blame for has passed. Readiness: the broker and the store answer, records
 * that wait are read, and the worker does not drain. Startup: the native libraries loaded and
 * computed what they should.
 */
@ApplicationScoped
final class Probes {
  /** In the other mode there is no worker to be asked about. */
  private static final String MODE = "secateur.mode";

  /** How long past its stall a job may take to stop, since another worker has it by then. */
  private static final Duration GRACE = Duration.ofMinutes(1);

  @Produces
  @Liveness
  @LookupIfProperty(name = MODE, stringValue = "worker", lookupIfMissing = true)
  HealthCheck live(Worker worker, WorkerConfiguration configuration) {
    return () -> {
      Work work = worker.shop().work();
      double silent = work.progressAgeSeconds();
      boolean stuck = silent > configuration.jobs().stall().plus(GRACE).toSeconds();
      boolean unfit = worker.shop().fitness().isDead();
      return HealthCheckResponse.named("jobs make progress")
          .status(!stuck && !unfit && !worker.surroundings().isReadingDead())
          .withData("secondsSinceProgress", (long) silent)
          .build();
    };
  }

  @Produces
  @Readiness
  @LookupIfProperty(name = MODE, stringValue = "worker", lookupIfMissing = true)
  HealthCheck ready(Worker worker) {
    return () -> {
      Optional<String> trouble =
          worker.shop().work().isDraining()
              ? Optional.of("draining")
              : worker
                  .surroundings()
                  .brokerTrouble()
                  .or(worker.surroundings()::storeTrouble)
                  .or(worker.shop().fitness()::trouble)
                  .or(worker.surroundings()::readingTrouble)
                  .or(worker.shop().work()::stateTrouble);
      return response("broker and store answer", trouble);
    };
  }

  @Produces
  @Startup
  @LookupIfProperty(name = MODE, stringValue = "worker", lookupIfMissing = true)
  HealthCheck started(Worker worker) {
    return () -> response("native libraries work", worker.nativeTrouble());
  }

  private static HealthCheckResponse response(String name, Optional<String> trouble) {
    HealthCheckResponseBuilder response = HealthCheckResponse.named(name).status(trouble.isEmpty());
    trouble.ifPresent(t -> response.withData("trouble", t));
    return response.build();
  }
}
