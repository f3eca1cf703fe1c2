package dev.secateur.worker.run;

import dev.secateur.job.ProductStore;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;

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

  /** Takes no more than is kept, so that a large product does not fill the disk first. */
  private static final class BoundedOutput extends FilterOutputStream {
    private long room = LARGEST;

    BoundedOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      take(1);
      out.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      take(length);
      out.write(bytes, offset, length);
    }

    private void take(int bytes) throws IOException {
      room -= bytes;
      if (room < 0) {
        throw new IOException("has more than the " + LARGEST + " bytes that are shared");
      }
    }
  }

  @Override
  public Optional<InputStream> open(String digest) throws IOException {
    try {
      Optional<StoredObject> kept =
          store.stat(under.resolve(digest)).filter(object -> object.bytes() <= LARGEST);
      if (kept.isEmpty()) {
        return Optional.empty();
      }
      Path file = directory.resolve("fetched-" + UUID.randomUUID() + ".product");
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
      try (OutputStream out = new BoundedOutput(Files.newOutputStream(file))) {
        content.writeTo(out);
      }
      store.upload(file, under.resolve(digest));
    } catch (StoreException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      Files.delete(file);
    }
  }
}
