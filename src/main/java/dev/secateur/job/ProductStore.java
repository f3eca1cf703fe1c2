package dev.secateur.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Keeps what steps make for other jobs that need the same, by the digest of what it was made from.
 * It is asked for nothing that could not be made again: what it holds may be lost, or removed, at
 * any time. Whoever reads checks what is read; a store need not.
 */
public interface ProductStore {
  /** Keeps nothing. */
  ProductStore NONE =
      new ProductStore() {
        @Override
        public Optional<InputStream> open(String digest) {
          return Optional.empty();
        }

        @Override
        public void keep(String digest, Content content) {}
      };

  /** A product's bytes. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * The bytes that were kept; the caller closes them.
   *
   * @param digest SHA-256, lower-case hexadecimal
   */
  Optional<InputStream> open(String digest) throws IOException;

  /** Keeps bytes, complete or not at all, in the place of any that are there. */
  void keep(String digest, Content content) throws IOException;
}
