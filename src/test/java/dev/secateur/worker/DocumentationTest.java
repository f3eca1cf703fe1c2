package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.bridge.BridgeConfiguration;
import dev.secateur.bridge.BridgeMetrics;
import dev.secateur.event.MalformedEventException;
import dev.secateur.result.FailureReason;
import dev.secateur.store.StoreException;
import io.smallrye.config.WithDefault;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the pages in docs/ to the code. */
final class DocumentationTest {
  private static final Pattern KEY =
      Pattern.compile("(?m)^\\| `(secateur\\.[\\w.-]+)` \\| `(\\w+)` \\| (?:`([^`]*)`)? *\\|");

  @Test
  void theConfigurationPageHasEachKeyItsVariableAndItsDefault() throws Exception {
    Map<String, String> code = new TreeMap<>();
    keys("secateur", WorkerConfiguration.class, code);
    keys("secateur.bridge", BridgeConfiguration.class, code);
    Map<String, String> page = new TreeMap<>();
    Matcher rows = KEY.matcher(Files.readString(Path.of("docs/configuration.md")));
    while (rows.find()) {
      String key = rows.group(1);
      page.put(key, Optional.ofNullable(rows.group(3)).orElse(""));
      assertThat(rows.group(2)).isEqualTo(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"));
    }
    assertThat(page).isEqualTo(code);
  }

  /** The names of the worker's meters and of the bridge's. */
  private static Set<String> meters() throws IllegalAccessException {
    Set<String> names = new TreeSet<>();
    for (Class<?> room : List.of(Metrics.class, BridgeMetrics.class)) {
      for (Field field : room.getFields()) {
        if (field.get(null) instanceof String name && name.startsWith("secateur.")) {
          names.add(name);
        }
      }
    }
    return names;
  }

  private static void keys(String prefix, Class<?> group, Map<String, String> keys) {
    for (Method method : group.getDeclaredMethods()) {
      if (method.isSynthetic()) {
        continue;
      }
      String key =
          prefix + "." + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      if (method.getReturnType().isInterface() && method.getReturnType().isMemberClass()) {
        keys(key, method.getReturnType(), keys);
      } else {
        WithDefault value = method.getAnnotation(WithDefault.class);
        keys.put(key, value == null ? "" : value.value());
      }
    }
  }

  @Test
  void theAsyncApiDocumentHasTheTopicsOfTheConfiguration() {
    Map<String, String> defaults = new TreeMap<>();
    keys("secateur.topics", WorkerConfiguration.Topics.class, defaults);
    // The workers' own: nobody else reads or writes it.
    defaults.remove("secateur.topics.doorbell");
    assertThat(
            List.of(
                AsyncApi.address("registered"),
                AsyncApi.address("progress"),
                AsyncApi.address("compressed"),
                AsyncApi.address("deadLetters")))
        .containsExactlyInAnyOrderElementsOf(defaults.values());
  }

  @Test
  void theMetricsPageHasEachMeterAndNoOther() throws Exception {
    Set<String> code = meters();
    Set<String> page = new TreeSet<>();
    Matcher rows =
        Pattern.compile("(?m)^\\| `(secateur\\.[\\w.]+)`")
            .matcher(Files.readString(Path.of("docs/metrics.md")));
    while (rows.find()) {
      page.add(rows.group(1));
    }
    assertThat(page).isEqualTo(code);
  }

  @Test
  void eachMeterHasAHelpText() throws Exception {
    Set<String> code = meters();
    Set<String> texts = new TreeSet<>(Metrics.HELP.keySet());
    texts.addAll(BridgeMetrics.HELP.keySet());
    assertThat(texts).isEqualTo(code);
  }

  @Test
  void theOperationsPageHasEachReason() throws Exception {
    String page = Files.readString(Path.of("docs/operations.md"));
    for (FailureReason reason : FailureReason.values()) {
      assertThat(page).contains("`" + JobMeters.code(reason) + "`");
    }
    for (StoreException.Kind kind : StoreException.Kind.values()) {
      assertThat(page).contains("`" + kind.code() + "`");
    }
    for (MalformedEventException.Reason reason : MalformedEventException.Reason.values()) {
      assertThat(page).contains("| `" + reason.code() + "` |");
    }
    for (String code :
        new String[] {Failure.ATTEMPTS, Failure.DEADLINE, Failure.MEMORY, Failure.CANCELLED}) {
      assertThat(page).contains("`" + code + "`");
    }
  }
}
