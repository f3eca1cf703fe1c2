package dev.secateur.worker;

import dev.secateur.job.ProductStore;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * What jobs have made for others that begin alike, shared by all workers. The ledger's sweep
 * removes it when it is old.
 *
 * @param under where it lies, an object each
 * @param directory for what is on its way
 */
record StoredProducts(ObjectStore store, ObjectUri under, Path directory) implements ProductStore {
  /** To fetch more takes about as long as to make it again. */
  private static final long LARGEST = 256L << 20;

  @Override
  public Optional<InputStream> open(String digest) throws IOException {
    try {
      Optional<StoredObject> kept =
          store.stat(under.resolve(digest)).filter(object -> object.bytes() <= LARGEST);
      if (kept.isEmpty()) {
        return Optional.empty();
      }
      Path file = Files.createTempFile(directory, "fetched", ".product");
      store.download(kept.get(), Optional.empty(), LARGEST, file);
      return Optional.of(Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE));
    } catch (StoreException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void keep(String digest, Content content) throws IOException {
    Path file = Files.createTempFile(directory, "made", ".product");
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        content.writeTo(out);
      }
      if (Files.size(file) <= LARGEST) {
        store.upload(file, under.resolve(digest));
      }
    } catch (StoreException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      Files.delete(file);
    }
  }
}
