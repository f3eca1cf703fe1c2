package dev.secateur.worker.health;

import dev.secateur.bridge.BridgeMetrics;
import dev.secateur.worker.Metrics;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * How meters look to who scrapes them: each has its help text, and OpenMetrics is served to all who
 * ask for it, where Quarkus serves those alone who name the character set, which has no choice.
 */
@ApplicationScoped
final class Scraping {
  static final String PATH = "/q/metrics";
  private static final String OPEN_METRICS = "application/openmetrics-text";

  /** Before the routes. */
  private static final int FIRST = 100;

  @Inject PrometheusMeterRegistry registry;

  @Produces
  @Singleton
  static MeterFilter help() {
    return new MeterFilter() {
      @Override
      public Meter.Id map(Meter.Id id) {
        return Optional.ofNullable(Metrics.HELP.get(id.getName()))
            .or(() -> Optional.ofNullable(BridgeMetrics.HELP.get(id.getName())))
            .map(help -> described(id, help))
            .orElse(id);
      }
    };
  }

  private static Meter.Id described(Meter.Id id, String help) {
    return new Meter.Id(
        id.getName(), Tags.of(id.getTagsAsIterable()), id.getBaseUnit(), help, id.getType());
  }

  void install(@Observes Filters filters) {
    filters.register(this::answer, FIRST);
  }

  private void answer(RoutingContext context) {
    String accept = Optional.ofNullable(context.request().getHeader("Accept")).orElse("");
    if (!context.request().path().equals(PATH) || !accept.contains(OPEN_METRICS)) {
      context.next();
      return;
    }
    String type = TextFormat.CONTENT_TYPE_OPENMETRICS_100;
    var unused = context.response().putHeader("Content-Type", type).end(registry.scrape(type));
  }
}
