package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.deploy.Tool;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The worker's page of orders, as a real browser shows it. */
final class JobsPageIT {
  @Test
  void aBrowserShowsWhatRunsAndWhatWasSettled() throws Exception {
    Tool chromium = Tool.named("chromium");
    int port = Ports.free();
    try (Platform platform = new Platform("page", 1)) {
      platform.worker("page-1", Map.of("secateur.page.port", String.valueOf(port))).awaitReady();
      platform.publish(platform.job("settled-before", "1", 1));
      platform.awaitResults(1);
      platform.await("no order is left", platform::isSettled);
      ObjectNode running = platform.job("runs-now", "1", 3000);
      platform.publish(running.put("tenant", "<script>document.title='stolen'</script>"));
      platform.await(
          "training",
          () ->
              platform.progress().stream()
                  .anyMatch(
                      e ->
                          e.data().at("/model/name").asText().equals("runs-now")
                              && e.data().path("stage").asText().equals("fine-tune")));
      String page = "http://127.0.0.1:" + port + "/jobs";
      platform.await("seen to train", () -> shown(chromium, page).contains("fine-tune"));
      String dom = shown(chromium, page);
      assertThat(dom).contains("<title>Orders</title>", "runs-now", "settled-before", "accepted");
      String link = dom.replaceAll("(?s).*href=\"(/jobs/[0-9a-f]{64})\".*", "$1");
      String order = shown(chromium, "http://127.0.0.1:" + port + link);
      assertThat(order).contains("<title>Order ", "settled-before");
    }
  }

  private static String shown(Tool chromium, String page) {
    Tool.Result result =
        chromium.run(
            Map.of(),
            List.of(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--timeout=20000",
                "--dump-dom",
                page));
    assertThat(result.exit()).as(result.err()).isZero();
    return result.out();
  }
}
