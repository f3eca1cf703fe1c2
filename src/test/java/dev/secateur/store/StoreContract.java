package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store must do; each server and adapter runs it. */
abstract class StoreContract {
  static final AllowedBuckets BUCKETS = new AllowedBuckets(Set.of("models"), Set.of("artifacts"));

  private static final int ROUNDS = 20;
  private static final int THREADS = 8;

  @TempDir Path directory;

  abstract ObjectStore store();

  /** A prefix that no other test uses. */
  private static ObjectUri fresh(String name) {
    return ObjectUri.of("s3://artifacts/" + java.util.UUID.randomUUID() + "/" + name);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsWrittenIsReadListedAndDeleted() {
    ObjectUri uri = fresh("a.json");
    assertThat(store().stat(uri)).isEmpty();
    assertThat(store().read(uri, 100)).isEmpty();
    store().write(uri, text("one"));
    store().write(uri, text("three"));
    assertThat(store().read(uri, 100))
        .hasValueSatisfying(b -> assertThat(b).isEqualTo(text("three")));
    StoredObject found = store().stat(uri).orElseThrow();
    assertThat(found.bytes()).isEqualTo(5);
    assertThat(found.age().abs().toSeconds()).isLessThan(30);
    ObjectUri prefix = new ObjectUri(uri.bucket(), uri.key().replace("a.json", ""));
    assertThat(store().list(prefix)).extracting(StoredObject::uri).containsExactly(uri);
    store().delete(uri);
    store().delete(uri);
    assertThat(store().stat(uri)).isEmpty();
  }

  @Test
  void tryingToWriteLeavesNothingBehind() {
    ObjectUri prefix = fresh("");
    ObjectUri there = prefix.resolve("a.json");
    store().write(there, text("somebody's"));
    store().tryWriting(prefix);
    assertThat(store().list(prefix)).extracting(StoredObject::uri).containsExactly(there);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> store().tryWriting(ObjectUri.of("s3://models/")))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.FORBIDDEN));
  }

  @Test
  void listingsComeInOrderPageByPageDeepAndFlat() {
    ObjectUri root = fresh("");
    List<String> keys = new ArrayList<>();
    for (String tenant : List.of("a", "a-b", "b%20c", "d")) {
      for (int n = 0; n < 3; n++) {
        keys.add(tenant + "/" + n);
      }
    }
    keys.forEach(key -> store().write(root.resolve(key), text(key)));
    keys.sort(null);
    for (int most : List.of(1, 2, 5, 100)) {
      List<String> deep = new ArrayList<>();
      List<StoredObject> page;
      do {
        String after = deep.isEmpty() ? "" : deep.get(deep.size() - 1);
        page = store().list(root, after, most);
        page.forEach(o -> deep.add(o.uri().key().substring(root.key().length())));
      } while (page.size() == most);
      assertThat(deep).isEqualTo(keys);
      List<String> flat = new ArrayList<>();
      List<String> names;
      do {
        names = store().names(root, flat.isEmpty() ? "" : flat.get(flat.size() - 1), most);
        flat.addAll(names);
      } while (names.size() == most);
      assertThat(flat).containsExactly("a-b/", "a/", "b%20c/", "d/");
    }
    assertThat(store().names(root.resolve("nothing/"), "", 10)).isEmpty();
  }

  @Test
  void anObjectComesWithItsAge() throws Exception {
    ObjectUri uri = fresh("heart");
    long start = System.nanoTime();
    store().write(uri, text("beat"));
    ObjectStore.Content content =
        await()
            .until(
                () -> store().get(uri, 100).orElseThrow(),
                found -> found.age().compareTo(Duration.ofSeconds(1)) >= 0);
    // Servers tell times in whole seconds.
    Duration most = Duration.ofNanos(System.nanoTime() - start).plusSeconds(1);
    assertThat(content.age()).isLessThanOrEqualTo(most);
    assertThat(content.bytes()).isEqualTo(text("beat"));
    assertThat(store().get(fresh("nothing"), 100)).isEmpty();
  }

  @Test
  void ofManyThatCreateAnObjectAtOnceExactlyOneDoes() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        ObjectUri uri = fresh("claim");
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          byte[] content = text("thread " + t);
          calls.add(() -> store().create(uri, content).isDone());
        }
        int winner = -1;
        List<Future<Boolean>> answers = threads.invokeAll(calls);
        for (int t = 0; t < THREADS; t++) {
          if (answers.get(t).get()) {
            assertThat(winner).as("two created " + uri).isEqualTo(-1);
            winner = t;
          }
        }
        assertThat(winner).isNotEqualTo(-1);
        assertThat(store().read(uri, 100).orElseThrow()).isEqualTo(text("thread " + winner));
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void aFileIsCreatedOnceAndKnownWhenItIsTheSame() throws Exception {
    Path file = random("file", 100_000, 1);
    Path other = random("other", 100_000, 2);
    ObjectUri uri = fresh("pruned.h5");
    assertThat(store().createFrom(file, Digests.sha256(file), uri)).isTrue();
    assertThat(store().createFrom(file, Digests.sha256(file), uri)).isTrue();
    assertThat(store().createFrom(other, Digests.sha256(other), uri)).isFalse();
    assertThat(downloaded(uri)).hasSameBinaryContentAs(file);
  }

  @Test
  void aFileInPartsComesBackAsItWas() throws Exception {
    Path file = random("large", 65 << 20, 3);
    ObjectUri uri = fresh("checkpoint.data");
    store().upload(file, uri);
    assertThat(downloaded(uri)).hasSameBinaryContentAs(file);
    store().delete(uri);
  }

  @Test
  void aDownloadIsRefusedForItsDigestItsSizeAndForBeingAnother() throws Exception {
    Path file = random("file", 10_000, 4);
    ObjectUri uri = fresh("train.npz");
    store().upload(file, uri);
    StoredObject seen = store().stat(uri).orElseThrow();
    Path target = directory.resolve("target");
    refused(
        Kind.WRONG_DIGEST,
        () -> store().download(seen, Optional.of("0".repeat(64)), 1 << 20, target));
    refused(Kind.TOO_LARGE, () -> store().download(seen, Optional.empty(), 9_999, target));
    refused(Kind.TOO_LARGE, () -> store().read(uri, 100));
    store().upload(random("changed", 10_000, 5), uri);
    refused(Kind.CHANGED, () -> store().download(seen, Optional.empty(), 1 << 20, target));
    assertThat(target).doesNotExist();
    assertThat(directory.toFile().list()).noneMatch(n -> n.endsWith(".part"));
  }

  @Test
  void bucketsThatAreNotAllowedAreNotAsked() {
    ObjectUri foreign = ObjectUri.of("s3://secrets/key");
    refused(Kind.FORBIDDEN, () -> store().stat(foreign));
    refused(Kind.FORBIDDEN, () -> store().read(foreign, 10));
    refused(Kind.FORBIDDEN, () -> store().list(foreign));
    ObjectUri readable = ObjectUri.of("s3://models/key");
    refused(Kind.FORBIDDEN, () -> store().write(readable, text("x")));
    refused(Kind.FORBIDDEN, () -> store().create(readable, text("x")));
    refused(Kind.FORBIDDEN, () -> store().delete(readable));
  }

  @Test
  void aDownloadThatIsCancelledStopsAndLeavesNothing() throws Exception {
    ObjectUri uri = fresh("train.npz");
    store().upload(random("file", 1 << 20, 6), uri);
    StoredObject seen = store().stat(uri).orElseThrow();
    Path target = directory.resolve("target");
    AtomicInteger asked = new AtomicInteger();
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(
            () ->
                store()
                    .download(
                        seen,
                        Optional.empty(),
                        1 << 21,
                        target,
                        () -> asked.incrementAndGet() > 3));
    assertThat(asked).hasValue(4);
    assertThat(directory.toFile().list()).noneMatch(n -> n.startsWith("target"));
  }

  @Test
  void theCacheDownloadsOnceAndKeepsToItsSize() throws Exception {
    Path shared = directory.resolve("cache");
    DownloadCache cache = new DownloadCache(store(), shared, 25_000);
    StoredObject first = uploaded("first", 10_000);
    DownloadCache.Local miss = fetch(cache, first, Optional.empty(), "a");
    assertThat(miss.hit()).isFalse();
    assertThat(fetch(cache, first, Optional.empty(), "b").hit()).isTrue();
    // Another object with the same bytes, which the event's digest tells.
    StoredObject copy = uploaded("first", 10_000);
    assertThat(fetch(cache, copy, Optional.of(miss.sha256()), "c").hit()).isTrue();
    assertThat(fetch(cache, copy, Optional.empty(), "d").hit()).isFalse();

    // Another process makes room in the same directory: what was handed out stays.
    DownloadCache other = new DownloadCache(store(), shared, 25_000);
    fetch(other, uploaded("second", 10_000), Optional.empty(), "e");
    fetch(other, uploaded("third", 10_000), Optional.empty(), "f");
    assertThat(cache.bytes()).isEqualTo(20_000);
    assertThat(Digests.sha256(directory.resolve("a"))).isEqualTo(miss.sha256());
    DownloadCache.Local again = fetch(cache, first, Optional.empty(), "g");
    assertThat(again.hit()).isFalse();
    assertThat(again.sha256()).isEqualTo(miss.sha256());

    // What is larger than the cache passes through, and takes nobody's place.
    fetch(cache, uploaded("large", 30_000), Optional.empty(), "h");
    assertThat(directory.resolve("h")).hasSize(30_000);
    assertThat(cache.bytes()).isEqualTo(20_000);
  }

  /** Whatever the order in which a directory lists them. */
  @Test
  void theCacheClearsWhatWasUsedFirstWithinAMillisecondToo() throws Exception {
    for (int pair = 0; pair < 8; pair++) {
      DownloadCache cache = new DownloadCache(store(), directory.resolve("cache" + pair), 25_000);
      StoredObject later = uploaded("later" + pair, 10_000);
      StoredObject first = uploaded("first" + pair, 10_000);
      used(cache, later, pair, 600);
      used(cache, first, pair, 100);
      fetch(cache, uploaded("third" + pair, 10_000), Optional.empty(), "c");
      assertThat(fetch(cache, later, Optional.empty(), "d").hit()).isTrue();
    }
  }

  /** So many microseconds after a second that is past. */
  private void used(DownloadCache cache, StoredObject object, int pair, int micros)
      throws IOException {
    String sha256 = fetch(cache, object, Optional.empty(), "a").sha256();
    try (Stream<Path> files = Files.walk(directory.resolve("cache" + pair))) {
      Path kept = files.filter(f -> f.toString().endsWith(sha256)).findAny().orElseThrow();
      Files.setLastModifiedTime(
          kept, FileTime.from(Instant.ofEpochSecond(1_000_000_000, micros * 1000L)));
    }
  }

  private StoredObject uploaded(String name, int bytes) throws IOException {
    ObjectUri uri = fresh(name);
    store().upload(random(name, bytes, name.hashCode()), uri);
    return store().stat(uri).orElseThrow();
  }

  private DownloadCache.Local fetch(
      DownloadCache cache, StoredObject object, Optional<String> sha256, String target) {
    return cache.fetch(object, sha256, 1 << 20, directory.resolve(target), () -> false);
  }

  private static void refused(
      Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(kind));
  }

  private Path downloaded(ObjectUri uri) {
    Path target = directory.resolve("downloaded");
    store().download(store().stat(uri).orElseThrow(), Optional.empty(), 1L << 30, target);
    return target;
  }

  private Path random(String name, int bytes, long seed) throws IOException {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return Files.write(directory.resolve(name), content);
  }
}
