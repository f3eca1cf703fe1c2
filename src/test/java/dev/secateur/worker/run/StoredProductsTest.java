package dev.secateur.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredProductsTest {
  private static final byte[] MADE = "made".getBytes(StandardCharsets.UTF_8);

  @TempDir Path buckets;
  @TempDir Path one;
  @TempDir Path other;

  @Test
  void whatOneWorkerKeepsAnotherFinds() throws Exception {
    assertThat(products(other, "state").open("abc")).isEmpty();

    products(one, "state").keep("abc", out -> out.write(MADE));

    try (InputStream in = products(other, "state").open("abc").orElseThrow()) {
      assertThat(in.readAllBytes()).isEqualTo(MADE);
    }
    assertEmpty(one);
    assertEmpty(other);
  }

  @Test
  void whatCannotBeMadeIsNotKept() throws Exception {
    StoredProducts products = products(one, "state");

    assertThatThrownBy(
            () ->
                products.keep(
                    "abc",
                    out -> {
                      out.write(MADE);
                      throw new IOException("half way");
                    }))
        .hasMessage("half way");

    assertThat(products.open("abc")).isEmpty();
    assertEmpty(one);
  }

  /** So that the job goes on without it. */
  @Test
  void aStoreThatRefusesIsAnInputOrOutputTrouble() {
    StoredProducts products = products(one, "forbidden");

    assertThatThrownBy(() -> products.open("abc")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> products.keep("abc", out -> out.write(MADE)))
        .isInstanceOf(IOException.class);
  }

  private StoredProducts products(Path directory, String bucket) {
    DirectoryStore store =
        new DirectoryStore(buckets, new AllowedBuckets(Set.of(), Set.of("state")));
    return new StoredProducts(store, ObjectUri.of("s3://" + bucket + "/products/"), directory);
  }

  private static void assertEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }
}
