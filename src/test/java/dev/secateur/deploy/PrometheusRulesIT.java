package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules and the scrape configuration, by Prometheus' own tool. */
final class PrometheusRulesIT {
  private static final Path RULES = Path.of("deploy/prometheus/rules.yml");
  private static final Path TESTS = Path.of("deploy/prometheus/tests/alerts.yml");

  @Test
  void prometheusTakesTheConfigurationAndTheRules() {
    Tool.named("promtool").run("check", "config", "deploy/prometheus/prometheus.yml").succeeded();
    Tool.named("promtool")
        .run("check", "rules", "--lint=all", "--lint-fatal", RULES.toString())
        .succeeded();
  }

  @Test
  void eachAlertFiresOnItsTroubleAndNotBesideIt() {
    Tool.named("promtool").run("test", "rules", TESTS.toString()).succeeded();
  }

  @Test
  void eachAlertHasAUnitTestInWhichItFires() {
    Set<String> fired = new HashSet<>();
    for (JsonNode test : Yaml.read(TESTS).findValues("alert_rule_test")) {
      for (JsonNode expectation : test) {
        if (!expectation.get("exp_alerts").isEmpty()) {
          fired.add(expectation.get("alertname").asText());
        }
      }
    }
    assertThat(fired).isEqualTo(Set.copyOf(Yaml.read(RULES).findValuesAsText("alert")));
  }

  @Test
  void eachAlertSaysWhatAndWhyAndWhereToReadOn() throws IOException {
    Set<String> sections =
        Files.readAllLines(Path.of("docs/operations.md")).stream()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replace(' ', '-'))
            .collect(Collectors.toSet());
    List<JsonNode> alerts = Yaml.read(RULES).findParents("alert");
    assertThat(alerts).hasSizeGreaterThan(9);
    for (JsonNode alert : alerts) {
      assertThat(alert.at("/labels/severity").asText()).isIn("info", "warning", "critical");
      assertThat(alert.at("/annotations/summary").asText()).isNotBlank();
      assertThat(alert.at("/annotations/description").asText()).isNotBlank();
      String[] runbook = alert.at("/annotations/runbook_url").asText().split("#");
      assertThat(runbook[0]).isEqualTo("docs/operations.md");
      assertThat(sections).contains(runbook[1]);
    }
  }
}
