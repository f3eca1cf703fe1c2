package dev.secateur.worker.health;

import dev.secateur.worker.Fitness;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkerConfiguration;
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
  HealthCheck live(
      Work work, Fitness fitness, Surroundings surroundings, WorkerConfiguration configuration) {
    return () -> {
      double silent = work.progressAgeSeconds();
      boolean stuck = silent > configuration.jobs().stall().plus(GRACE).toSeconds();
      boolean unfit = fitness.isDead();
      return HealthCheckResponse.named("jobs make progress")
          .status(!stuck && !unfit && !surroundings.isReadingDead())
          .withData("secondsSinceProgress", (long) silent)
          .build();
    };
  }

  @Produces
  @Readiness
  @LookupIfProperty(name = MODE, stringValue = "worker", lookupIfMissing = true)
  HealthCheck ready(Work work, Fitness fitness, Surroundings surroundings) {
    return () -> {
      Optional<String> trouble =
          work.isDraining()
              ? Optional.of("draining")
              : surroundings
                  .brokerTrouble()
                  .or(surroundings::storeTrouble)
                  .or(fitness::trouble)
                  .or(surroundings::readingTrouble)
                  .or(work::stateTrouble);
      return response("broker and store answer", trouble);
    };
  }

  @Produces
  @Startup
  @LookupIfProperty(name = MODE, stringValue = "worker", lookupIfMissing = true)
  HealthCheck started(Fitness fitness) {
    return () -> response("native libraries work", fitness.nativeTrouble());
  }

  private static HealthCheckResponse response(String name, Optional<String> trouble) {
    HealthCheckResponseBuilder response = HealthCheckResponse.named(name).status(trouble.isEmpty());
    trouble.ifPresent(t -> response.withData("trouble", t));
    return response.build();
  }
}
