package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that hangs up in the midst of a download. */
final class CutDownloadIT {
  private static final int SIZE = 50_000;
  private static final int CUT = 12_345;

  @TempDir Path directory;

  private final byte[] content = bytes(1);

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static CuttingProxy proxy(ObjectUri uri, Runnable meanwhile) throws Exception {
    return new CuttingProxy(URI.create(LocalServers.get().s3).getPort(), uri.key(), CUT, meanwhile);
  }

  private String download(CuttingProxy proxy, StoredObject object) {
    try (ObjectStore cut = Platform.store(proxy.endpoint())) {
      return cut.download(
          object, Optional.empty(), SIZE, directory.resolve("downloaded"), () -> false);
    }
  }

  private static void theRestOfTheSameObjectWasAskedFor(CuttingProxy proxy, StoredObject object) {
    assertThat(proxy.requests()).hasSize(2);
    assertThat(proxy.requests().get(0).toLowerCase(Locale.ROOT)).doesNotContain("\nrange:");
    assertThat(proxy.requests().get(1).toLowerCase(Locale.ROOT))
        .contains("\nrange: bytes=" + CUT + "-\r\n")
        .containsPattern("\nif-match: \"?" + object.etag().toLowerCase(Locale.ROOT) + "\"?\r\n");
  }

  @Test
  void aDownloadGoesOnWhereItWasCut() throws Exception {
    ObjectUri uri = ObjectUri.of("s3://artifacts/cut/same");
    try (ObjectStore store = Platform.store(LocalServers.get().s3);
        CuttingProxy proxy = proxy(uri, () -> {})) {
      store.write(uri, content);
      StoredObject object = store.stat(uri).orElseThrow();
      assertThat(download(proxy, object)).isEqualTo(Digests.sha256(content));
      assertThat(directory.resolve("downloaded")).hasBinaryContent(content);
      theRestOfTheSameObjectWasAskedFor(proxy, object);
    }
  }

  @Test
  void anObjectThatIsReplacedBetweenTheHalvesIsNoMixOfBoth() throws Exception {
    ObjectUri uri = ObjectUri.of("s3://artifacts/cut/replaced");
    try (ObjectStore store = Platform.store(LocalServers.get().s3);
        CuttingProxy proxy = proxy(uri, () -> store.write(uri, bytes(2)))) {
      store.write(uri, content);
      StoredObject object = store.stat(uri).orElseThrow();
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> download(proxy, object))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CHANGED));
      theRestOfTheSameObjectWasAskedFor(proxy, object);
      try (var left = Files.list(directory)) {
        assertThat(left).isEmpty();
      }
    }
  }
}
