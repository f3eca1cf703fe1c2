package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredFolderTest {
  private static final ObjectUri SET = ObjectUri.of("s3://artifacts/set/");

  @TempDir Path root;
  @TempDir Path work;

  private ObjectStore store;
  private DownloadCache cache;

  @BeforeEach
  void someShards() {
    store = new DirectoryStore(root, StoreContract.BUCKETS);
    cache = new DownloadCache(store, work.resolve("cache"), 1 << 20);
    put("train/0.tar", "a");
    put("train/1.tar", "bc");
    put("test/0.tar", "d");
    store.write(ObjectUri.of("s3://artifacts/settings/x"), new byte[9]);
  }

  private void put(String name, String content) {
    store.write(SET.resolve(name), content.getBytes(StandardCharsets.UTF_8));
  }

  private StoredObject stat() {
    return StoredFolder.at(SET, store).orElseThrow().asObject();
  }

  private boolean fetch(StoredObject folder, String to, long limit) {
    return cache.fetchFolder(folder, limit, work.resolve(to), () -> false);
  }

  @Test
  void allObjectsBehindThePrefixAndNoOthersBecomeFiles() throws IOException {
    StoredObject folder = stat();
    assertThat(folder.bytes()).isEqualTo(4);
    assertThat(fetch(folder, "first", 4)).isFalse();
    Path first = work.resolve("first");
    try (Stream<Path> files = Files.walk(first)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> first.relativize(f).toString()))
          .containsExactlyInAnyOrder("train/0.tar", "train/1.tar", "test/0.tar");
    }
    assertThat(first.resolve("train/1.tar")).hasContent("bc");
    assertThat(fetch(folder, "again", 4)).isTrue();
  }

  @Test
  void whatChangedSinceItWasLookedAtIsNotFetched() {
    StoredObject folder = stat();
    for (String name : List.of("train/2.tar", "train/0.tar")) {
      put(name, "other");
      assertThat(stat().etag()).isNotEqualTo(folder.etag());
      assertThatThrownBy(() -> fetch(folder, "changed", 100))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CHANGED));
    }
  }

  /** More than a page of a listing, and more than the cache holds. */
  @Test
  void manyObjectsAreLookedAtAndFetchedWhole() throws IOException {
    int many = 1100;
    for (int n = 0; n < many; n++) {
      put("many/" + n, "%04d".formatted(n));
    }
    DownloadCache small = new DownloadCache(store, work.resolve("small"), many);
    StoredObject folder = StoredFolder.look(SET, store).orElseThrow();
    assertThat(folder).isEqualTo(stat());
    assertThat(folder.bytes()).isEqualTo(4 + 4 * many);
    for (String to : List.of("first", "second")) {
      small.fetchFolder(folder, 1 << 20, work.resolve(to), () -> false);
      try (Stream<Path> files = Files.list(work.resolve(to).resolve("many"))) {
        assertThat(files).hasSize(many);
      }
      assertThat(work.resolve(to).resolve("many/1099")).hasContent("1099");
      assertThat(small.bytes()).isBetween(1L, (long) many);
    }
  }

  @Test
  void theLimitIsOfAllTogether() {
    StoredObject folder = stat();
    assertThatThrownBy(() -> fetch(folder, "large", 3))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOO_LARGE));
  }

  @Test
  void whereNothingIsNothingIsFound() {
    assertThat(StoredFolder.at(ObjectUri.of("s3://artifacts/nothing/"), store)).isEmpty();
  }

  /** A store takes any name; a folder does not, and nothing is written outside of it. */
  @ParameterizedTest
  @ValueSource(strings = {"set//etc/passwd", "set/a//b", "set/file/below", "set/file"})
  void namesThatAreNoFilesOfTheFolderAreRefused(String key) throws IOException {
    Path folder = Files.createDirectories(work.resolve("folder"));
    Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> StoredFolder.place(folder, SET, new ObjectUri("artifacts", key)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("s3://artifacts/" + key);
  }

  @Test
  void aNameThatNoDiskTakesIsTheObjectsFaultAndNotTheDisks() {
    ObjectUri uri = SET.resolve("a/" + "\u00e9".repeat(130));
    assertThatThrownBy(() -> StoredFolder.place(work, SET, uri))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FORBIDDEN));
  }
}
