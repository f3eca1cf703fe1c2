package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.job.SharedProducts.Codec;
import dev.secateur.prune.Sensitivity;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedProductsTest {
  private static final Codec<String> TEXT =
      new Codec<>() {
        @Override
        public void write(String text, DataOutputStream out) throws IOException {
          out.writeUTF(text);
        }

        @Override
        public String read(DataInputStream in) throws IOException {
          return in.readUTF();
        }
      };

  /** Stands still until it is set. */
  private static final class Watch extends Clock {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }

    void pass(Duration time) {
      now = now.plus(time);
    }
  }

  @TempDir Path directory;

  private final Watch watch = new Watch();
  private final List<String> reused = new ArrayList<>();

  private SharedProducts in(ProductStore store) {
    return new SharedProducts(
        store,
        new JobListener() {
          @Override
          public void reused(String product) {
            reused.add(product);
          }
        },
        directory);
  }

  private DirectoryProducts store(long bytes) {
    return new DirectoryProducts(directory, bytes, Duration.ofDays(10), watch);
  }

  private static Origin origin(String... fields) {
    return new Origin(fields[0], List.of(fields));
  }

  private String text(SharedProducts shared, Origin origin, String made) {
    return shared.get(origin, TEXT, () -> made);
  }

  @Test
  void whatWasMadeOfTheSameIsMadeOnce() {
    SharedProducts shared = in(store(1000));
    assertThat(text(shared, origin("a", "model"), "first")).isEqualTo("first");
    assertThat(text(in(store(1000)), origin("a", "model"), "second")).isEqualTo("first");
    assertThat(reused).containsExactly("a");
    assertThat(text(shared, origin("a", "mode", "l"), "third")).isEqualTo("third");
    assertThat(text(in(ProductStore.NONE), origin("a", "model"), "fourth")).isEqualTo("fourth");
  }

  @Test
  void bytesThatAreNotThoseKeptAreMadeAnew() throws IOException {
    SharedProducts shared = in(store(1000));
    Origin origin = origin("a", "model");
    text(shared, origin, "first");
    Path file = directory.resolve(origin.digest());
    byte[] sound = Files.readAllBytes(file);
    for (int at = 0; at < sound.length; at++) {
      byte[] damaged = sound.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      assertThat(text(shared, origin, "anew " + at)).isEqualTo("anew " + at);
    }
    for (int length = 0; length < sound.length; length++) {
      Files.write(file, Arrays.copyOf(sound, length));
      assertThat(text(shared, origin, "cut")).isEqualTo("cut");
    }
    // A sound product under the name of another.
    Files.write(directory.resolve(origin("b").digest()), sound);
    assertThat(text(shared, origin("b"), "other")).isEqualTo("other");
    assertThat(reused).isEmpty();
  }

  @Test
  void whatIsUnusedForLongGoesAndWhatIsUsedStays() throws IOException {
    SharedProducts shared = in(store(1000));
    text(shared, origin("old"), "1");
    text(shared, origin("used"), "2");
    watch.pass(Duration.ofDays(6));
    text(shared, origin("used"), "no");
    watch.pass(Duration.ofDays(6));
    assertThat(text(shared, origin("used"), "no")).isEqualTo("2");
    assertThat(text(shared, origin("old"), "again")).isEqualTo("again");
    watch.pass(Duration.ofDays(11));
    text(shared, origin("new"), "3");
    assertThat(files()).containsExactly(origin("new").digest());
  }

  @Test
  void allTogetherStayBelowTheBoundAndTheLongestUnusedGoFirst() throws IOException {
    // Each takes 32 bytes of digest, two of length, and its text.
    SharedProducts shared = in(store(120));
    for (String name : List.of("a", "b", "c")) {
      text(shared, origin(name), "123456");
      watch.pass(Duration.ofHours(1));
    }
    text(shared, origin("a"), "no");
    watch.pass(Duration.ofHours(1));
    text(shared, origin("d"), "123456");
    assertThat(files())
        .containsExactlyInAnyOrder(
            origin("a").digest(), origin("c").digest(), origin("d").digest());
    text(shared, origin("large"), "x".repeat(200));
    assertThat(files()).hasSize(3).doesNotContain(origin("large").digest());
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }

  @Test
  void aStoreThatFailsCostsNothingButTheSaving() {
    ProductStore broken =
        new ProductStore() {
          @Override
          public Optional<InputStream> open(String digest) throws IOException {
            throw new IOException("away");
          }

          @Override
          public void keep(String digest, Content content) throws IOException {
            throw new IOException("away");
          }
        };
    assertThat(text(in(broken), origin("a"), "made")).isEqualTo("made");
  }

  @Test
  void productsAreReadAsTheyWereWritten() {
    SharedProducts shared = in(store(1 << 20));
    List<float[]> heads = List.of(new float[] {1, Float.NaN, -0f}, new float[0]);
    shared.get(origin("heads"), Codecs.HEADS, () -> heads);
    List<float[]> again = shared.find(origin("heads"), Codecs.HEADS).orElseThrow();
    for (int i = 0; i < heads.size(); i++) {
      assertThat(Arrays.equals(again.get(i), heads.get(i))).isTrue();
    }
    Sensitivity table =
        new Sensitivity(
            List.of(new Sensitivity.Kernel("conv/kernel", 1L << 40, new double[] {.1, .2})));
    shared.get(origin("table"), Codecs.SENSITIVITY, () -> table);
    Sensitivity found = shared.find(origin("table"), Codecs.SENSITIVITY).orElseThrow();
    assertThat(found).usingRecursiveComparison().isEqualTo(table);
  }
}
