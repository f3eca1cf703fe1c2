package dev.secateur.worker;

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
 * What each probe means. Liveness: records are being read and answered, and a job that passed its
 * deadline has stopped. Readiness: the broker and the store answer, records that wait are read, and
 * the worker does not drain. Startup: the native libraries loaded and computed what they should.
 */
@ApplicationScoped
final class Probes {
  /** How long past its deadline a job may take to notice. */
  private static final Duration GRACE = Duration.ofMinutes(10);

  @Produces
  @Liveness
  HealthCheck live(Worker worker, WorkerConfiguration configuration) {
    return () -> {
      Work work = worker.shop().work();
      double silent = work.progressAgeSeconds();
      boolean stuck = silent > configuration.jobs().deadline().plus(GRACE).toSeconds();
      return HealthCheckResponse.named("jobs make progress")
          .status(!stuck && !work.isBroken() && !worker.surroundings().isReadingDead())
          .withData("secondsSinceProgress", (long) silent)
          .build();
    };
  }

  @Produces
  @Readiness
  HealthCheck ready(Worker worker) {
    return () -> {
      Optional<String> trouble =
          worker.shop().work().isDraining()
              ? Optional.of("draining")
              : worker
                  .surroundings()
                  .brokerTrouble()
                  .or(worker.surroundings()::storeTrouble)
                  .or(worker.surroundings()::readingTrouble)
                  .or(worker.shop().work()::stateTrouble);
      return response("broker and store answer", trouble);
    };
  }

  @Produces
  @Startup
  HealthCheck started(Worker worker) {
    return () -> response("native libraries work", worker.nativeTrouble());
  }

  private static HealthCheckResponse response(String name, Optional<String> trouble) {
    HealthCheckResponseBuilder response = HealthCheckResponse.named(name).status(trouble.isEmpty());
    trouble.ifPresent(t -> response.withData("trouble", t));
    return response.build();
  }
}
