package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.WorkerProcess;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the packaged worker's meters look like to who scrapes them. */
final class ScrapingIT {
  private static Platform platform;
  private static WorkerProcess worker;

  @BeforeAll
  static void start() throws Exception {
    platform = new Platform("scraping", 1);
    worker = platform.worker("scraping-1", Map.of()).awaitReady();
  }

  @AfterAll
  static void stop() throws Exception {
    platform.close();
  }

  private static HttpResponse<String> scrape(String accept) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(worker.address().resolve("/q/metrics")).header("Accept", accept);
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        // As scrapers ask that take either.
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
            + "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
      })
  void openMetricsIsServedToWhoAsksForIt(String accept) throws Exception {
    HttpResponse<String> answer = scrape(accept);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(answer.body()).contains("secateur_orders_pending").endsWith("# EOF\n");
  }

  @Test
  void eachMeterOfOursHasItsHelpText() throws Exception {
    HttpResponse<String> answer = scrape("text/plain");
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
    List<String> help =
        answer.body().lines().filter(line -> line.startsWith("# HELP secateur_")).toList();
    assertThat(help).hasSizeGreaterThan(20).allMatch(line -> line.split(" ", 4).length == 4);
    assertThat(help).allMatch(line -> !line.split(" ", 4)[3].isBlank());
  }
}
